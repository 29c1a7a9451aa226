import {
  type AddressGuard,
  addressGuard,
  type ConnectorContext,
  OpenWrites,
  type Outcome,
  type OutgoingRecord,
  type Sink,
  untilAborted,
} from '@millrace/spi'
import { outcomeOf } from './answer.ts'
import { type Connections, openConnections } from './connection.ts'
import { connectionError } from './errors.ts'
import { TokenHolder } from './oauth.ts'
import type { HttpSinkOptions } from './options.ts'
import { redirectedRequest } from './redirect.ts'
import { type HttpRequest, RequestBuilder } from './request.ts'

/**
 * Sends each record as one request. The headers of an answer decide: once a status is there the outcome stands,
 * whatever becomes of the body.
 */
export class HttpSink implements Sink {
  readonly #options: HttpSinkOptions
  readonly #context: ConnectorContext
  readonly #requests: RequestBuilder
  readonly #connections: Connections
  readonly #tokens: TokenHolder | undefined
  readonly #writes: OpenWrites

  constructor(
    options: HttpSinkOptions,
    context: ConnectorContext,
    guard: AddressGuard = addressGuard(context.allowPrivateTargets),
  ) {
    this.#options = options
    this.#context = context
    this.#writes = new OpenWrites(context.clock)
    this.#requests = new RequestBuilder(options)
    this.#connections = openConnections(options, guard)
    const { auth } = options
    if (auth?.type === 'oauth2') this.#tokens = new TokenHolder(auth, context.clock, this.#connections.agent)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return await this.#writes.run(records, signal, () =>
      Promise.all(records.map(record => this.#deliver(record, signal))),
    )
  }

  async #deliver(record: OutgoingRecord, signal: AbortSignal): Promise<Outcome> {
    let request: HttpRequest | undefined
    try {
      const tokens = this.#tokens
      // Without tokens nothing is waited for: the request goes out in this turn.
      const token = tokens === undefined ? undefined : await untilAborted(tokens.get(), signal)
      request = this.#requests.build(record, token)
      const outcome = await this.#exchange(request, signal)
      if (tokens === undefined || token === undefined || !isUnauthorized(outcome)) return outcome
      // The token was revoked before its time: once more with a new one.
      tokens.refuse(token)
      request = this.#requests.build(record, await untilAborted(tokens.get(), signal))
      return await this.#exchange(request, signal)
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      return {
        status: 'failed',
        error: connectionError(thrown, hostOf(request?.origin ?? this.#options.url)),
      }
    }
  }

  /** Sends a request and those that redirects ask for; the last answer is the outcome. */
  async #exchange(first: HttpRequest, signal: AbortSignal): Promise<Outcome> {
    let request = first
    for (let redirects = 0; ; redirects++) {
      const { origin, path, method, body } = request
      const headers = [...request.headers].flat()
      const sent = this.#connections.agent.request({ origin, path, method, headers, body, signal })
      // A request that waits for a connection hears of its signal only when its turn comes; then it is dropped unsent.
      const answer = await untilAborted(sent, signal)
      // Never rejects: what is left of the answer, or that it breaks off, does not matter any more.
      await answer.body.dump({ limit: this.#options.responseBytesMax + 1 })
      const next =
        redirects < this.#options.redirectsMax
          ? redirectedRequest(request, answer.statusCode, headerOf(answer.headers['location']), name =>
              this.#requests.isOwnHeader(name),
            )
          : undefined
      if (next === undefined) {
        return outcomeOf(
          {
            status: answer.statusCode,
            statusText: answer.statusText,
            retryAfter: headerOf(answer.headers['retry-after']),
          },
          {
            host: hostOf(origin),
            nowMs: this.#context.clock.nowMs(),
            retryAfterMsMax: this.#options.retryAfterMsMax,
          },
        )
      }
      signal.throwIfAborted()
      request = next
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    // Closing the agent would drain too, but an agent that is closing cannot be destroyed any more.
    return this.#writes.close(() => this.#connections.destroy())
  }
}

function isUnauthorized(outcome: Outcome): boolean {
  return outcome.status === 'failed' && outcome.error.details?.status === 401
}

function headerOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

/** Host and port; the rest of an address may hold secrets. */
function hostOf(url: string): string {
  return URL.parse(url)?.host ?? ''
}
