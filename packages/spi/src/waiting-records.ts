import type { SourceReadLimits, SourceRecord } from './source.ts'
import { takeRecords } from './take-records.ts'
import { untilAborted } from './until-aborted.ts'

export interface WaitingLimits {
  readonly recordsMax: number
  readonly bytesMax: number
}

/**
 * Records that were fetched and wait to be read. When there are as many as the limits allow whoever fetches stops, and is
 * told when there is room for more.
 */
export class WaitingRecords<Kind extends SourceRecord> {
  readonly #limits: WaitingLimits
  readonly #onRoom: () => void
  readonly #records: Kind[] = []
  #bytes = 0
  #failure: Error | undefined
  #closed: Error | undefined
  #wake: (() => void) | undefined
  #wasFull = false

  constructor(limits: WaitingLimits, onRoom: () => void) {
    this.#limits = limits
    this.#onRoom = onRoom
  }

  get isFull(): boolean {
    return this.#records.length >= this.#limits.recordsMax || this.#bytes >= this.#limits.bytesMax
  }

  get isEmpty(): boolean {
    return this.#records.length === 0
  }

  push(record: Kind): void {
    this.#records.push(record)
    this.#bytes += record.event.length
    this.#wasFull ||= this.isFull
    this.#wake?.()
  }

  /** The next read that finds nothing rejects with the reason; what waits is read first. */
  fail(reason: Error): void {
    this.#failure = reason
    this.#wake?.()
  }

  /** All reads reject with the reason from now on. */
  close(reason: Error): void {
    this.#closed = reason
    this.#records.length = 0
    this.#wake?.()
  }

  clear(): void {
    this.#records.length = 0
    this.#bytes = 0
  }

  /** Waits for the first record; `fetch` is called while there is none. */
  async read(limits: SourceReadLimits, signal: AbortSignal, fetch: () => void): Promise<Kind[]> {
    signal.throwIfAborted()
    for (;;) {
      if (this.#closed !== undefined) throw this.#closed
      if (!this.isEmpty) return this.#take(limits)
      const failure = this.#failure
      this.#failure = undefined
      if (failure !== undefined) throw failure
      const woken = new Promise<void>(resolve => (this.#wake = resolve))
      fetch()
      await untilAborted(woken, signal)
    }
  }

  #take(limits: SourceReadLimits): Kind[] {
    const taken = takeRecords(this.#records, limits)
    for (const { event } of taken) this.#bytes -= event.length
    if (this.#wasFull && !this.isFull) {
      this.#wasFull = false
      this.#onRoom()
    }
    return taken
  }
}
