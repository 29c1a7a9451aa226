import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError, type DoorAnswer, type DoorRequest, retryNever } from '@millrace/spi'
import { busKey } from '../../resources/index.ts'
import { BodyBudget } from '../body-budget.ts'
import { problemMediaType } from '../error-body.ts'
import { askForBody } from '../expect-continue.ts'
import type { HttpLimits } from '../limits.ts'
import { readBody } from '../raw-body.ts'
import type { Refuser } from '../refuse.ts'
import type { Services } from '../services.ts'
import type { OpenDoor } from './doors.ts'

export interface HookDoorParts {
  readonly services: Pick<Services, 'clock' | 'doors' | 'observer' | 'resources'>
  readonly limits: HttpLimits
  readonly refuse: Refuser
  /** Aborts when the listener closes: from then on connections are not kept alive. */
  readonly closing: AbortSignal
}

/** Where the addresses of streams begin. */
const pathStart = '/hooks/'

/** Name of the route in the metrics. */
const route = '/hooks/:account/:stream'

/** A caller of a stream that nobody attends comes back after this time, in milliseconds. */
const retryAfterMs = 5_000

/** What is counted for a request whose client left before its answer. */
const clientGoneStatus = 499

/**
 * Takes the requests to the addresses of streams, `/hooks/{account}/{stream}…`, straight from `node:http`, and hands
 * them to whatever listens there. Nobody is authenticated here: who may send is the business of the source, which checks
 * signatures over the bytes as they came.
 */
export class HookDoor {
  readonly #parts: HookDoorParts
  readonly #budget: BodyBudget

  constructor(parts: HookDoorParts) {
    this.#parts = parts
    this.#budget = new BodyBudget(parts.limits.bodiesBytesMax)
  }

  static claims({ url = '' }: IncomingMessage): boolean {
    return url.startsWith(pathStart)
  }

  /** Answers the request, whatever becomes of it. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAtMs = performance.now()
    try {
      send(request, response, await this.#answer(request, response), this.#parts.closing.aborted)
    } catch (thrown) {
      this.#refuse(request, response, thrown)
    }
    const status = response.writableEnded ? response.statusCode : clientGoneStatus
    this.#parts.services.observer.answered(
      request.method ?? '',
      route,
      status,
      performance.now() - startedAtMs,
    )
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<DoorAnswer> {
    const { limits, services } = this.#parts
    const { streamKey, target } = located(request.url ?? '')
    if (!services.resources.snapshots.current().streams.has(streamKey)) throw streamNotFound(streamKey)
    const door = services.doors.at(streamKey)
    if (door === undefined) throw unattended(streamKey)
    askForBody(request, response, door.bodyBytesMax)
    using body = await readBody(request, door.bodyBytesMax, this.#budget)
    const call: DoorRequest = {
      method: request.method ?? '',
      target,
      headers: joined(request.headersDistinct),
      remoteAddress: request.socket.remoteAddress ?? '',
      body: body.bytes,
    }
    return await this.#call(door, call, response, limits.hookTimeoutMs)
  }

  async #call(
    door: OpenDoor,
    call: DoorRequest,
    response: ServerResponse,
    timeoutMs: number,
  ): Promise<DoorAnswer> {
    const abort = new AbortController()
    const onClose = (): void => abort.abort(new Error('the caller has left'))
    response.once('close', onClose)
    using _timer = this.#parts.services.clock.timer(timeoutMs, () => abort.abort(tooLate(timeoutMs)))
    try {
      return await door.handle(call, abort.signal)
    } finally {
      response.off('close', onClose)
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
    if (response.destroyed || response.headersSent) {
      response.destroy()
      return
    }
    const problem = this.#parts.refuse(thrown, { raw: request, route, keyId: undefined })
    response.writeHead(problem.status, {
      ...problem.headers,
      'content-type': problemMediaType,
      ...(this.#parts.closing.aborted ? { connection: 'close' } : {}),
    })
    response.end(JSON.stringify(problem.body))
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers = {}, body = '' }: DoorAnswer,
  isClosing: boolean,
): void {
  if (response.destroyed) return
  // The length is ours to tell: an answer that says another one would break the connection for the next.
  const { 'content-length': _length, ...others } = headers
  response.writeHead(status, { ...others, ...(isClosing ? { connection: 'close' } : {}) })
  response.end(request.method === 'HEAD' ? '' : body)
}

/** The stream that a URL is for, and what stands behind its address: empty, or beginning with `/`. */
function located(url: string): { streamKey: string; target: string } {
  const [, account = '', stream = '', behind = ''] = /^\/hooks\/([^/?]*)\/?([^/?]*)(.*)$/s.exec(url) ?? []
  try {
    const streamKey = busKey(decodeURIComponent(account), decodeURIComponent(stream))
    return { streamKey, target: behind.startsWith('?') ? `/${behind}` : behind }
  } catch (cause) {
    throw new AppError('http.malformed-request', 'the path has broken escapes', retryNever, { cause })
  }
}

/** Several values of one name, as several lines of a head, become one. */
function joined(headers: IncomingMessage['headersDistinct']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, values = []]) => [name, values.join(', ')]))
}

function streamNotFound(streamKey: string): AppError {
  const shown = streamKey.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 200)
  return new AppError('hook.stream-not-found', `there is no stream ${shown}`, retryNever)
}

function unattended(streamKey: string): AppError {
  return new AppError('hook.unattended', `nobody listens at the address of the stream ${streamKey} now`, {
    kind: 'after',
    delayMs: retryAfterMs,
  })
}

function tooLate(timeoutMs: number): AppError {
  return new AppError('hook.timeout', `the stream has not answered within ${timeoutMs} ms`, {
    kind: 'backoff',
  })
}
