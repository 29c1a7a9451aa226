import {
  type AppError,
  type Random,
  type Source,
  type SourceReadLimits,
  type SourceRecord,
  toAppError,
} from '@millrace/spi'
import type { StreamLimits } from './limits.ts'
import { growingPauseMs } from './pause.ts'
import type { Pauses } from './pauses.ts'

export interface ReaderParts {
  readonly source: Pick<Source, 'read'>
  readonly pauses: Pauses
  readonly random: Random
  readonly limits: Pick<StreamLimits, 'pauseMsMax' | 'failedPauseMs'>
  /** How much may be read now; resolves when there is room. */
  readonly room: () => Promise<SourceReadLimits>
  readonly onRecords: (records: readonly SourceRecord[]) => void
  readonly onError: (error: AppError) => void
}

/** A source that always has records, and a stream that wants none of them, would let nobody else have a turn. */
const readsPerTurn = 16

/** Reads while there is room, until it is stopped or the source is closed. */
export class Reader {
  readonly #parts: ReaderParts
  readonly #end = new AbortController()
  #failures = 0
  /** Why nothing can be read until something is changed; tried again all the same, now and then. */
  problem: AppError | undefined
  /** It waits for the source, or after a failure. */
  isResting = false

  constructor(parts: ReaderParts) {
    this.#parts = parts
  }

  /** Never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#end
    for (let turn = 1; !signal.aborted; turn++) {
      if (!(await this.#turn())) return
      if (turn % readsPerTurn === 0) await new Promise(resolve => setImmediate(resolve))
    }
  }

  /** Ends a read that waits. */
  stop(): void {
    this.#end.abort()
  }

  /** False when there is nothing more to read from this source. */
  async #turn(): Promise<boolean> {
    const { source, room, onRecords } = this.#parts
    const { signal } = this.#end
    const limits = await room()
    if (signal.aborted) return false
    let records: readonly SourceRecord[]
    this.isResting = true
    try {
      records = await source.read(limits, signal)
    } catch (thrown) {
      return !signal.aborted && (await this.#failed(toAppError(thrown)))
    } finally {
      this.isResting = false
    }
    this.#failures = 0
    this.problem = undefined
    // Those of a read that ended as the stop came are given back with the source.
    if (!signal.aborted) onRecords(records)
    return true
  }

  async #failed(error: AppError): Promise<boolean> {
    const { pauses, random, limits, onError } = this.#parts
    this.#failures++
    onError(error)
    if (error.code === 'source.closed') return false
    const isFinal = error.retry.kind === 'never'
    this.problem = isFinal ? error : undefined
    const pauseMs = isFinal ? limits.failedPauseMs : growingPauseMs(this.#failures, limits.pauseMsMax, random)
    this.isResting = true
    // Rejects when the task ends, and then nothing is read any more.
    await pauses.wait(pauseMs).catch(() => {})
    this.isResting = false
    return true
  }
}
