import { AppError, assert, type Clock, type SourceRecord, retryBackoff } from '@millrace/spi'
import { KafkaRecord, type Lane } from './lane.ts'
import { codeOf, type Membership } from './membership.ts'

interface Waiter {
  readonly needs: ReadonlyMap<Lane, number>
  readonly resolve: () => void
  readonly reject: (error: AppError) => void
}

/**
 * Commits offsets one request at a time: what is asked for while one is under way goes together with the next. A commit of
 * a record stands for all before it in its partition, so each partition has one number.
 */
export class Committer {
  readonly #membership: Pick<Membership, 'commit' | 'isStable' | 'hurry'>
  readonly #lanes: () => Iterable<Lane>
  readonly #signal: AbortSignal
  readonly #waiters = new Set<Waiter>()
  readonly #drained = new Set<() => void>()
  #isBusy = false

  constructor(
    membership: Pick<Membership, 'commit' | 'isStable' | 'hurry'>,
    lanes: () => Iterable<Lane>,
    signal: AbortSignal,
  ) {
    this.#membership = membership
    this.#lanes = lanes
    this.#signal = signal
  }

  /** Resolves when the broker has confirmed all of them; rejects with `source.lost` when one is not this reader's any more. */
  commit(records: readonly SourceRecord[]): Promise<void> {
    const needs = new Map<Lane, number>()
    for (const record of records) {
      assert(record instanceof KafkaRecord, 'a source commits records of its own')
      const { lane, next } = record
      if (lane.isLost) return Promise.reject(lostError(lane))
      if (next > (needs.get(lane) ?? 0)) needs.set(lane, next)
    }
    let isOpen = false
    for (const [lane, next] of needs) isOpen = lane.want(next) || isOpen
    if (!isOpen) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiters.add({ needs, resolve, reject })
      this.kick()
    })
  }

  /** Sends what is wanted, unless a commit is under way or the member is not stable. */
  kick(): void {
    if (this.#isBusy || !this.#membership.isStable || this.#signal.aborted) return
    const offsets = new Map<number, number>()
    const lanes = [...this.#lanes()].filter(lane => lane.wanted > lane.acknowledged)
    for (const { partition, wanted } of lanes) offsets.set(partition, wanted)
    if (offsets.size === 0) return
    this.#isBusy = true
    void this.#send(lanes, offsets)
  }

  /** After partitions were lost or commits confirmed: tells those who wait. */
  settle(): void {
    for (const waiter of this.#waiters) {
      const lost = [...waiter.needs.keys()].find(lane => lane.isLost)
      if (lost !== undefined) this.#end(waiter, lostError(lost))
      else if ([...waiter.needs].every(([lane, next]) => lane.acknowledged >= next)) this.#end(waiter)
    }
    if (this.#isDrained()) for (const tell of this.#drained) tell()
  }

  /** Tells all who wait that the group cannot be reached; they may commit again. */
  fail(error: AppError): void {
    for (const waiter of this.#waiters) this.#end(waiter, error)
  }

  /** Resolves when all that was read is committed, when no time is left, or when the signal aborts. */
  async drain(clock: Clock, timeoutMs: number, signal: AbortSignal): Promise<void> {
    await this.#until(clock, timeoutMs, signal, () => this.#isDrained())
  }

  /** Resolves when nobody waits for a commit, when no time is left, or when the signal aborts. */
  async idle(clock: Clock, timeoutMs: number, signal: AbortSignal): Promise<void> {
    await this.#until(clock, timeoutMs, signal, () => this.#waiters.size === 0)
  }

  async #until(clock: Clock, timeoutMs: number, signal: AbortSignal, isThere: () => boolean): Promise<void> {
    if (isThere() || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = (): void => (isThere() ? resolve() : undefined)
    using _timer = clock.timer(timeoutMs, resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    this.#drained.add(look)
    await promise
    this.#drained.delete(look)
  }

  #isDrained(): boolean {
    for (const lane of this.#lanes()) if (lane.acknowledged < lane.readTo) return false
    return true
  }

  async #send(lanes: readonly Lane[], offsets: ReadonlyMap<number, number>): Promise<void> {
    try {
      const refused = await this.#membership.commit(offsets, this.#signal)
      this.#confirm(lanes, offsets, refused)
      this.#isBusy = false
      this.settle()
      const isChanging = [...refused.values()].some(error => groupChanges.has(codeOf(error) ?? ''))
      if (isChanging) this.#membership.hurry()
      else this.kick()
    } catch (thrown) {
      this.#isBusy = false
      if (thrown instanceof AppError) this.fail(thrown)
    }
  }

  #confirm(
    lanes: readonly Lane[],
    offsets: ReadonlyMap<number, number>,
    refused: ReadonlyMap<number, AppError>,
  ): void {
    for (const lane of lanes) {
      const error = refused.get(lane.partition)
      const offset = offsets.get(lane.partition) ?? 0
      if (error === undefined) {
        if (offset > lane.acknowledged) lane.acknowledged = offset
      } else if (!groupChanges.has(codeOf(error) ?? '')) {
        // When the group changes, the commit waits for what becomes of the lane; else it is asked for again, or not.
        lane.wanted = lane.acknowledged
        for (const waiter of this.#waiters) if (waiter.needs.has(lane)) this.#end(waiter, error)
      }
    }
  }

  #end(waiter: Waiter, error?: AppError): void {
    this.#waiters.delete(waiter)
    if (error === undefined) waiter.resolve()
    else waiter.reject(error)
    for (const tell of this.#drained) tell()
  }
}

/** Refusals after which the member joins again. */
const groupChanges: ReadonlySet<string> = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
])

function lostError(lane: Lane): AppError {
  return new AppError(
    'source.lost',
    `The partition ${lane.text} has another reader, who gets the records again.`,
    retryBackoff,
  )
}
