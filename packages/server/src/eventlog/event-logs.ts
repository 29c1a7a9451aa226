import {
  assert,
  type EventLog,
  type LogEntry,
  type LogStat,
  type NewEntry,
  type ReadLimits,
} from '@millrace/spi'

/**
 * The logs of all buses: the engine's view of the storage driver. It adds three things to the driver's log: the next
 * position and the retained bytes in memory, so that whoever must decide at once need not wait, and news of appends.
 */
export interface EventLogs {
  /** Learns where the log of a bus stands. Before it has resolved, nothing else may be asked of that bus. Idempotent. */
  open(bus: string): Promise<void>
  /**
   * One above the highest position whose append has resolved. An event accepted after this call gets this position or
   * a higher one; every event that a producer knows to be accepted has a lower one. Rules are pinned to it.
   */
  next(bus: string): number
  /** Bytes of the retained entries, as `stat` would say; an upper bound while a driver keeps whole blocks. */
  bytes(bus: string): number
  /** Appends all or none; resolves with the first position by the durability asked for, after telling listeners. */
  append(bus: string, entries: readonly NewEntry[], durability: 'durable' | 'relaxed'): Promise<number>
  /** Calls the listener in the turn in which an append resolves. It must return quickly and not throw. */
  onAppended(listener: (bus: string, next: number) => void): Disposable
  read(bus: string, from: number, limits: ReadLimits): Promise<LogEntry[]>
  get(bus: string, positions: readonly number[]): Promise<(LogEntry | undefined)[]>
  seek(bus: string, acceptedAtMs: number): Promise<number>
  /** Removes the entries below a position and takes note of what room that made. */
  trim(bus: string, beforePosition: number): Promise<LogStat>
  stat(bus: string): Promise<LogStat>
}

export function openEventLogs(log: EventLog): EventLogs {
  return new StoredEventLogs(log)
}

interface Head {
  next: number
  bytes: number
}

class StoredEventLogs implements EventLogs {
  readonly #log: EventLog
  readonly #heads = new Map<string, Head>()
  readonly #opening = new Map<string, Promise<void>>()
  readonly #listeners = new Set<(bus: string, next: number) => void>()

  constructor(log: EventLog) {
    this.#log = log
  }

  async open(bus: string): Promise<void> {
    if (this.#heads.has(bus)) return
    const opening = this.#opening.get(bus) ?? this.#load(bus)
    this.#opening.set(bus, opening)
    try {
      await opening
    } finally {
      this.#opening.delete(bus)
    }
  }

  next(bus: string): number {
    return this.#head(bus).next
  }

  bytes(bus: string): number {
    return this.#head(bus).bytes
  }

  async append(
    bus: string,
    entries: readonly NewEntry[],
    durability: 'durable' | 'relaxed',
  ): Promise<number> {
    await this.open(bus)
    const first = await this.#log.append(bus, entries, durability)
    const head = this.#head(bus)
    // Concurrent appends may resolve out of order; the head only ever moves forward.
    head.next = Math.max(head.next, first + entries.length)
    for (const entry of entries) head.bytes += entry.bytes.length
    for (const listener of this.#listeners) listener(bus, head.next)
    return first
  }

  onAppended(listener: (bus: string, next: number) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  read(bus: string, from: number, limits: ReadLimits): Promise<LogEntry[]> {
    return this.#log.read(bus, from, limits)
  }

  get(bus: string, positions: readonly number[]): Promise<(LogEntry | undefined)[]> {
    return this.#log.get(bus, positions)
  }

  seek(bus: string, acceptedAtMs: number): Promise<number> {
    return this.#log.seek(bus, acceptedAtMs)
  }

  async trim(bus: string, beforePosition: number): Promise<LogStat> {
    await this.#log.trim(bus, beforePosition)
    const stat = await this.#log.stat(bus)
    const head = this.#heads.get(bus)
    if (head !== undefined) head.bytes = stat.bytes
    return stat
  }

  stat(bus: string): Promise<LogStat> {
    return this.#log.stat(bus)
  }

  async #load(bus: string): Promise<void> {
    const stat = await this.#log.stat(bus)
    this.#heads.set(bus, { next: stat.next, bytes: stat.bytes })
  }

  #head(bus: string): Head {
    const head = this.#heads.get(bus)
    assert(head !== undefined, `the log of bus ${bus} is open before it is used`)
    return head
  }
}
