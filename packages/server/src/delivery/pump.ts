import {
  type AppError,
  assert,
  type Clock,
  type LogEntry,
  type PluginLog,
  type Queue,
  toAppError,
} from '@millrace/spi'
import { newDelivery, type RoutedQueue, route } from '../bus/index.ts'
import type { EventLogs } from '../eventlog/index.ts'
import type { EngineObserver } from '../observability/index.ts'
import { type BusView, pumpCursor, type Snapshots } from '../resources/index.ts'
import { Latch } from './latch.ts'
import type { Candidate } from './loader.ts'
import { repeatUntilDone } from './repeat.ts'

/** Events that one turn of a pump reads at most, in number and in bytes. */
const turnLimits = { entriesMax: 512, bytesMax: 4 * 1024 * 1024 }

/**
 * A cursor that moved past events which no rule wanted is not worth a flush of its own: it is written with the next
 * deliveries, or when so many positions or so much time have passed. Until then a crash has these events routed again,
 * by the same rule versions, to the same nothing.
 */
const unsavedMax = 20_000
const saveAfterMs = 1_000

export interface PumpParts {
  readonly logs: EventLogs
  readonly queue: Queue
  readonly snapshots: Snapshots
  readonly clock: Clock
  readonly log: PluginLog
  readonly observer: EngineObserver
  /**
   * Waited for before deliveries are stored, so that their queues are known to the next start; what it returns is called
   * when they are visible, or were not stored.
   */
  admit(queues: readonly string[], signal: AbortSignal): Promise<() => void>
  /**
   * Offers deliveries that are about to be stored; returns how many of them, from the first on, are taken. Those must not
   * be settled before `stored` has resolved; when it rejects, they were not stored and will be routed again.
   */
  offer(queue: string, candidates: readonly Candidate[]): number
  /**
   * Deliveries of a queue are stored: `first` is the lowest position that was not taken, `undefined` when all were, and
   * `last` the highest; `isLive` says whether a rule version that matched is the present one.
   */
  onRouted(queue: string, first: number | undefined, last: number, isLive: boolean): void
  /** Called when the storage is full, before the next try. */
  makeRoom(): Promise<void>
  /** Called when the pump has nothing left to do. */
  onIdle(): void
}

/** What was routed into one queue, and how much of it its dispatcher has taken already. */
interface Offered {
  readonly queue: string
  readonly candidates: readonly Candidate[]
  readonly taken: number
  readonly isLive: boolean
}

/**
 * Carries the events of one bus from its log into the queues of the targets that they match: read from the cursor,
 * route, and store deliveries and cursor in one transaction. Sleeps until something is appended.
 *
 * A crash loses nothing: what was routed and not yet durable is routed again, by the same rule versions.
 */
export class Pump {
  readonly bus: string
  readonly #parts: PumpParts
  readonly #latch = new Latch()
  readonly #stop = new AbortController()
  readonly #loaded = Promise.withResolvers<void>()
  #cursor: number | undefined
  /** The cursor as storage has it. */
  #saved = 1
  #saving: Disposable | undefined
  #isIdle = false
  #running: Promise<void> | undefined

  constructor(bus: string, parts: PumpParts) {
    this.bus = bus
    this.#parts = parts
  }

  /** Position of the next event to route; everything below it is in the queues. `undefined` until it is known. */
  get cursor(): number | undefined {
    return this.#cursor
  }

  get isIdle(): boolean {
    return this.#isIdle && this.#cursor !== undefined && this.#cursor >= this.#parts.logs.next(this.bus)
  }

  /** Begins to route. Resolves when the cursor is known, or the pump was stopped before. */
  start(): Promise<void> {
    this.#running ??= this.#run(this.#stop.signal)
    return this.#loaded.promise
  }

  /** The log of the bus has grown. */
  wake(): void {
    this.#isIdle = false
    this.#latch.wake()
  }

