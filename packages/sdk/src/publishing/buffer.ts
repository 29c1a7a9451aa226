import type { HeldEvent } from './held-event.ts'

export interface BufferLimits {
  readonly countMax: number
  readonly bytesMax: number
  readonly bufferedMax: number
  readonly bufferedBytesMax: number
  readonly deadlineMs: number
}

/**
 * The events that a publisher holds, in the order in which it took them, and which of them go together next. It decides by
 * the time that it is told and does nothing by itself.
 *
 * Of the events of one key those that come together go in one request, and the next ones not before all of it has ended: a
 * server appends the events of a request together or not at all.
 */
export class PublishBuffer {
  readonly #limits: BufferLimits
  #countMax: number
  #pending: HeldEvent[] = []
  /** Keys with events under way. */
  readonly #busyKeys = new Set<string>()
  /** Keys whose next event waits for its repetition, as of the last look. */
  #haltedKeys = new Set<string>()
  /** What could go in the next request, as far as it is known without looking at everything. */
  readonly #free = { count: 0, bytes: 0 }
  #sequence = 0
  #count = 0
  #bytes = 0

  constructor(limits: BufferLimits) {
    this.#limits = limits
    this.#countMax = limits.countMax
  }

  /** Events that are held, those under way included. */
  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether events that were added since the last look make a request full, so that it is worth looking again. */
  get isPlenty(): boolean {
    return this.#free.count >= this.#countMax || this.#free.bytes >= this.#limits.bytesMax
  }

  hasRoomFor(held: HeldEvent): boolean {
    const { bufferedMax, bufferedBytesMax } = this.#limits
    return this.#count < bufferedMax && this.#bytes + held.bytes <= bufferedBytesMax
  }

  add(held: HeldEvent): void {
    held.sequence = this.#sequence++
    this.#count++
    this.#bytes += held.bytes
    this.#pending.push(held)
    if (this.#isStopped(held)) return
    this.#free.count++
    this.#free.bytes += held.bytes
  }

  /** Takes out what is to be sent now; nothing unless some of it is due, it fills a request, or there is a hurry. */
  take(nowMs: number, isHurried: boolean): HeldEvent[] {
    const batch: HeldEvent[] = []
    const free = this.#free
    free.count = 0
    free.bytes = 0
    this.#haltedKeys = new Set()
    let isRipe = isHurried
    for (const held of this.#pending) {
      if (this.#isStopped(held)) continue
      if (held.attempts > 0 && held.dueAtMs > nowMs) {
        if (held.key !== undefined) this.#haltedKeys.add(held.key)
        continue
      }
      isRipe ||= held.dueAtMs <= nowMs
      if (batch.length > 0 && free.bytes + held.bytes > this.#limits.bytesMax) {
        isRipe = true
        break
      }
      batch.push(held)
      free.count++
      free.bytes += held.bytes
      if (batch.length === this.#countMax) {
        isRipe = true
        break
      }
    }
    if (!isRipe || batch.length === 0) return []
    free.count = 0
    free.bytes = 0
    const taken = new Set(batch)
    this.#pending = this.#pending.filter(held => !taken.has(held))
    for (const { key } of batch) if (key !== undefined) this.#busyKeys.add(key)
    return batch
  }

  /** The request of these has ended: their keys may go on, once those that are to be repeated are back at their places. */
  ended(batch: readonly HeldEvent[], again: readonly HeldEvent[]): void {
    for (const { key } of batch) if (key !== undefined) this.#busyKeys.delete(key)
    if (again.length === 0) return
    this.#pending = [...this.#pending, ...again].sort((left, right) => left.sequence - right.sequence)
  }

  /** A request of so many events was too large for the server. */
  shrink(count: number): void {
    this.#countMax = Math.min(this.#countMax, Math.max(1, Math.ceil(count / 2)))
  }

  /** Takes out what has waited for too long. */
  expire(nowMs: number): HeldEvent[] {
    const atMs = nowMs - this.#limits.deadlineMs
    // They stand in the order in which they were taken, so the oldest is the first.
    if ((this.#pending[0]?.takenAtMs ?? Number.POSITIVE_INFINITY) > atMs) return []
    const expired = this.#pending.filter(held => held.takenAtMs <= atMs)
    this.#pending = this.#pending.filter(held => held.takenAtMs > atMs)
    return expired
  }

  /** Takes out all that is not under way. */
  clear(): HeldEvent[] {
    return this.#pending.splice(0)
  }

  /** Makes room: the event was stored or given up. */
  release(held: HeldEvent): void {
    this.#count--
    this.#bytes -= held.bytes
  }

  /**
   * When time alone will have something given up, or, unless `isDeadlineOnly`, make something due; `undefined` when nothing
   * waits.
   */
  nextAtMs(nowMs: number, isDeadlineOnly: boolean): number | undefined {
    const [oldest] = this.#pending
    if (oldest === undefined) return undefined
    let nextAtMs = oldest.takenAtMs + this.#limits.deadlineMs
    if (isDeadlineOnly) return nextAtMs
    for (const held of this.#pending) {
      const { dueAtMs, attempts, key } = held
      // It goes on when a request has ended, or when what halts it is due.
      if (this.#isStopped(held) && (attempts === 0 || this.#busyKeys.has(key ?? ''))) continue
      if (dueAtMs > nowMs && dueAtMs < nextAtMs) nextAtMs = dueAtMs
    }
    return nextAtMs
  }

  #isStopped({ key }: HeldEvent): boolean {
    return key !== undefined && (this.#busyKeys.has(key) || this.#haltedKeys.has(key))
  }
}
