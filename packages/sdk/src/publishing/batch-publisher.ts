import {
  backoffMs,
  type ClientClock,
  type ClientRandom,
  systemClientClock,
  systemClientRandom,
} from '../clock.ts'
import { completeEvent } from '../complete-event.ts'
import { MillraceError } from '../error.ts'
import type { Accepted, EventInput, PublishOutcome, PublishResult } from '../events.ts'
import { untilAborted } from '../until-aborted.ts'
import { PublishBuffer } from './buffer.ts'
import { closedError, deadlineError, fullError, maybeStored, outcomeOf, tooLargeError } from './errors.ts'
import { type HeldEvent, heldEvent } from './held-event.ts'
import {
  type BatchPublisherOptions,
  checkPublisherOptions,
  publisherDefaults,
  publisherRetryDefaults,
  type PublisherSettings,
} from './options.ts'
import { type Verdict, verdictOf, verdictsOf } from './verdict.ts'

/** Sends one request: a JSON list of events. Rejects with a MillraceError, or with the signal's reason. */
export type PostBatch = (body: string, signal: AbortSignal) => Promise<PublishResult>

/** An event that a publisher has taken. */
export interface TakenEvent {
  readonly id: string
  /** Resolves when it is stored; rejects with a MillraceError when it is given up. */
  readonly accepted: Promise<Accepted>
}

/** What became of the events that were settled since the flush before. */
export interface Flushed {
  readonly accepted: number
  readonly failed: number
}

/**
 * Publishes to one bus: in batches, several requests at once, with a bounded buffer, and again where it may help, until a
 * deadline.
 *
 * Each event has an id before it is first sent. On a bus whose `dedupWindowMs` is not below `deadlineMs`, an event whose answer
 * was lost is therefore stored once, however often it is sent; on a bus without such a window it may be stored twice. An event
 * that is given up says in `error.problem.mayBeStored` whether an attempt had no answer.
 */
export class BatchPublisher implements AsyncDisposable {
  readonly #post: PostBatch
  readonly #options: PublisherSettings
  readonly #clock: ClientClock
  readonly #random: ClientRandom
  readonly #buffer: PublishBuffer
  /** Everything that is not settled, what waits for room included. */
  readonly #open = new Set<HeldEvent>()
  readonly #waiting: WaitingEvent[] = []
  readonly #force = new AbortController()
  #ended = { accepted: 0, failed: 0 }
  #requests = 0
  #hurries = 0
  #pausedUntilMs = 0
  #wake: { readonly atMs: number; readonly timer: Disposable } | undefined
  #closing: Promise<void> | undefined

  /** Throws a RangeError for options beyond their limits. `post` is given by `client.publisher`. */
  constructor(post: PostBatch, options: BatchPublisherOptions = {}) {
    checkPublisherOptions(options)
    this.#post = post
    this.#options = { ...publisherDefaults, ...options }
    this.#clock = options.clock ?? systemClientClock
    this.#random = options.random ?? systemClientRandom
    this.#buffer = new PublishBuffer(this.#options)
  }

