import type { Delivery, LogEntry, Queue } from '@millrace/spi'
import type { EventLogs } from '../eventlog/index.ts'
import type { Budget } from './budget.ts'

/** A delivery in memory with its event. */
export interface Candidate {
  readonly delivery: Delivery
  readonly entry: LogEntry
  /** Its key, where the target is ordered or the delivery stands in a lane. */
  readonly key: string | undefined
  /** Set when the delivery came from the pump before it was stored: it must not be settled until this has resolved. */
  readonly stored?: Promise<void>
}

/** Events read from the log at a time: few enough to stay near the byte allowance, many enough to be cheap. */
const groupMax = 64
const groupBytesMax = 1024 * 1024

/** What a read brought: deliveries with their events, and those whose event the log no longer has. */
export interface Loaded {
  readonly candidates: Candidate[]
  readonly gone: Delivery[]
}

/**
 * Brings the deliveries of one queue into memory, each once: it knows which positions somebody holds, from the read
 * until the settlement is visible, and how far the never-attempted ones have been read. It holds at most what it is
 * asked for, whatever the backlog.
 */
export class Loader {
  readonly #queueName: string
  readonly #bus: string
  readonly #queue: Queue
  readonly #logs: EventLogs
  readonly #budget: Budget
  readonly #held = new Map<number, number>()
  #heldBytes = 0
  #averageBytes = 1_024
  /** Every never-attempted delivery at or below is held or settled. */
  #scanned = 0
  /** Whether there may be never-attempted deliveries above `#scanned`. */
  #hasFresh = true
  /** Lowest position that was put while a read was under way; the read may or may not have seen it. */
  #lowestNew = Number.POSITIVE_INFINITY
  /** Time from which on there may be a due delivery that nobody holds; `undefined` when there is none. */
  #nextDueAtMs: number | undefined = 0

  constructor(queueName: string, bus: string, queue: Queue, logs: EventLogs, budget: Budget) {
    this.#queueName = queueName
    this.#bus = bus
    this.#queue = queue
    this.#logs = logs
    this.#budget = budget
  }

  get heldCount(): number {
    return this.#held.size
  }

  get hasFresh(): boolean {
    return this.#hasFresh
  }

  get nextDueAtMs(): number | undefined {
    return this.#nextDueAtMs
  }

  /** Whether the byte allowance lets this queue take more. */
  get hasRoom(): boolean {
    return this.#budget.allows(this.#heldBytes)
  }

