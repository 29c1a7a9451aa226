import { createHash } from 'node:crypto'
import { addressGuard, type ConnectorContext, tlsSettings } from '@millrace/spi'
import type { Agent, Dispatcher } from 'undici'
import { requestError, type Role, serviceError } from './errors.ts'
import { escaped, keyPath } from './key.ts'
import type { OssConnection } from './options.ts'
import { childText, type Element, readXml } from './xml.ts'

/** Longest answer that is read as a whole: a page of a thousand long keys. */
const answerBytesMax = 8 * 1_048_576

const emptySum = createHash('sha256').digest('hex')

export interface Call {
  readonly method: 'GET' | 'PUT'
  /** The bucket itself without it. */
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

type Answer = Dispatcher.ResponseData

/** Signed requests to one bucket over a pool of connections. Nothing is loaded or opened before the first of them. */
export class S3Client implements AsyncDisposable {
  readonly #options: OssConnection
  readonly #bucket: string
  readonly #context: ConnectorContext
  readonly #role: Role
  readonly #url: URL
  /** Where objects begin, without a slash at the end. */
  readonly #path: string
  #agent: Promise<Agent> | undefined

  constructor(options: OssConnection, bucket: string, context: ConnectorContext, role: Role) {
    this.#options = options
    this.#bucket = bucket
    this.#context = context
    this.#role = role
    this.#url = new URL(options.endpoint)
    const base = this.#url.pathname.replace(/\/$/, '')
    const isInHost = options.addressing === 'virtual-host'
    if (isInHost) this.#url.hostname = `${bucket}.${this.#url.hostname}`
    this.#path = isInHost ? base : `${base}/${bucket}`
  }

  /** Where it leads, for messages. */
  get place(): string {
    return `bucket ${this.#bucket}: ${this.#url.host}`
  }

  /** Stores an object; rejects with an AppError of the role, or the signal's reason. */
  async put(
    key: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#asked({ method: 'PUT', key, body, headers }, signal, async answer => {
      await readText(answer.body)
    })
  }

  /** Asks the bucket something; rejects like `put`. */
  async query(query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Element> {
    return await this.#asked({ method: 'GET', query }, signal, async answer => {
      const root = readXml(await readText(answer.body))
      if (root === undefined) throw Object.assign(new Error('no XML'), { code: 'HPE_NO_XML' })
      return root
    })
  }

  /** Opens an object for reading: its body must be read or destroyed. Rejects like `put`; the signal ends the reading, too. */
  async open(
    key: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Pick<Answer, 'body' | 'headers'>> {
    return await this.#asked({ method: 'GET', key, headers }, signal, answer => Promise.resolve(answer))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const agent = await this.#agent?.catch(() => undefined)
    await agent?.destroy()
  }

  async #asked<Value>(
    call: Call,
    signal: AbortSignal,
    use: (answer: Answer) => Promise<Value>,
  ): Promise<Value> {
    const timeUp = new AbortController()
    using _timer = this.#context.clock.timer(this.#options.requestTimeoutMs, () => timeUp.abort(timedOut()))
    try {
      const answer = await this.#send(call, AbortSignal.any([signal, timeUp.signal]))
      if (answer.statusCode >= 200 && answer.statusCode < 300) return await use(answer)
      const said = childText(readXml(await readText(answer.body)), 'Code')
      throw serviceError(said, answer.statusCode, this.#role, this.place)
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      throw requestError(thrown, this.#role, this.place)
    }
  }

  async #send({ method, key, query = {}, headers = {}, body }: Call, signal: AbortSignal): Promise<Answer> {
    const agent = await this.#connect()
    const search = Object.entries(query).map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    const path = `${this.#path}${key === undefined ? '/' : `/${keyPath(key, this.#role)}`}${search.length === 0 ? '' : `?${search.join('&')}`}`
    const { AwsV4Signer } = await import('aws4fetch')
    const { accessKeyId, accessKeySecret, sessionToken, region } = this.#options
    const signed = await new AwsV4Signer({
      method,
      url: `${this.#url.origin}${path}`,
      headers: {
        ...headers,
        'x-amz-content-sha256':
          body === undefined ? emptySum : createHash('sha256').update(body).digest('hex'),
      },
      accessKeyId,
      secretAccessKey: accessKeySecret,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      service: 's3',
      region,
      datetime: new Date(this.#context.clock.nowMs()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
    }).sign()
    signal.throwIfAborted()
    return await agent.request({
      origin: this.#url.origin,
      path,
      method,
      headers: Object.fromEntries(signed.headers),
      body: body ?? null,
      signal,
    })
  }

  #connect(): Promise<Agent> {
    this.#agent ??= this.#makeAgent()
    return this.#agent
  }

  async #makeAgent(): Promise<Agent> {
    const guard = addressGuard(this.#context.allowPrivateTargets)
    guard.checkHost(this.#url.hostname.replaceAll(/^\[|\]$/g, ''))
    const { Agent: UndiciAgent } = await import('undici')
    const { tls, connectTimeoutMs, requestTimeoutMs } = this.#options
    return new UndiciAgent({
      allowH2: false,
      connect: {
        timeout: connectTimeoutMs,
        lookup: guard.lookup,
        ...(tls === undefined ? {} : tlsSettings(tls)),
      },
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: requestTimeoutMs,
    })
  }
}

function timedOut(): Error {
  return Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > answerBytesMax) {
      throw Object.assign(new Error('the answer is too long'), { code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