  /** Events that are held and not yet settled, and their bytes. */
  get held(): { readonly events: number; readonly bytes: number } {
    return { events: this.#buffer.count, bytes: this.#buffer.bytes }
  }

  /**
   * Resolves once the event is stored. The signal ends the waiting; an event that was taken is published all the same.
   *
   * @throws MillraceError what the server said of the event, `client.publish-deadline`, or as `enqueue` does
   */
  async publish(event: EventInput, signal?: AbortSignal): Promise<Accepted> {
    const { accepted } = await this.enqueue(event, signal)
    return await untilAborted(accepted, signal)
  }

  /** Publishes all of them; resolves with one outcome each, in order, when the last has its own. Rejects only by the signal. */
  async publishAll(events: readonly EventInput[], signal?: AbortSignal): Promise<PublishOutcome[]> {
    const outcomes: Promise<PublishOutcome>[] = []
    for (const event of events) {
      try {
        const { id, accepted } = await this.enqueue(event, signal)
        outcomes.push(accepted.catch((thrown: unknown) => outcomeOf(thrown, id)))
      } catch (thrown) {
        signal?.throwIfAborted()
        outcomes.push(Promise.resolve(outcomeOf(thrown, event.id)))
      }
    }
    return await untilAborted(Promise.all(outcomes), signal)
  }

  /**
   * Resolves as soon as there is room for the event and it is taken; the signal ends that waiting. A producer that waits for
   * this, and not for `accepted`, is slowed down to what the server takes, and no more.
   *
   * @throws MillraceError `client.publisher-full`, `client.event-too-large` or `client.publisher-closed`
   */
  async enqueue(event: EventInput, signal?: AbortSignal): Promise<TakenEvent> {
    signal?.throwIfAborted()
    if (this.#closing !== undefined) throw closedError()
    const held = heldEvent(completeEvent(event), this.#options.orderBy?.(event))
    const { bufferedBytesMax, whenFull, waitingMax } = this.#options
    if (held.bytes > bufferedBytesMax) throw tooLargeError(held.bytes, bufferedBytesMax)
    if (this.#waiting.length === 0 && this.#buffer.hasRoomFor(held)) {
      this.#take(held)
      if (this.#isFull) this.#wakeAt(held.takenAtMs + this.#options.deadlineMs, held.takenAtMs)
      else if (this.#buffer.isPlenty || this.#hurries > 0) this.#pump()
      else this.#wakeAt(held.dueAtMs, held.takenAtMs)
    } else if (whenFull === 'refuse' || this.#waiting.length >= waitingMax)
      throw fullError(this.held, this.#options)
    else await this.#room(held, signal)
    return { id: held.event.id, accepted: held.settled.promise }
  }

  /**
   * Sends what is held without waiting for more, and resolves when all of it is stored or given up; with the numbers of all
   * events that were since the flush before. The signal ends the waiting.
   */
  async flush(signal?: AbortSignal): Promise<Flushed> {
    const settled = Promise.allSettled([...this.#open].map(held => held.settled.promise))
    this.#hurries++
    this.#pump()
    try {
      await untilAborted(settled, signal)
    } finally {
      this.#hurries--
    }
    const flushed = this.#ended
    this.#ended = { accepted: 0, failed: 0 }
    return flushed
  }

  /** Takes no more events, sends what it holds, and gives up after `drainMsMax` what is not stored by then. */
  [Symbol.asyncDispose](): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    for (const { held, turn } of this.#waiting.splice(0)) {
      this.#settle(held, closedError())
      turn.reject(closedError())
    }
    using _limit = this.#clock.timer(this.#options.drainMsMax, () => {
      this.#force.abort(closedError())
      for (const held of this.#buffer.clear()) this.#giveUp(held, closedError())
      this.#pump()
    })
    await this.flush()
  }

  /** Waits in line until the event is taken. */
  async #room(held: HeldEvent, signal: AbortSignal | undefined): Promise<void> {
    const waiting = { held, turn: Promise.withResolvers<void>() }
    this.#waiting.push(waiting)
    this.#open.add(held)
    try {
      await untilAborted(waiting.turn.promise, signal)
    } catch (thrown) {
      const at = this.#waiting.indexOf(waiting)
      // It may have been taken in the same moment; then it is published.
      if (at >= 0) {
        this.#waiting.splice(at, 1)
        this.#settle(held, thrown)
      }
      throw thrown
    }
  }

  #take(held: HeldEvent): void {
    const nowMs = this.#clock.nowMs()
    held.isTaken = true
    held.takenAtMs = nowMs
    held.dueAtMs = nowMs + this.#options.lingerMs
    this.#open.add(held)
    this.#buffer.add(held)
  }

  /** Does all that can be done now, and sees to it that time will do the rest. */
  #pump(): void {
    const nowMs = this.#clock.nowMs()
    // A timer that is no longer needed would keep the process alive.
    this.#wake?.timer[Symbol.dispose]()
    this.#wake = undefined
    for (const held of this.#buffer.expire(nowMs))
      this.#giveUp(held, deadlineError(held, this.#options.deadlineMs))
    this.#admit()
    while (!this.#isFull && nowMs >= this.#pausedUntilMs && !this.#force.signal.aborted) {
      const batch = this.#buffer.take(nowMs, this.#hurries > 0)
      if (batch.length === 0) break
      this.#requests++
      void this.#send(batch)
    }
    const nextAtMs = this.#buffer.nextAtMs(nowMs, this.#isFull)
    if (nextAtMs === undefined) return
    this.#wakeAt(nextAtMs, nowMs)
    if (this.#pausedUntilMs > nowMs) this.#wakeAt(this.#pausedUntilMs, nowMs)
  }

  /** No further request may be made before one has ended, which then sees to the rest. */
  get #isFull(): boolean {
    return this.#requests >= this.#options.requestsMax
  }

  #wakeAt(atMs: number, nowMs: number): void {
    if (this.#wake !== undefined && this.#wake.atMs <= atMs) return
    this.#wake?.timer[Symbol.dispose]()
    const timer = this.#clock.timer(atMs - nowMs, () => {
      this.#wake = undefined
      this.#pump()
    })
    this.#wake = { atMs, timer }
  }

  /** Sends one request and settles its events, or puts them back. Never rejects. */
  async #send(batch: readonly HeldEvent[]): Promise<void> {
    const again = this.#judge(batch, await this.#attempt(batch))
    this.#requests--
    this.#buffer.ended(batch, again)
    for (const held of this.#force.signal.aborted ? this.#buffer.clear() : [])
      this.#giveUp(held, closedError())
    this.#pump()
  }

  async #attempt(batch: readonly HeldEvent[]): Promise<Verdict[]> {
    try {
      const { outcomes } = await this.#post(`[${batch.map(({ text }) => text).join()}]`, this.#force.signal)
      if (outcomes.length === batch.length) return outcomes.map(outcome => verdictOf(outcome))
      throw new MillraceError(
        'client.unreadable',
        `the answer to ${batch.length} events tells of ${outcomes.length}`,
        200,
      )
    } catch (thrown) {
      const isTooLarge =
        thrown instanceof MillraceError && thrown.status === 413 && thrown.problem['outcomes'] === undefined
      if (!isTooLarge || batch.length === 1) return verdictsOf(thrown, batch.length)
      this.#buffer.shrink(batch.length)
      return batch.map(() => ({ kind: 'again', error: thrown, isUnknown: false }))
    }
  }

  /** Settles what has its end; answers what is to be tried again. */
  #judge(batch: readonly HeldEvent[], verdicts: readonly Verdict[]): HeldEvent[] {
    const nowMs = this.#clock.nowMs()
    const again: HeldEvent[] = []
    for (const [at, held] of batch.entries()) {
      const verdict = verdicts[at] as Verdict
      if (verdict.kind === 'stored') this.#settle(held, undefined, verdict.outcome)
      else if (verdict.kind === 'refused') this.#giveUp(held, verdict.error)
      else {
        this.#putOff(held, verdict, nowMs)
        again.push(held)
      }
    }
    return again
  }

  #putOff(held: HeldEvent, { error, isUnknown }: Extract<Verdict, { kind: 'again' }>, nowMs: number): void {
    held.attempts++
    held.isUnknown ||= isUnknown
    held.lastError = error
    const pauseMs =
      error.status === 413
        ? 0
        : backoffMs(held.attempts, { ...publisherRetryDefaults, ...this.#options.retry }, this.#random)
    held.dueAtMs = nowMs + Math.max(pauseMs, error.retryAfterMs ?? 0)
    // The server asks for it, so it is not for these events alone.
    if (error.retryAfterMs !== undefined)
      this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + error.retryAfterMs)
  }

  /** Takes those that wait in line, as far as there is room. */
  #admit(): void {
    for (;;) {
      const [next] = this.#waiting
      if (next === undefined || !this.#buffer.hasRoomFor(next.held)) return
      this.#waiting.shift()
      this.#take(next.held)
      next.turn.resolve()
    }
  }

  #giveUp(held: HeldEvent, error: MillraceError): void {
    const told = held.isUnknown ? maybeStored(error) : error
    this.#settle(held, told)
    // What it throws is not for the publisher, which goes on.
    queueMicrotask(() => this.#options.onFailed?.({ event: held.event, error: told }))
  }

  #settle(held: HeldEvent, error: unknown, accepted?: Accepted): void {
    if (!this.#open.delete(held)) return
    if (held.isTaken) {
      this.#buffer.release(held)
      this.#ended[accepted === undefined ? 'failed' : 'accepted']++
    }
    if (accepted === undefined) held.settled.reject(error)
    else held.settled.resolve(accepted)
  }
}

/** An event for which there is no room, and its turn when there is. */
interface WaitingEvent {
  readonly held: HeldEvent
  readonly turn: PromiseWithResolvers<void>
}