  /**
   * Takes deliveries from the pump before they are stored, as many as `limit` and the byte allowance let it. None when
   * there may be others before them in storage. Not to be called while `fresh` is under way.
   */
  take(candidates: readonly Candidate[], limit: number): number {
    if (this.#hasFresh) return 0
    let taken = 0
    for (const { delivery, entry } of candidates) {
      if (taken >= limit || !this.hasRoom || delivery.position <= this.#scanned) break
      this.#hold(delivery.position, entry.bytes.length)
      this.#scanned = delivery.position
      taken++
    }
    return taken
  }

  /** The pump has stored deliveries: `first` is the lowest that was not taken, `last` the highest of all. */
  appended(first: number | undefined, last: number): void {
    if (first !== undefined) this.enqueued(first)
    // Taken, and put back before it was stored: a read in between did not see it.
    else if (last > this.#scanned) this.#hasFresh = true
  }

  /** Deliveries were put into the queue, never attempted, `position` the lowest of them. */
  enqueued(position: number): void {
    this.#hasFresh = true
    this.#lowestNew = Math.min(this.#lowestNew, position)
    // A backfill puts positions below those already read: reading begins there again, passing over what is held.
    if (position <= this.#scanned) this.#scanned = position - 1
  }

  /** A delivery was put back to be tried at a time. */
  postponed(dueAtMs: number): void {
    this.#nextDueAtMs = Math.min(this.#nextDueAtMs ?? Number.POSITIVE_INFINITY, dueAtMs)
  }

  /** Lets go of a position: it is settled and gone, or visible in storage in its new state. */
  release(position: number): void {
    const bytes = this.#held.get(position)
    if (bytes === undefined) return
    this.#held.delete(position)
    this.#heldBytes -= bytes
    this.#budget.release(bytes)
  }

  /** Lets go of a delivery that was read and not attempted: it will be read again. */
  putBack({ delivery }: Candidate): void {
    this.release(delivery.position)
    if (delivery.lane !== undefined) return
    if (delivery.dueAtMs > 0) this.postponed(delivery.dueAtMs)
    else this.enqueued(delivery.position)
  }

  async fresh(limit: number): Promise<Loaded> {
    const asked = Math.min(limit, this.#groupSize())
    const after = this.#scanned
    this.#hasFresh = false
    this.#lowestNew = Number.POSITIVE_INFINITY
    try {
      const found = await this.#queue.read(this.#queueName, { kind: 'fresh', after }, asked)
      const loaded = await this.#load(found)
      // Up to what was put meanwhile: the rest is held, and passed over when it is read again.
      this.#scanned = Math.min(found.at(-1)?.position ?? after, this.#lowestNew - 1)
      if (found.length === asked) this.#hasFresh = true
      return loaded
    } catch (thrown) {
      this.#hasFresh = true
      throw thrown
    }
  }

  async due(limit: number, nowMs: number): Promise<Loaded> {
    const asked = Math.min(limit, this.#groupSize())
    const view = { kind: 'due', nowMs: Number.MAX_SAFE_INTEGER } as const
    // One more than can be held tells when the next one is due.
    const found = await this.#queue.read(this.#queueName, view, asked + this.#held.size + 1)
    const free = found.filter(delivery => !this.#held.has(delivery.position))
    const due = free.slice(0, asked).filter(delivery => delivery.dueAtMs <= nowMs)
    this.#nextDueAtMs = free[due.length]?.dueAtMs
    try {
      return await this.#load(due)
    } catch (thrown) {
      this.postponed(nowMs)
      throw thrown
    }
  }

  /** The first deliveries of a lane that nobody holds. `isComplete` when the whole lane was seen. */
  async lane(lane: string, limit: number): Promise<Loaded & { readonly isComplete: boolean }> {
    const asked = Math.min(limit, this.#groupSize())
    const limitSeen = asked + laneHeldMax
    const found = await this.#queue.read(this.#queueName, { kind: 'lane', lane }, limitSeen)
    const free = found.filter(delivery => !this.#held.has(delivery.position)).slice(0, asked)
    return { ...(await this.#load(free)), isComplete: found.length < limitSeen }
  }

  /** The oldest pending deliveries, whatever their state, that nobody holds and that came into being before a time. */
  async olderThan(enqueuedAtMs: number, limit: number): Promise<Loaded> {
    const found = await this.#queue.read(this.#queueName, { kind: 'all', after: 0 }, limit + this.#held.size)
    return await this.#load(
      found.filter(d => d.enqueuedAtMs < enqueuedAtMs && !this.#held.has(d.position)).slice(0, limit),
    )
  }

  async #load(deliveries: readonly Delivery[]): Promise<Loaded> {
    const free = deliveries.filter(delivery => !this.#held.has(delivery.position))
    if (free.length === 0) return { candidates: [], gone: [] }
    // The log is asked in ascending order; due ones come by time.
    const positions = free.map(delivery => delivery.position).sort((left, right) => left - right)
    const entries = new Map<number, LogEntry>()
    for (const entry of await this.#logs.get(this.#bus, positions)) {
      if (entry !== undefined) entries.set(entry.position, entry)
    }
    const candidates: Candidate[] = []
    const gone: Delivery[] = []
    for (const delivery of free) {
      const entry = entries.get(delivery.position)
      this.#hold(delivery.position, entry?.bytes.length ?? 0)
      if (entry === undefined) gone.push(delivery)
      else candidates.push({ delivery, entry, key: delivery.lane })
    }
    return { candidates, gone }
  }

  #hold(position: number, bytes: number): void {
    this.#held.set(position, bytes)
    this.#heldBytes += bytes
    this.#budget.take(bytes)
    this.#averageBytes += (bytes - this.#averageBytes) / 16
  }

  /** How many deliveries to read at a time, so that their events are likely to fit into the allowance. */
  #groupSize(): number {
    const bytes = Math.min(groupBytesMax, this.#budget.room)
    return Math.max(1, Math.min(groupMax, Math.floor(bytes / Math.max(1, this.#averageBytes))))
  }
}

/** Deliveries of one lane that may be held while it is read: its last head and followers being settled. */
const laneHeldMax = 64
