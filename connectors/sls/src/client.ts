import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { addressGuard, type ConnectorContext } from '@millrace/spi'
import { Agent } from 'undici'
import { requestError, type Role, serviceError } from './errors.ts'
import type { SlsConnection } from './options.ts'
import { authorization } from './signature.ts'

/** Longest wait for an answer, in milliseconds. */
const answerTimeoutMs = 30_000

/** Longest answer, before and after it is decompressed: the service gives 10 MB of groups, or one that is larger. */
const answerBytesMax = 33_554_432

const inflated = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate)

export interface Request {
  readonly method: 'GET' | 'POST'
  /** Below the log store: `/shards`… */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
}

export interface Answer {
  readonly headers: Readonly<Record<string, unknown>>
  /** Decompressed. */
  readonly bytes: Buffer
}

/** Signed requests about one log store over a pool of connections. */
export class SlsClient implements AsyncDisposable {
  readonly #options: SlsConnection
  readonly #context: ConnectorContext
  readonly #role: Role
  readonly #origin: string
  readonly #host: string
  readonly #root: string
  readonly #agent: Agent
  /** Where it leads, for messages. */
  readonly place: string

  constructor(
    options: SlsConnection & { readonly project: string; readonly logstore: string },
    context: ConnectorContext,
    role: Role,
  ) {
    const { project, logstore } = options
    this.#options = options
    this.#context = context
    this.#role = role
    const url = new URL(options.endpoint)
    const name = url.hostname.replace(/^\[|\]$/g, '')
    const guard = addressGuard(context.allowPrivateTargets)
    guard.checkHost(name)
    this.#host = `${project}.${url.host}`
    // The host names the project; no name server knows a project before an address.
    this.#origin = isIP(name) !== 0 || name === 'localhost' ? url.origin : `${url.protocol}//${this.#host}`
    this.#root = `/logstores/${logstore}`
    this.place = `the log store ${project}/${logstore} of ${url.host}`
    this.#agent = new Agent({
      allowH2: false,
      connect: {
        timeout: options.connectTimeoutMs,
        lookup: guard.lookup,
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      },
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: answerTimeoutMs,
    })
  }

  /** Resolves with what the service answered. Rejects with an AppError, or with the reason of the signal. */
  async request(request: Request, signal: AbortSignal): Promise<Answer> {
    const { method, query = {}, body } = request
    const path = this.#root + request.path
    const search = new URLSearchParams(query).toString()
    const timeUp = new AbortController()
    using _timer = this.#context.clock.timer(answerTimeoutMs, () => timeUp.abort(timedOut()))
    try {
      const answer = await this.#agent.request({
        origin: this.#origin,
        path: search === '' ? path : `${path}?${search}`,
        method,
        headers: this.#headers(request, path, query),
        body: body ?? null,
        signal: AbortSignal.any([signal, timeUp.signal]),
      })
      const { statusCode, headers } = answer
      const sent = await readBytes(answer.body)
      if (statusCode !== 200) throw serviceError(errorCode(sent), statusCode, this.#role, this.place)
      const bytes =
        headers['x-log-compresstype'] === 'deflate' && sent.length > 0
          ? await inflated(sent, { maxOutputLength: answerBytesMax })
          : sent
      return { headers, bytes }
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      throw requestError(thrown, this.#role, this.place)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }

  #headers(
    { method, body, headers: given }: Request,
    path: string,
    query: Readonly<Record<string, string>>,
  ): Record<string, string> {
    const { accessKeyId, accessKeySecret, securityToken } = this.#options
    const headers: Record<string, string> = {
      host: this.#host,
      date: new Date(this.#context.clock.nowMs()).toUTCString(),
      'x-log-apiversion': '0.6.0',
      'x-log-signaturemethod': 'hmac-sha1',
      'x-log-bodyrawsize': '0',
      ...(securityToken === undefined ? {} : { 'x-acs-security-token': securityToken }),
      ...given,
    }
    if (body !== undefined) {
      headers['content-md5'] = createHash('md5').update(body).digest('hex').toUpperCase()
    }
    headers.authorization = authorization({ method, path, query, headers }, accessKeyId, accessKeySecret)
    return headers
  }
}

function timedOut(): Error {
  return Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })
}

/** The code of an answer that says what went wrong; empty for one that does not. */
function errorCode(bytes: Buffer): string {
  try {
    const { errorCode: code } = JSON.parse(bytes.toString()) as { errorCode?: unknown }
    return typeof code === 'string' ? code : ''
  } catch {
    return ''
  }
}

async function readBytes(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > answerBytesMax)
      throw Object.assign(new Error('the answer is too long'), { code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
