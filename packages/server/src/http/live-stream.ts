import type { ServerResponse } from 'node:http'
import { AppError, type Clock } from '@millrace/spi'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpLimits } from './limits.ts'

/** One message of a stream of server-sent events. */
export interface LiveMessage {
  /** What a client that reconnects sends back as `Last-Event-ID`. */
  readonly id: string
  readonly data: string
}

/** Why the server ends a stream; sent as the last message, of type `end`, when the client can still hear it. */
export type EndReason = 'server-closing' | 'too-slow' | 'source-gone' | 'failed'

/** Gives the messages until the signal aborts; returning ends the stream with `source-gone`. */
export type LiveSource = (signal: AbortSignal) => AsyncIterable<LiveMessage>

/** Whether the request wants live messages instead of one answer. */
export function wantsLiveStream(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes('text/event-stream')
}

/**
 * Serves streams of server-sent events. Reading is driven by the client: a message is fetched only when the one before
 * has room in the buffer of the connection, so that a slow reader costs a bounded buffer and falls behind instead of
 * being lost; one that takes nothing at all for `tailStallMs` is told so and disconnected.
 */
export class LiveStreams {
  private readonly clock: Clock
  private readonly limits: HttpLimits
  private readonly closing: AbortSignal
  private open = 0

  constructor(clock: Clock, limits: HttpLimits, closing: AbortSignal) {
    this.clock = clock
    this.limits = limits
    this.closing = closing
  }

  /** Resolves when the stream has ended. Throws `http.tails-exhausted` before anything is sent. */
  async serve(reply: FastifyReply, source: LiveSource, onFailure: (thrown: unknown) => void): Promise<void> {
    if (this.open >= this.limits.tailsMax) throw exhausted(this.limits.tailsMax)
    this.open++
    try {
      reply.hijack()
      await new LiveStream(reply.raw, this.clock, this.limits, this.closing).run(source, onFailure)
    } finally {
      this.open--
    }
  }
}

class LiveStream {
  private readonly response: ServerResponse
  private readonly clock: Clock
  private readonly limits: HttpLimits
  private readonly stop = new AbortController()
  private readonly closing: AbortSignal
  private reason: EndReason = 'source-gone'

  constructor(response: ServerResponse, clock: Clock, limits: HttpLimits, closing: AbortSignal) {
    this.response = response
    this.clock = clock
    this.limits = limits
    this.closing = closing
  }

  async run(source: LiveSource, onFailure: (thrown: unknown) => void): Promise<void> {
    const { response, stop } = this
    const onClosing = (): void => this.finish('server-closing')
    this.closing.addEventListener('abort', onClosing, { once: true })
    response.once('close', () => stop.abort())
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    })
    // A comment at once, so that the client learns that it is connected before anything happens.
    response.write(': connected\n\n')
    let heartbeat = this.beat()
    try {
      for await (const message of source(stop.signal)) {
        if (stop.signal.aborted) break
        response.write(frame(message))
        heartbeat[Symbol.dispose]()
        heartbeat = this.beat()
        if (response.writableLength > this.limits.tailBufferBytesMax) await this.drained()
      }
    } catch (thrown) {
      if (!stop.signal.aborted) {
        this.reason = 'failed'
        onFailure(thrown)
      }
    } finally {
      heartbeat[Symbol.dispose]()
      this.closing.removeEventListener('abort', onClosing)
      this.end()
    }
  }

  private finish(reason: EndReason): void {
    this.reason = reason
    this.stop.abort()
  }

  private beat(): Disposable {
    const { response, clock, limits } = this
    let timer = clock.timer(limits.tailHeartbeatMs, function again() {
      if (response.writableLength === 0) response.write(': still here\n\n')
      timer = clock.timer(limits.tailHeartbeatMs, again)
    })
    return { [Symbol.dispose]: () => timer[Symbol.dispose]() }
  }

  /** Resolves when the client has taken what waits, or is given up. */
  private drained(): Promise<void> {
    return new Promise(resolve => {
      const { response, stop, limits } = this
      const settle = (): void => {
        timer[Symbol.dispose]()
        response.off('drain', settle)
        stop.signal.removeEventListener('abort', settle)
        resolve()
      }
      const timer = this.clock.timer(limits.tailStallMs, () => this.finish('too-slow'))
      response.once('drain', settle)
      stop.signal.addEventListener('abort', settle, { once: true })
    })
  }

  /** Says why, then closes. A client that does not even take that is cut off. */
  private end(): void {
    const { response } = this
    if (response.destroyed || response.writableEnded) return
    const cut = this.clock.timer(this.limits.lingerMs, () => response.destroy())
    response.once('close', () => cut[Symbol.dispose]())
    response.end(`event: end\ndata: ${JSON.stringify({ reason: this.reason })}\n\n`)
  }
}

/** Every line of the data gets its prefix: a stored event may be written over several lines. */
function frame({ id, data }: LiveMessage): string {
  const lines = /[\r\n]/.test(data) ? data.split(/\r\n|\r|\n/).join('\ndata: ') : data
  return `id: ${id}\ndata: ${lines}\n\n`
}

function exhausted(limit: number): AppError {
  return new AppError(
    'http.tails-exhausted',
    `this node serves ${limit} live tails at once, and all are open`,
    { kind: 'after', delayMs: 5_000 },
    { details: { limit } },
  )
}
