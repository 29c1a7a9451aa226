import { isDeepStrictEqual } from 'node:util'
import type { Clock, Delivery, LogEntry, Queue } from '@millrace/spi'
import { newDelivery } from '../bus/index.ts'
import { queueName, type RuleView, type TargetSpec } from '../resources/index.ts'
import { type BoundedReadParts, matchedCursor, type Put, readBounded } from './bounded-read.ts'
import { Dispatcher, type DispatcherParts } from './dispatcher.ts'
import { replayCancelled, targetRemoved } from './errors.ts'
import { identify, identityOf, type QueueIdentity } from './identity.ts'
import { endPending, type RemovalParts } from './removal.ts'
import { replayMatcher } from './replay-matcher.ts'
import { type ReplayRecord, replayCursor, type ReplayStatus } from './replay-record.ts'

export interface ReplayParts extends BoundedReadParts, RemovalParts {
  readonly dispatchers: DispatcherParts
  readonly queue: Queue
  readonly clock: Clock
}

/** What a replay does for one target that its rule has. */
interface Share {
  spec: TargetSpec
  readonly dispatcher: Dispatcher
}

/**
 * One replay at work: reads its range into queues of its own, one for each target, and delivers them with the targets'
 * present specs, beside the live deliveries and apart from them. What is pending for a target that its rule has no
 * more is ended as dropped; every queue that the replay may ever have put into stays its own until it is over.
 */
export class Replay {
  readonly record: ReplayRecord
  readonly #parts: ReplayParts
  /** By target id; all targets of the record, whether the rule still has them or not. */
  readonly #identities = new Map<string, QueueIdentity>()
  readonly #shares = new Map<string, Share>()
  /** Dispatchers of targets that were taken out of the rule, until they have come to rest. */
  readonly #leaving = new Set<Dispatcher>()
  readonly #isWanted: (event: Uint8Array) => boolean
  readonly #onRest: () => void
  readonly #stop = new AbortController()
  #position: number
  #matched = 0
  #isRead = false
  #reading: Promise<void> | undefined

