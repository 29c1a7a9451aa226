import { type Clock, type EventLog, type PluginLog, type Queue, sleep, toAppError } from '@millrace/spi'
import type { EventLogs } from '../eventlog/index.ts'
import { type BusView, journalLog, type Snapshots } from '../resources/index.ts'

/** How often every bus is looked at. */
export const retentionEveryMs = 10_000

/** A full log is not looked at more often than this, however many producers ask. */
const askedEveryMs = 250

/** A log above its bytes is brought down to this share of them, so that not every append has to trim. */
const fillShare = 0.95

/** Estimates of where to cut that are tried in one pass; entries differ in size, so one is rarely exact. */
const cutsMax = 4

export interface RetentionParts {
  readonly logs: EventLogs
  readonly storageLog: EventLog
  readonly queue: Queue
  readonly snapshots: Snapshots
  readonly clock: Clock
  readonly log: PluginLog
  /** Lowest position of a bus that somebody has still to route: its pump and its replays. */
  unread(bus: string): number | undefined
  /** Queues that may hold deliveries of a bus. */
  queuesOf(bus: string): readonly string[]
}

/**
 * Removes what a bus no longer keeps, by age and by bytes; its journal by the same measures. An event that is still to
 * be routed or delivered is never removed, nor is one after it: logs are cut from the front.
 */
export class Retention {
  readonly #parts: RetentionParts
  readonly #stop = new AbortController()
  readonly #passes = new Map<string, Promise<void>>()
  readonly #askedAtMs = new Map<string, number>()
  #running: Promise<void> | undefined

  constructor(parts: RetentionParts) {
    this.#parts = parts
  }

  start(): void {
    this.#running = this.#run(this.#stop.signal)
  }

  /** A pass over one bus now; callers at the same time share it. Never rejects. */
  pass(bus: BusView, roomBytes = 0): Promise<void> {
    const known = this.#passes.get(bus.key)
    if (known !== undefined) return known
    const pass = this.#pass(bus, roomBytes)
      .catch((thrown: unknown) => {
        const { code } = toAppError(thrown)
        this.#parts.log.warn('retention failed; it will be repeated', { bus: bus.key, code })
      })
      .finally(() => this.#passes.delete(bus.key))
    this.#passes.set(bus.key, pass)
    return pass
  }

  /** A pass for a producer that found the log full; at most every `askedEveryMs`. */
  async makeRoom(bus: BusView, roomBytes: number): Promise<void> {
    const nowMs = this.#parts.clock.nowMs()
    if (nowMs < (this.#askedAtMs.get(bus.key) ?? 0) + askedEveryMs && !this.#passes.has(bus.key)) return
    this.#askedAtMs.set(bus.key, nowMs)
    await this.pass(bus, roomBytes)
  }

  /** The storage is full: passes over all buses, and cuts a tenth off every journal to make room for settling. */
  async relieve(): Promise<void> {
    for (const bus of this.#parts.snapshots.current().buses.values()) {
      await this.pass(bus)
      const journal = journalLog(bus.key)
      const { first, next } = await this.#parts.storageLog.stat(journal)
      await this.#parts.storageLog.trim(journal, first + Math.ceil((next - first) / 10))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    await Promise.all(this.#passes.values())
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await sleep(this.#parts.clock, retentionEveryMs, signal)
      } catch {
        return
      }
      for (const bus of this.#parts.snapshots.current().buses.values()) {
        if (signal.aborted) return
        await this.pass(bus)
      }
    }
  }

  async #pass(bus: BusView, roomBytes: number): Promise<void> {
    const { logs, clock, storageLog } = this.#parts
    const { retentionMs, retentionBytesMax } = bus.spec
    await logs.open(bus.key)
    // What asks for room must fit afterwards, however large a part of a small log it is.
    const bytesMax = Math.max(0, Math.min(retentionBytesMax * fillShare, retentionBytesMax - roomBytes))
    const floor = await this.#floor(bus.key)
    const oldest = await logs.seek(bus.key, clock.nowMs() - retentionMs)
    let stat = await logs.trim(bus.key, Math.min(oldest, floor))
    for (let cut = 0; cut < cutsMax && stat.bytes > bytesMax; cut++) {
      const before = Math.min(floor, cutFor(stat, bytesMax))
      if (before <= stat.first) break
      stat = await logs.trim(bus.key, before)
    }
    await this.#passJournal(storageLog, journalLog(bus.key), clock.nowMs() - retentionMs, retentionBytesMax)
  }

  async #passJournal(log: EventLog, journal: string, sinceMs: number, bytesMax: number): Promise<void> {
    await log.trim(journal, await log.seek(journal, sinceMs))
    const stat = await log.stat(journal)
    if (stat.bytes > bytesMax) await log.trim(journal, cutFor(stat, bytesMax * fillShare))
  }

  /** Nothing at or above it may go. The pump is asked first: what it routes meanwhile lies above its cursor. */
  async #floor(bus: string): Promise<number> {
    let floor = this.#parts.unread(bus) ?? 1
    for (const queue of this.#parts.queuesOf(bus)) {
      const { oldestPosition } = await this.#parts.queue.stat(queue)
      if (oldestPosition !== undefined) floor = Math.min(floor, oldestPosition)
    }
    return floor
  }
}

/** Below which position to cut so that about `bytesMax` remain, by the average size of an entry. */
function cutFor(
  stat: { readonly first: number; readonly next: number; readonly bytes: number },
  bytesMax: number,
): number {
  const count = stat.next - stat.first
  if (count === 0 || stat.bytes <= bytesMax) return stat.first
  return stat.first + Math.ceil((count * (stat.bytes - bytesMax)) / stat.bytes)
}
