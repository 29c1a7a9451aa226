import { MillraceError } from './error.ts'
import { readServerSentEvents, type ServerSentEvent } from './server-sent-events.ts'

export interface ClientOptions {
  /** Address of the server, such as `http://127.0.0.1:8400`. */
  url: string
  /** `<accessKeyId>.<accessKeySecret>`; sent as a bearer token. */
  token?: string
  /** Of temporary credentials, beside their key. */
  securityToken?: string
  /** Longest wait for an answer in milliseconds; 30,000 unless told. Tails are not bound by it. */
  timeoutMs?: number
  /** Stand-in for the platform's fetch, e.g. one with a proxy. */
  fetch?: typeof fetch
}

export interface RequestOptions {
  body?: Uint8Array | string
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
  /** Leaves the answer's body to the caller and waits for it without a limit. */
  streaming?: boolean
}

/** Sends one request; anything but a 2xx answer becomes a MillraceError. */
export class Transport {
  private readonly options: ClientOptions
  /** Address of the server, without a slash at its end. */
  readonly base: string

  constructor(options: ClientOptions) {
    this.options = options
    this.base = options.url.replace(/\/+$/, '')
  }

  /** Sends JSON, if any, and reads JSON; `undefined` for an empty answer. */
  async json<Result>(
    method: string,
    path: string,
    value?: unknown,
    options: RequestOptions = {},
  ): Promise<Result> {
    const body = value === undefined ? options.body : JSON.stringify(value)
    const headers =
      value === undefined ? options.headers : { 'content-type': 'application/json', ...options.headers }
    const response = await this.send(method, path, {
      ...options,
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
    })
    const text = await this.#text(response, options.signal)
    if (text === '') return undefined as Result
    try {
      return JSON.parse(text) as Result
    } catch (cause) {
      throw new MillraceError(
        'client.unreadable',
        `the answer to ${method} ${path} is not JSON`,
        response.status,
        {},
        { cause },
      )
    }
  }

  /** The connection may end in the middle of an answer. */
  async #text(response: Response, signal: AbortSignal | undefined): Promise<string> {
    try {
      return await response.text()
    } catch (cause) {
      throw this.#unreachable(cause, signal)
    }
  }

  #unreachable(cause: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return cause
    const message = `no answer from ${this.base}: ${reasonOf(cause)}`
    return new MillraceError('client.unreachable', message, 0, {}, { cause })
  }

  /** Follows a stream of server-sent events until the signal aborts or the server ends it. */
  async *events(path: string, signal?: AbortSignal, method = 'GET'): AsyncGenerator<ServerSentEvent> {
    const headers = { accept: 'text/event-stream' }
    const response = await this.send(method, path, { headers, signal, streaming: true })
    if (response.body === null) return
    for await (const message of readServerSentEvents(response.body)) {
      // The server's last words.
      if (message.event === 'end') return
      yield message
    }
  }

  async send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    const signals: AbortSignal[] = []
    if (options.signal !== undefined) signals.push(options.signal)
    if (options.streaming !== true) signals.push(AbortSignal.timeout(this.options.timeoutMs ?? 30_000))
    const headers: Record<string, string> = { ...options.headers }
    if (this.options.token !== undefined) headers['authorization'] = `Bearer ${this.options.token}`
    if (this.options.securityToken !== undefined) {
      headers['x-acs-security-token'] = this.options.securityToken
    }
    const request = this.options.fetch ?? fetch
    let response: Response
    try {
      response = await request(this.base + path, {
        method,
        headers,
        signal: AbortSignal.any(signals),
        ...(options.body === undefined ? {} : { body: options.body as NonNullable<RequestInit['body']> }),
      })
    } catch (cause) {
      throw this.#unreachable(cause, options.signal)
    }
    if (response.ok) return response
    throw await refusal(response, `${method} ${path}`)
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return cause.cause instanceof Error ? cause.cause.message : cause.message
}

async function refusal(response: Response, what: string): Promise<MillraceError> {
  const text = await response.text()
  let problem: Record<string, unknown> = {}
  try {
    problem = JSON.parse(text) as Record<string, unknown>
  } catch {
    // Not from the server's own error body, but from a proxy in between: the status has to do.
  }
  const code = typeof problem['code'] === 'string' ? problem['code'] : 'client.unreadable'
  const detail =
    typeof problem['detail'] === 'string' ? problem['detail'] : `${what} answered ${response.status}`
  const seconds = Number(response.headers.get('retry-after'))
  const retryAfterMs = seconds > 0 ? seconds * 1_000 : undefined
  return new MillraceError(code, detail, response.status, problem, { retryAfterMs })
}
