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
  readonly #busyKeys = new Set<string>()
  #sequence = 0
  #count = 0
  #bytes = 0
  #pendingBytes = 0

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

  /** Whether there is a request's worth of events. */
  get isPlenty(): boolean {
    return this.#pending.length >= this.#countMax || this.#pendingBytes >= this.#limits.bytesMax
  }

  hasRoomFor(held: HeldEvent): boolean {
    const { bufferedMax, bufferedBytesMax } = this.#limits
    return this.#count < bufferedMax && this.#bytes + held.bytes <= bufferedBytesMax
  }

  add(held: HeldEvent): void {
    held.sequence = this.#sequence++
    this.#count++
    this.#bytes += held.bytes
    this.#pendingBytes += held.bytes
    this.#pending.push(held)
  }

  /** Takes out what is to be sent now; nothing unless some of it is due, it fills a request, or there is a hurry. */
  take(nowMs: number, isHurried: boolean): HeldEvent[] {
    const batch: HeldEvent[] = []
    const blocked = new Set(this.#busyKeys)
    let bytes = 0
    let isRipe = isHurried
    for (const held of this.#pending) {
      const { key } = held
      if (key !== undefined && blocked.has(key)) continue
      if (held.attempts > 0 && held.dueAtMs > nowMs) {
        if (key !== undefined) blocked.add(key)
        continue
      }
      isRipe ||= held.dueAtMs <= nowMs
      if (batch.length > 0 && bytes + held.bytes > this.#limits.bytesMax) {
        isRipe = true
        break
      }
      batch.push(held)
      bytes += held.bytes
      if (batch.length === this.#countMax) {
        isRipe = true
        break
      }
    }
    if (!isRipe || batch.length === 0) return []
    const taken = new Set(batch)
    this.#setPending(this.#pending.filter(held => !taken.has(held)))
    for (const { key } of batch) if (key !== undefined) this.#busyKeys.add(key)
    return batch
  }

  /** The request of these has ended: their keys may go on, once those that are to be repeated are back at their places. */
  ended(batch: readonly HeldEvent[], again: readonly HeldEvent[]): void {
    for (const { key } of batch) if (key !== undefined) this.#busyKeys.delete(key)
    if (again.length === 0) return
    this.#setPending([...this.#pending, ...again].sort((left, right) => left.sequence - right.sequence))
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
    this.#setPending(this.#pending.filter(held => held.takenAtMs > atMs))
    return expired
  }

  /** Takes out all that is not under way. */
  clear(): HeldEvent[] {
    const pending = this.#pending
    this.#setPending([])
    return pending
  }

  /** Makes room: the event was stored or given up. */
  release(held: HeldEvent): void {
    this.#count--
    this.#bytes -= held.bytes
  }

  /** When time alone will make something of what waits due, or give it up; `undefined` when nothing waits. */
  nextAtMs(nowMs: number): number | undefined {
    const [oldest] = this.#pending
    if (oldest === undefined) return undefined
    let nextAtMs = oldest.takenAtMs + this.#limits.deadlineMs
    for (const { dueAtMs } of this.#pending) if (dueAtMs > nowMs && dueAtMs < nextAtMs) nextAtMs = dueAtMs
    return nextAtMs
  }

  #setPending(pending: HeldEvent[]): void {
    this.#pending = pending
    this.#pendingBytes = pending.reduce((sum, { bytes }) => sum + bytes, 0)
  }
}
