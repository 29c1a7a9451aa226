import { backoffMs, type ClientClock, pause, systemClientClock, systemClientRandom } from '../clock.ts'
import { MillraceError } from '../error.ts'
import type { QueuesClient, ReceivedMessage } from '../queues.ts'
import { untilAborted } from '../until-aborted.ts'
import {
  checkConsumeOptions,
  consumeDefaults,
  type ConsumeOptions,
  consumeRetryDefaults,
  type ConsumeSettings,
  type MessageHandler,
} from './options.ts'

/** The part of a client that a consumer works with. */
export type QueueAccess = Pick<QueuesClient, 'get' | 'receive' | 'deleteMessages' | 'changeVisibility'>

/** Messages that a server hands out at once. */
const receiveMax = 100
/** Tries of deleting a message that was handled. */
const deletesMax = 3
/** Pause after an answer without messages that came at once, as from a server that has too many who wait. */
const emptyPauseMs = 1_000
/** An answer without messages is at once when it came sooner than this. */
const atOnceMs = 100

/** Handles the messages of one queue until it is told to stop; made and run by `client.queues.consume`. */
export class QueueConsumer {
  readonly #queues: QueueAccess
  readonly #name: string
  readonly #handler: MessageHandler
  readonly #options: ConsumeSettings
  readonly #clock: ClientClock
  readonly #running = new Set<Promise<void>>()
  readonly #force = new AbortController()
  /** Resolved each time that a handler ends. */
  #ended = Promise.withResolvers<void>()

  constructor(queues: QueueAccess, name: string, handler: MessageHandler, options: ConsumeOptions = {}) {
    checkConsumeOptions(options)
    this.#queues = queues
    this.#name = name
    this.#handler = handler
    this.#options = { ...consumeDefaults, ...options }
    this.#clock = options.clock ?? systemClientClock
  }

  /**
   * Resolves when the signal has aborted and all handlers have ended. Rejects, after they have, when the server refuses for
   * good, such as a queue that is not there.
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      const visibilityMs = this.#options.visibilityMs ?? (await this.#visibilityMs(signal))
      if (visibilityMs !== undefined) await this.#receiveAll(visibilityMs, signal)
    } finally {
      await this.#drain()
    }
  }

  async #visibilityMs(signal: AbortSignal): Promise<number | undefined> {
    const resource = await this.#patiently(signal, () => this.#queues.get(this.#name))
    return resource?.spec.visibilityMs
  }

  async #receiveAll(visibilityMs: number, signal: AbortSignal): Promise<void> {
    const { concurrencyMax, waitMs } = this.#options
    while (!signal.aborted) {
      const count = Math.min(receiveMax, concurrencyMax - this.#running.size)
      if (count <= 0) {
        // The end of the signal ends this waiting, and with it the loop.
        await untilAborted(this.#ended.promise, signal).catch(() => {})
        continue
      }
      const askedAtMs = this.#clock.nowMs()
      const messages = await this.#patiently(signal, () =>
        this.#queues.receive(this.#name, { count, waitMs, signal }),
      )
      if (messages === undefined) return
      for (const message of messages) this.#start(message, visibilityMs)
      if (messages.length === 0 && this.#clock.nowMs() - askedAtMs < atOnceMs)
        await pause(this.#clock, emptyPauseMs, signal)
    }
  }

  /** Asks until there is an answer; `undefined` when the signal aborts. Rejects with what will not pass. */
  async #patiently<Answer>(signal: AbortSignal, ask: () => Promise<Answer>): Promise<Answer | undefined> {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        return await ask()
      } catch (thrown) {
        if (signal.aborted) return undefined
        if (!isPassing(thrown)) throw thrown
        this.#tell(thrown)
        await pause(this.#clock, this.#delayMs(failures, thrown), signal)
      }
    }
    return undefined
  }

  #delayMs(failures: number, thrown?: unknown): number {
    const random = this.#options.random ?? systemClientRandom
    const askedMs = thrown instanceof MillraceError ? (thrown.retryAfterMs ?? 0) : 0
    return Math.max(askedMs, backoffMs(failures, { ...consumeRetryDefaults, ...this.#options.retry }, random))
  }

  #start(message: ReceivedMessage, visibilityMs: number): void {
    const run = this.#handle(message, visibilityMs).finally(() => {
      this.#running.delete(run)
      this.#ended.resolve()
      this.#ended = Promise.withResolvers()
    })
    this.#running.add(run)
  }

  /** Handles one message and settles it. Never rejects. */
  async #handle(message: ReceivedMessage, visibilityMs: number): Promise<void> {
    const lost = new AbortController()
    const done = new AbortController()
    const extending = this.#keepHidden(message, visibilityMs, done.signal, lost)
    let failure: unknown
    let hasFailed = false
    try {
      await this.#handler(message, AbortSignal.any([lost.signal, this.#force.signal]))
    } catch (thrown) {
      hasFailed = true
      failure = thrown
    }
    done.abort()
    const handle = await extending
    try {
      if (!hasFailed) {
        await this.#delete(handle)
        return
      }
      this.#tell(failure, message)
      const delayMs = Math.max(1_000, this.#delayMs(message.receives))
      await this.#queues.changeVisibility(this.#name, handle, delayMs)
    } catch (thrown) {
      // It comes again by itself when it is no longer hidden.
      this.#tell(thrown, message)
    }
  }

  /** Extends the time for which the message is hidden until `done`; resolves with the handle that counts then. */
  async #keepHidden(
    message: ReceivedMessage,
    visibilityMs: number,
    done: AbortSignal,
    lost: AbortController,
  ): Promise<string> {
    let { handle } = message
    let untilMs = this.#clock.nowMs() + visibilityMs
    for (;;) {
      // At the half, and when that fails at the half of what is left.
      await pause(this.#clock, Math.max(100, (untilMs - this.#clock.nowMs()) / 2), done)
      if (done.aborted) return handle
      try {
        const changedAtMs = this.#clock.nowMs()
        handle = (await this.#queues.changeVisibility(this.#name, handle, visibilityMs)).handle
        untilMs = changedAtMs + visibilityMs
      } catch (thrown) {
        this.#tell(thrown, message)
        if (isPassing(thrown) && this.#clock.nowMs() < untilMs) continue
        lost.abort(new Error('the message is no longer hidden from others', { cause: thrown }))
        return handle
      }
    }
  }

  async #delete(handle: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        const [failure] = await this.#queues.deleteMessages(this.#name, [handle])
        if (failure !== undefined) throw new MillraceError(failure.code, failure.detail, 400)
        return
      } catch (thrown) {
        if (tries === deletesMax || !isPassing(thrown)) throw thrown
        await pause(this.#clock, this.#delayMs(tries, thrown), this.#force.signal)
      }
    }
  }

  /** What the listener throws is not for the consumer, which goes on. */
  #tell(error: unknown, message?: ReceivedMessage): void {
    queueMicrotask(() => this.#options.onError?.(error, message))
  }

  async #drain(): Promise<void> {
    using _limit = this.#clock.timer(this.#options.drainMsMax, () =>
      this.#force.abort(new Error('stopping has taken too long')),
    )
    await Promise.all(this.#running)
  }
}

/** Overload, failures of the server and no answer pass; refusals do not. */
function isPassing(thrown: unknown): boolean {
  if (!(thrown instanceof MillraceError)) return false
  return thrown.status < 400 || thrown.status === 408 || thrown.status === 429 || thrown.status >= 500
}