  /** Resolves when the turn under way has ended. Safe to call twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#latch.wake()
    this.#saving?.[Symbol.dispose]()
    await this.#running
    this.#loaded.resolve()
    await this.#save()
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const isMore = await repeatUntilDone(
          () => this.#turn(),
          this.#parts.clock,
          signal,
          error => this.#failed(error),
        )
        if (isMore) continue
        this.#isIdle = true
        this.#parts.onIdle()
        await this.#latch.wait()
      }
    } catch {
      // Stopped, or the storage was closed: the cursor is where the next start goes on.
    }
  }

  /** Routes one batch; false when there was nothing to route. */
  async #turn(): Promise<boolean> {
    const { logs, snapshots, clock, observer } = this.#parts
    const from = this.#cursor ?? (await this.#load())
    const next = logs.next(this.bus)
    if (from >= next) return false
    const { entries, cursor } = await this.#read(from, next)
    // The snapshot is asked after the read and in the turn of routing: it knows every rule that these events may meet.
    const view = snapshots.current().buses.get(this.bus)
    if (view === undefined) return false
    const routed = route(view, entries)
    if (routed.size === 0 && cursor - this.#saved < unsavedMax) {
      this.#cursor = cursor
      this.#saving ??= clock.timer(saveAfterMs, () => void this.#save())
      observer.routed(this.bus, cursor - from, 0)
      return true
    }
    const offered = await this.#put(routed, cursor)
    this.#cursor = cursor
    this.#saved = cursor
    let deliveries = 0
    for (const { queue, candidates, taken, isLive } of offered) {
      deliveries += candidates.length
      const last = candidates.at(-1)?.delivery.position ?? 0
      this.#parts.onRouted(queue, candidates[taken]?.delivery.position, last, isLive)
    }
    observer.routed(this.bus, cursor - from, deliveries)
    return true
  }

  async #put(routed: ReadonlyMap<string, RoutedQueue>, cursor: number): Promise<Offered[]> {
    const stored = Promise.withResolvers<void>()
    // Nobody may have been offered anything.
    stored.promise.catch(() => {})
    const release = await this.#parts.admit([...routed.keys()], this.#stop.signal)
    const offered = this.#offer(routed, this.#parts.clock.nowMs(), stored.promise)
    try {
      await this.#store(cursor, offered)
      stored.resolve()
      return offered
    } catch (thrown) {
      stored.reject(thrown)
      throw thrown
    } finally {
      release()
    }
  }

  /**
   * Offers what was routed to the dispatchers before it is stored. One that has nothing else to do starts at once, and
   * the time of a flush is saved; a crash meanwhile loses nothing, for the cursor has not moved.
   */
  #offer(routed: ReadonlyMap<string, RoutedQueue>, nowMs: number, stored: Promise<void>): Offered[] {
    const offered: Offered[] = []
    for (const [queue, { entries, isLive }] of routed) {
      const candidates = entries.map(entry => ({
        delivery: newDelivery(entry.position, nowMs),
        entry,
        key: undefined,
        stored,
      }))
      offered.push({ queue, candidates, isLive, taken: this.#parts.offer(queue, candidates) })
    }
    return offered
  }

  /** Stores deliveries and cursor. What was offered cannot be taken back, so a failure is repeated, not routed anew. */
  async #store(cursor: number, offered: readonly Offered[]): Promise<void> {
    const put = offered.flatMap(({ queue, candidates }) =>
      candidates.map(({ delivery }) => ({ queue, delivery })),
    )
    const change = { cursors: [{ name: pumpCursor(this.bus), position: cursor }], put }
    await repeatUntilDone(
      () => this.#parts.queue.commit(change),
      this.#parts.clock,
      this.#stop.signal,
      error => this.#failed(error),
    )
  }

  async #failed({ code }: AppError): Promise<void> {
    this.#parts.log.warn('routing failed; it will be repeated', { bus: this.bus, code })
    if (code === 'storage.full') await this.#parts.makeRoom()
  }

  /** Writes a cursor that has run ahead. A failure leaves it for the next time: nothing depends on it. */
  async #save(): Promise<void> {
    this.#saving?.[Symbol.dispose]()
    this.#saving = undefined
    const position = this.#cursor
    if (position === undefined || position <= this.#saved) return
    try {
      await this.#parts.queue.commit({ cursors: [{ name: pumpCursor(this.bus), position }] })
      this.#saved = Math.max(this.#saved, position)
    } catch (thrown) {
      this.#parts.log.debug('the cursor was not written', { bus: this.bus, code: toAppError(thrown).code })
    }
  }

  async #load(): Promise<number> {
    const { logs, queue } = this.#parts
    await logs.open(this.bus)
    const cursor = (await queue.cursor(pumpCursor(this.bus))) ?? 1
    this.#cursor = cursor
    this.#saved = cursor
    this.#loaded.resolve()
    return cursor
  }

  /**
   * Entries from the cursor on whose append has resolved. An entry may be visible a moment before: a rule could still
   * be pinned to a lower position than its, and then it must meet that rule.
   */
  /** Events from a position on, and where the cursor is when they are routed. Only what was trimmed is passed over. */
  async #read(from: number, next: number): Promise<{ entries: LogEntry[]; cursor: number }> {
    const { logs, snapshots } = this.#parts
    if (this.#matchesNothing(snapshots.current().buses.get(this.bus))) return { entries: [], cursor: next }
    const read = await logs.read(this.bus, from, turnLimits)
    const entries = read.filter(entry => entry.position < next)
    const last = entries.at(-1)
    if (last !== undefined) return { entries, cursor: last.position + 1 }
    const { first } = await logs.stat(this.bus)
    assert(first > from, `the log of ${this.bus} shows its entry at ${from}, or has trimmed it`)
    return { entries, cursor: Math.min(first, next) }
  }

  /** Without rules the cursor follows the log without reading it. */
  #matchesNothing(view: BusView | undefined): boolean {
    return view !== undefined && view.matcher.size === 0
  }
}
