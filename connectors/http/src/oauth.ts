import { AppError, type Clock, retryBackoff, retryNever } from '@millrace/spi'
import type { Agent } from 'undici'
import { connectionError } from './errors.ts'
import type { OAuthOptions } from './options.ts'

/** A token is replaced when less than this is left of its life, or less than a tenth of it. */
const reserveMsMax = 30_000

/** Life of a token whose issuer does not say, in milliseconds. */
const lifeMsDefault = 3_600_000

/** Longest wait for a token, in milliseconds. */
const tokenTimeoutMs = 10_000

/** Longest answer that is read for a token. */
const answerBytesMax = 262_144

interface Token {
  readonly value: string
  readonly freshUntilMs: number
}

/**
 * Access tokens by client credentials (RFC 6749 section 4.4): fetched when first needed, shared by all requests, replaced
 * shortly before they expire and when a target refuses one.
 */
export class TokenHolder {
  readonly #options: OAuthOptions
  readonly #clock: Clock
  readonly #agent: Agent
  #token: Token | undefined
  #fetching: Promise<Token> | undefined

  constructor(options: OAuthOptions, clock: Clock, agent: Agent) {
    this.#options = options
    this.#clock = clock
    this.#agent = agent
  }

  /** The current token. Rejects with `sink.unauthorized` when the issuer gives none, and like a request does. */
  async get(): Promise<string> {
    if (this.#token !== undefined && this.#clock.nowMs() < this.#token.freshUntilMs) return this.#token.value
    // Whoever comes meanwhile waits for the same answer.
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = undefined))
    this.#token = await this.#fetching
    return this.#token.value
  }

  /** The target did not take this token; the next one is a new one. */
  refuse(value: string): void {
    if (this.#token?.value === value) this.#token = undefined
  }

  async #fetch(): Promise<Token> {
    const url = new URL(this.#options.tokenUrl)
    const timeUp = new AbortController()
    using _timer = this.#clock.timer(tokenTimeoutMs, () =>
      timeUp.abort(Object.assign(new Error('no token in time'), { code: 'ETIMEDOUT' })),
    )
    try {
      const { path, headers, body, method } = tokenRequest(this.#options, url)
      const answer = await this.#agent.request({
        origin: url.origin,
        path,
        method,
        headers,
        body,
        signal: timeUp.signal,
      })
      const text = await readText(answer.body)
      return this.#read(answer.statusCode, text, url.host)
    } catch (thrown) {
      throw connectionError(timeUp.signal.aborted ? timeUp.signal.reason : thrown, url.host)
    }
  }

  #read(status: number, text: string, host: string): Token {
    let answer: Record<string, unknown> = {}
    try {
      const value: unknown = JSON.parse(text)
      if (typeof value === 'object' && value !== null) answer = { ...value }
    } catch {
      // An answer that is not JSON has no token; the refusal below says so.
    }
    const value = answer.access_token ?? answer.accessToken
    if (status >= 300 || typeof value !== 'string' || value === '') throw refused(status, answer.error, host)
    const seconds = Number(answer.expires_in ?? answer.expiresIn)
    const lifeMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : lifeMsDefault
    const freshUntilMs = this.#clock.nowMs() + lifeMs - Math.min(reserveMsMax, lifeMs / 10)
    return { value, freshUntilMs }
  }
}

interface TokenRequest {
  readonly path: string
  readonly method: OAuthOptions['method']
  readonly headers: Record<string, string>
  readonly body: string | null
}

/** The request for a token. Methods without a body carry the client in the query, wherever the options put it. */
export function tokenRequest(options: OAuthOptions, url: URL): TokenRequest {
  const { method, clientId, clientSecret, headers } = options
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const clientIn = hasBody || options.clientIn === 'basic' ? options.clientIn : 'query'
  const query = new URLSearchParams(url.search)
  const fields = new URLSearchParams(options.body)
  const client = { client_id: clientId, client_secret: clientSecret }
  if (clientIn !== 'basic') {
    for (const [name, value] of Object.entries(client))
      (clientIn === 'query' ? query : fields).set(name, value)
  }
  // What is configured by name wins, as the compatible protocol has it.
  for (const [name, value] of Object.entries(options.query)) query.set(name, value)
  const search = query.size === 0 ? '' : `?${query.toString()}`
  const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString(
    'base64',
  )
  return {
    path: url.pathname + search,
    method,
    headers: {
      accept: 'application/json',
      ...(hasBody ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      ...(clientIn === 'basic' ? { authorization: `Basic ${basic}` } : {}),
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    },
    body: hasBody ? fields.toString() : null,
  }
}

function refused(status: number, error: unknown, host: string): AppError {
  const said = typeof error === 'string' && /^[\w.-]{1,64}$/.test(error) ? `: ${error}` : ''
  const passes = status >= 500 || status === 429
  return new AppError(
    passes ? 'sink.unavailable' : 'sink.unauthorized',
    `The issuer of tokens ${host} gave none (${status}${said}).`,
    passes || status < 400 || status === 401 || status === 403 ? retryBackoff : retryNever,
    { details: { host, status } },
  )
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
