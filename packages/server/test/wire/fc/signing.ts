import { hash } from 'node:crypto'
import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { acs3Signature, fcSignature, fcStringToSign } from '../../../src/auth/index.ts'
import { accessKeyId, accessKeySecret } from './fixture.ts'

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** What a forger, a late or a careless client does otherwise. */
export interface Signing {
  readonly host: string
  readonly atMs?: number
  readonly nonce?: string
  readonly keyId?: string
  readonly secret?: string
  readonly extra?: Readonly<Record<string, string>>
}

/** The request signed as clients of the third generation sign it; the path has no query. */
export function acs3Request(method: string, path: string, text: string, signing: Signing): WireRequest {
  const { host, atMs = Date.now(), nonce = crypto.randomUUID(), extra = {} } = signing
  const body = Buffer.from(text)
  const headers: Record<string, string> = {
    ...(text === '' ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    host,
    'x-acs-content-sha256': hash('sha256', body),
    'x-acs-date': `${new Date(atMs).toISOString().slice(0, 19)}Z`,
    'x-acs-signature-nonce': nonce,
    'x-acs-version': '2023-03-30',
    ...extra,
  }
  const names = Object.keys(headers).toSorted()
  const lines = names.map(name => `${name}:${headers[name]}\n`).join('')
  const canonical = `${method}\n${path}\n\n${lines}\n${names.join(';')}\n${headers['x-acs-content-sha256']}`
  const { keyId = accessKeyId, secret = accessKeySecret } = signing
  const signature = acs3Signature(canonical, secret)
  const authorization = `ACS3-HMAC-SHA256 Credential=${keyId},SignedHeaders=${names.join(';')},Signature=${signature}`
  return { method, path, headers: { ...headers, authorization }, body }
}

/** The request signed as clients of the second generation sign it. */
export function nativeRequest(method: string, path: string, text: string, signing: Signing): WireRequest {
  const { host, atMs = Date.now(), keyId = accessKeyId, secret = accessKeySecret, extra = {} } = signing
  const body = Buffer.from(text)
  const headers: Record<string, string> = {
    host,
    date: new Date(atMs).toUTCString(),
    'x-fc-account-id': '1',
    ...(text === ''
      ? {}
      : {
          'content-type': 'application/json',
          'content-md5': Buffer.from(hash('md5', body)).toString('base64'),
        }),
    ...extra,
  }
  const stringToSign = fcStringToSign(method, headers, headers['date'] ?? '', path)
  return {
    method,
    path,
    headers: { ...headers, authorization: `FC ${keyId}:${fcSignature(stringToSign, secret)}` },
    body,
  }
}

/** Sends the request to an address as it is, whatever host it names. */
export function send(endpoint: string, { method, path, headers, body }: WireRequest): Promise<WireAnswer> {
  const [hostname = '', port = ''] = endpoint.split(':')
  const length = body.length === 0 ? {} : { 'content-length': String(body.length) }
  return new Promise((resolve, reject) => {
    request({ hostname, port, method, path, headers: { ...headers, ...length } }, answer => {
      buffer(answer).then(
        bytes =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers as Record<string, string>,
            text: bytes.toString(),
          }),
        reject,
      )
    })
      .on('error', reject)
      .end(body)
  })
}
