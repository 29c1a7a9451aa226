import { type Clock, type PluginLog, type Queue, type QueueChange, sleep, toAppError } from '@millrace/spi'
import { route } from '../bus/index.ts'
import type { EventLogs } from '../eventlog/index.ts'
import type { EngineObserver } from '../observability/index.ts'
import { type BusView, pumpCursor, type Snapshots } from '../resources/index.ts'
import { Latch } from './latch.ts'

/** Events that one turn of a pump reads at most, in number and in bytes. */
const turnLimits = { entriesMax: 512, bytesMax: 4 * 1024 * 1024 }

const retryMsMin = 50
const retryMsMax = 5_000

export interface PumpParts {
  readonly logs: EventLogs
  readonly queue: Queue
  readonly snapshots: Snapshots
  readonly clock: Clock
  readonly log: PluginLog
  readonly observer: EngineObserver
  /**
   * Tells which queues have new deliveries; `position` is the lowest of the queue's, `isLive` whether the rule version
   * that matched it is the present one.
   */
  onRouted(queue: string, position: number, isLive: boolean): void
  /** Called when the pump has nothing left to do. */
  onIdle(): void
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
    await this.#running
    this.#loaded.resolve()
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      try {
        if (await this.#turn()) {
          failures = 0
          continue
        }
        this.#isIdle = true
        this.#parts.onIdle()
        await this.#latch.wait()
      } catch (thrown) {
        const error = toAppError(thrown)
        if (error.code === 'storage.closed') return
        this.#parts.log.warn('routing failed; it will be repeated', { bus: this.bus, code: error.code })
        const pauseMs = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(failures++, 10))
        await sleep(this.#parts.clock, pauseMs, signal).catch(() => {})
      }
    }
  }

  /** Routes one batch; false when there was nothing to route. */
  async #turn(): Promise<boolean> {
    const { logs, queue, snapshots, clock, observer } = this.#parts
    const from = this.#cursor ?? (await this.#load())
    const next = logs.next(this.bus)
    if (from >= next) return false
    const entries = await this.#read(from, next)
    // The snapshot is asked after the read and in the turn of routing: it knows every rule that these events may meet.
    const view = snapshots.current().buses.get(this.bus)
    if (view === undefined) return false
    const cursor = entries.length > 0 ? (entries.at(-1)?.position ?? 0) + 1 : next
    const { put, first } = route(view, entries, clock.nowMs())
    const change: QueueChange = { cursors: [{ name: pumpCursor(this.bus), position: cursor }], put }
    await queue.commit(change)
    this.#cursor = cursor
    observer.routed(this.bus, cursor - from, put.length)
    for (const [name, { position, isLive }] of first) {
      this.#parts.onRouted(name, position, isLive)
    }
    return true
  }

  async #load(): Promise<number> {
    const { logs, queue } = this.#parts
    await logs.open(this.bus)
    const cursor = (await queue.cursor(pumpCursor(this.bus))) ?? 1
    this.#cursor = cursor
    this.#loaded.resolve()
    return cursor
  }

  /**
   * Entries from the cursor on whose append has resolved. An entry may be visible a moment before: a rule could still
   * be pinned to a lower position than its, and then it must meet that rule.
   */
  async #read(from: number, next: number): ReturnType<EventLogs['read']> {
    if (this.#matchesNothing(this.#parts.snapshots.current().buses.get(this.bus))) return []
    const entries = await this.#parts.logs.read(this.bus, from, turnLimits)
    return entries.filter(entry => entry.position < next)
  }

  /** Without rules the cursor follows the log without reading it. */
  #matchesNothing(view: BusView | undefined): boolean {
    return view !== undefined && view.matcher.size === 0
  }
}
