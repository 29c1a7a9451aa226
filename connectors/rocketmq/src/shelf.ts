import type { SourceReadLimits, SourceRecord } from '@millrace/spi'

/** A record that waits to be read. */
export interface Shelved {
  readonly record: SourceRecord
  /** Message group; undefined for messages without order. */
  readonly group: string | undefined
}

/**
 * Records between their arrival and a read. Of a message group one record is out at a time: the next one is handed out when
 * that has been released, since whoever tries a record again must not have tried its followers meanwhile.
 */
export class Shelf<T extends Shelved> {
  readonly #waiting = new Set<T>()
  readonly #busy = new Set<string>()

  get size(): number {
    return this.#waiting.size
  }

  put(item: T): void {
    this.#waiting.add(item)
  }

  /** The records that may go now, in the order of their arrival; one at least, if there is any, whatever its size. */
  take({ recordsMax, bytesMax }: SourceReadLimits): T[] {
    const taken: T[] = []
    let bytes = 0
    for (const item of this.#waiting) {
      if (taken.length >= recordsMax) break
      if (item.group !== undefined && this.#busy.has(item.group)) continue
      const size = item.record.event.length
      if (taken.length > 0 && bytes + size > bytesMax) break
      bytes += size
      taken.push(item)
      if (item.group !== undefined) this.#busy.add(item.group)
    }
    for (const item of taken) this.#waiting.delete(item)
    return taken
  }

  /** The record is done with, or lost: the next one of its group may go. Removes it when it still waits. */
  release(item: T): void {
    if (this.#waiting.delete(item)) return
    if (item.group !== undefined) this.#busy.delete(item.group)
  }
}