  /**
   * @param rule `undefined` when it is gone: then there is only something to cancel
   * @param restartedBelow for a replay that a process before has begun: its attempts may have gone unrecorded
   * @param onRest called whenever everything may have been read and delivered
   */
  constructor(
    record: ReplayRecord,
    rule: RuleView | undefined,
    restartedBelow: number,
    parts: ReplayParts,
    onRest: () => void,
  ) {
    this.record = record
    this.#parts = parts
    this.#position = record.from
    this.#isWanted = replayMatcher(rule?.spec, record.filter)
    this.#onRest = onRest
    const { bus, id, marked } = record
    const mark = marked ? (record.mark ?? id) : undefined
    for (const target of record.targets) {
      const { account } = identityOf(queueName(bus, record.rule, target))
      this.#identities.set(target, {
        ...identify(account, bus, record.rule, target, id),
        mark,
      })
    }
    const dispatcherParts = { ...parts.dispatchers, onIdle: () => onRest() }
    for (const spec of rule?.spec.targets ?? []) {
      const identity = this.#identities.get(spec.id)
      if (identity === undefined) continue
      const dispatcher = new Dispatcher(identity, spec, restartedBelow, dispatcherParts)
      this.#shares.set(spec.id, { spec, dispatcher })
    }
  }

  get queues(): string[] {
    return [...this.#identities.values()].map(({ queue }) => queue)
  }

  /** Lowest position still to be read; `undefined` when all was. */
  get unread(): number | undefined {
    return this.#isRead ? undefined : this.#position
  }

  get isIdle(): boolean {
    return this.#isRead && [...this.#shares.values()].every(({ dispatcher }) => dispatcher.isIdle)
  }

  start(): void {
    for (const { dispatcher } of this.#shares.values()) dispatcher.start()
    this.#reading = this.#read().catch(() => {
      // Stopped: the cursor is where the next start goes on.
    })
  }

  /** Deliveries that have not ended. */
  async pending(): Promise<number> {
    let pending = 0
    for (const queue of this.queues) pending += (await this.#parts.queue.stat(queue)).pending
    return pending
  }

  async status(): Promise<ReplayStatus> {
    const deliveries = await this.pending()
    const state = this.#isRead ? 'delivering' : 'reading'
    return { ...this.record, matched: this.#matched, state, position: this.#position, deliveries }
  }

  /** Whether the rule has lost a target since, so that `endRemoved` is to be called. */
  get hasLost(): boolean {
    return this.#leaving.size > 0
  }

  /** Goes on with the rule as it is now. A target that was taken out and comes back is not delivered to any more. */
  follow(rule: RuleView): void {
    const specs = new Map(rule.spec.targets.map(spec => [spec.id, spec]))
    for (const [id, share] of this.#shares) {
      const spec = specs.get(id)
      if (spec === undefined) {
        this.#shares.delete(id)
        this.#leaving.add(share.dispatcher)
      } else if (!isDeepStrictEqual(spec, share.spec)) {
        share.spec = spec
        share.dispatcher.reconfigure(spec)
      }
    }
  }

  /** Ends what is pending for targets that the rule has no more. Rejects when the signal aborts. */
  async endRemoved(signal: AbortSignal): Promise<void> {
    for (const dispatcher of this.#leaving) {
      await dispatcher.drain()
      await this.#parts.settlements.flush()
      await dispatcher[Symbol.asyncDispose]()
      this.#leaving.delete(dispatcher)
    }
    for (const [id, identity] of this.#identities) {
      if (this.#shares.has(id)) continue
      await endPending(identity, Number.POSITIVE_INFINITY, targetRemoved(), this.#parts, signal)
    }
  }

  /** Resumes the deliveries of the target whose own queue has this name, if the replay has any of it. */
  resume(queue: string, lane: string | undefined): void {
    for (const { dispatcher } of this.#shares.values()) {
      const { bus, rule, target } = dispatcher.identity
      if (queueName(bus, rule, target) === queue) dispatcher.resume(lane)
    }
  }

  async stopReading(): Promise<void> {
    this.#stop.abort(new Error('the replay was stopped'))
    await this.#reading
  }

  async drain(): Promise<void> {
    await Promise.all(this.#dispatchers.map(dispatcher => dispatcher.drain()))
  }

  async abort(): Promise<void> {
    await Promise.all(this.#dispatchers.map(dispatcher => dispatcher.abort()))
  }

  /** Ends what is pending as dropped, after the attempts under way. */
  async cancel(signal: AbortSignal): Promise<void> {
    await this.stopReading()
    await this.drain()
    await this.#parts.settlements.flush()
    for (const identity of this.#identities.values()) {
      await endPending(identity, Number.POSITIVE_INFINITY, replayCancelled(), this.#parts, signal)
    }
  }

  /** Leaves no trace in the queues. Only for a replay with nothing pending. */
  async forget(): Promise<void> {
    const cursorName = replayCursor(this.record.bus, this.record.id)
    const cursors = [cursorName, matchedCursor(cursorName)]
    for (const queue of this.queues) await this.#parts.queue.drop(queue, cursors)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopReading()
    await Promise.all(this.#dispatchers.map(dispatcher => dispatcher[Symbol.asyncDispose]()))
  }

  get #dispatchers(): Dispatcher[] {
    return [...[...this.#shares.values()].map(({ dispatcher }) => dispatcher), ...this.#leaving]
  }

  async #read(): Promise<void> {
    const { bus, id, from, to, ratePerSecondMax } = this.record
    await readBounded(
      {
        cursorName: replayCursor(bus, id),
        bus,
        from,
        to,
        ratePerSecondMax,
        select: entries => this.#select(entries),
        onStep: ({ put, cursor, matched }) => {
          this.#position = cursor
          this.#matched = matched
          this.#tell(put)
        },
      },
      this.#parts,
      this.#stop.signal,
    )
    this.#isRead = true
    this.#position = to
    this.#matched = (await this.#parts.queue.cursor(matchedCursor(replayCursor(bus, id)))) ?? this.#matched
    this.#onRest()
  }

  #select(entries: readonly LogEntry[]): { put: Put[]; matched: number } {
    const nowMs = this.#parts.clock.nowMs()
    const matching = entries.filter(({ bytes }) => this.#isWanted(bytes))
    const put = matching.flatMap(({ position }) => this.#deliveries(newDelivery(position, nowMs)))
    return { put, matched: matching.length }
  }

  #deliveries(delivery: Delivery): Put[] {
    return [...this.#shares.values()].map(({ dispatcher }) => ({
      queue: dispatcher.identity.queue,
      delivery,
    }))
  }

  #tell(put: readonly Put[]): void {
    const [first] = put
    if (first === undefined) return
    for (const { dispatcher } of this.#shares.values()) dispatcher.enqueued(first.delivery.position)
  }
}
