import { createHash } from 'node:crypto'
import { addressGuard, type ConnectorContext } from '@millrace/spi'
import { Agent } from 'undici'
import { requestError, type Role, serviceError } from './errors.ts'
import type { MnsConnection } from './options.ts'
import { authorization } from './signature.ts'
import { childText, type Element, readXml } from './xml.ts'

/** Longest wait for an answer beyond what the request itself asks the service to wait, in milliseconds. */
const answerTimeoutMs = 15_000

/** Longest answer that is read: sixteen messages of 64 KB, escaped. */
const answerBytesMax = 8 * 1_048_576

export interface Answer {
  readonly status: number
  /** `undefined` when there is no body. */
  readonly root: Element | undefined
  /** The service's clock, when it says it. */
  readonly serverAtMs: number | undefined
  /** The service's name for the request; empty when it gives none. */
  readonly requestId: string
}

/** Signed requests to one endpoint over a pool of connections. */
export class MnsClient implements AsyncDisposable {
  readonly #options: MnsConnection
  readonly #context: ConnectorContext
  readonly #role: Role
  readonly #url: URL
  readonly #agent: Agent

  constructor(options: MnsConnection, context: ConnectorContext, role: Role) {
    this.#options = options
    this.#context = context
    this.#role = role
    this.#url = new URL(options.endpoint)
    const guard = addressGuard(context.allowPrivateTargets)
    guard.checkHost(this.#url.hostname.replace(/^\[|\]$/g, ''))
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

  /** Where it leads, for messages. */
  get place(): string {
    return `the MNS service ${this.#url.host}`
  }

  /**
   * Sends one request; resolves with what the service answered, errors of its own included. Rejects with an AppError when there
   * was no answer, or the signal's reason.
   */
  async request(
    method: string,
    target: string,
    { body, waitMs = 0 }: { readonly body?: string; readonly waitMs?: number },
    signal: AbortSignal,
  ): Promise<Answer> {
    const path = `${this.#url.pathname.replace(/\/$/, '')}${target}`
    const timeUp = new AbortController()
    using _timer = this.#context.clock.timer(waitMs + answerTimeoutMs, () => timeUp.abort(timedOut()))
    try {
      const answer = await this.#agent.request({
        origin: this.#url.origin,
        path,
        method,
        headers: this.#headers(method, path, body),
        body: body ?? null,
        signal: AbortSignal.any([signal, timeUp.signal]),
      })
      const text = await readText(answer.body)
      const { date, 'x-mns-request-id': requestId } = answer.headers
      return {
        status: answer.statusCode,
        root: text === '' ? undefined : readXml(text),
        serverAtMs: typeof date === 'string' ? Date.parse(date) : undefined,
        requestId: typeof requestId === 'string' ? requestId : '',
      }
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      throw requestError(thrown, this.#role, this.place)
    }
  }

  /** The error that an answer stands for. */
  error({ status, root }: Answer): Error {
    const code = root?.name === 'Error' ? childText(root, 'Code') : undefined
    return serviceError(code ?? '', status, this.#role, this.place)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }

  #headers(method: string, path: string, body: string | undefined): Record<string, string> {
    const { accessKeyId, accessKeySecret, securityToken } = this.#options
    const headers: Record<string, string> = {
      date: new Date(this.#context.clock.nowMs()).toUTCString(),
      'x-mns-version': '2015-06-06',
      ...(securityToken === undefined ? {} : { 'security-token': securityToken }),
    }
    if (body !== undefined) {
      headers['content-type'] = 'text/xml'
      headers['content-md5'] = Buffer.from(createHash('md5').update(body).digest('hex')).toString('base64')
    }
    headers.authorization = authorization({ method, target: path, headers }, accessKeyId, accessKeySecret)
    return headers
  }
}

/** The code of the answer, when it is an error. */
export function errorCode({ root }: Answer): string | undefined {
  return root?.name === 'Error' ? childText(root, 'Code') : undefined
}

function timedOut(): Error {
  return Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > answerBytesMax)
      throw Object.assign(new Error('the answer is too long'), { code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
