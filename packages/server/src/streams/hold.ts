import type { SourceReadLimits, SourceRecord } from '@millrace/spi'
import type { StreamLimits } from './limits.ts'
import type { BatchLimits } from './window.ts'

/** What a task has read and not committed. Reading stops at its limits: so back-pressure reaches the source. */
export class Hold {
  readonly #limits: Pick<StreamLimits, 'readRecordsMax' | 'readBytesMax'>
  readonly #recordsMax: number
  readonly #bytesMax: number
  #records = 0
  #bytes = 0
  #wake: (() => void) | undefined

  /** Two batches have room at the least, so that one can be read while the other is written. */
  constructor(limits: StreamLimits, batch: Pick<BatchLimits, 'countMax' | 'bytesMax'>) {
    this.#limits = limits
    this.#recordsMax = Math.max(limits.heldRecordsMax, 2 * batch.countMax)
    this.#bytesMax = Math.max(limits.heldBytesMax, 2 * batch.bytesMax)
  }

  get hasRoom(): boolean {
    return this.#records < this.#recordsMax && this.#bytes < this.#bytesMax
  }

  get records(): number {
    return this.#records
  }

  get bytes(): number {
    return this.#bytes
  }

  add(records: readonly SourceRecord[]): void {
    this.#records += records.length
    this.#bytes += bytesOf(records)
  }

  remove(records: readonly SourceRecord[]): void {
    this.#records -= records.length
    this.#bytes -= bytesOf(records)
    if (this.hasRoom) this.open()
  }

  /** How much may be read next. Waits until there is room, or until `open` is called. */
  async room(): Promise<SourceReadLimits> {
    if (!this.hasRoom) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    return {
      recordsMax: Math.max(1, Math.min(this.#limits.readRecordsMax, this.#recordsMax - this.#records)),
      bytesMax: Math.max(1, Math.min(this.#limits.readBytesMax, this.#bytesMax - this.#bytes)),
    }
  }

  /** Lets whoever waits for room go on. */
  open(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

function bytesOf(records: readonly SourceRecord[]): number {
  let bytes = 0
  for (const { event } of records) bytes += event.length
  return bytes
}
