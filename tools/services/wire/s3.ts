import { createHash, createHmac } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

/** One request in the S3 protocol. The path begins with the bucket and is percent-encoded already. */
export interface S3Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD'
  readonly path: string
  /** Values of the query; encoded here. */
  readonly query?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export interface S3Answer {
  readonly status: number
  readonly body: string
  readonly bytes: Buffer
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export interface S3Login {
  readonly region: string
  readonly user: { readonly name: string; readonly password: string }
}

/** One request with Signature Version 4 to a port of 127.0.0.1; resolves whatever the status is. */
export async function s3Request(
  port: number,
  { region, user }: S3Login,
  { method, path, query = {}, body = '' }: S3Call,
  signal: AbortSignal,
): Promise<S3Answer> {
  const host = `127.0.0.1:${port}`
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const bodySum = sha256(body)
  const search = Object.entries(query)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted()
    .join('&')
  const headers = { host, 'x-amz-content-sha256': bodySum, 'x-amz-date': time }
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
  const names = Object.keys(headers).join(';')
  const canonical = [method, path, search, lines.join(''), names, bodySum].join('\n')
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`
  let key: Buffer = Buffer.from(`AWS4${user.password}`)
  for (const part of scope.split('/')) key = hmac(key, part)
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${user.name}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  const target = search === '' ? path : `${path}?${search}`
  return await send(`http://${host}${target}`, method, { ...headers, authorization }, body, signal)
}

/** Resolves when somebody answers HTTP there, whatever the status is and whoever signed the certificate. */
export async function httpAnswers(url: string, signal: AbortSignal, method = 'GET'): Promise<void> {
  await send(url, method, {}, '', signal)
}

function send(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
  signal: AbortSignal,
): Promise<S3Answer> {
  return new Promise((resolve, reject) => {
    // Not fetch: it keeps connections open, and trusts no certificate of our own.
    const open = url.startsWith('https:') ? httpsRequest : httpRequest
    const options = { method, headers: { ...headers, 'content-length': Buffer.byteLength(body) } }
    const sent = open(url, { ...options, signal, agent: false, rejectUnauthorized: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        resolve({
          status: response.statusCode ?? 0,
          body: bytes.toString(),
          bytes,
          headers: response.headers,
        })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
