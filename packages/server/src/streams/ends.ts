import type { AppError, PluginLog } from '@millrace/spi'
import type { Counts } from './counts.ts'
import type { DeadLetters } from './dead-letters.ts'
import { dropsPerLine } from './limits.ts'
import type { Exhausted } from './settle.ts'
import type { Unit } from './unit.ts'

export interface EndsParts {
  readonly isBlocking: boolean
  /** Without it, records are dropped. */
  readonly deadLetters: DeadLetters | undefined
  readonly counts: Counts
  readonly log: PluginLog
  /** A unit has come to its end. */
  readonly onEnd: (unit: Unit) => void
  /** Some have ended: what they held back may go. */
  readonly onProgress: () => void
  /** The stream is to stop before the record of this error. */
  readonly onBlocked: (error: AppError) => void
  /** For the status: why records were given up. */
  readonly onError: (error: AppError) => void
}

/** How records end: written, left out, and when nothing helps as the policy says. */
export class Ends {
  readonly #parts: EndsParts
  #dropped = 0

  constructor(parts: EndsParts) {
    this.#parts = parts
  }

  written(units: readonly Unit[]): void {
    this.#parts.counts.add('written', units.length)
    this.#end(units)
  }

  /** Functions have answered without them. */
  leftOut(units: readonly Unit[]): void {
    this.#parts.counts.add('filtered', units.length)
    this.#end(units)
  }

  get isBlocking(): boolean {
    return this.#parts.isBlocking
  }

  /** Resolves when they have ended; rejects when the task stops before, the stream's block included. */
  async exhausted(list: readonly Exhausted[]): Promise<void> {
    const [first] = list
    if (first === undefined) return
    const { isBlocking, deadLetters, onBlocked, onError, counts } = this.#parts
    onError(first.error)
    if (isBlocking) {
      onBlocked(first.error)
      throw first.error
    }
    if (deadLetters !== undefined) {
      return await deadLetters.write(list, units => {
        counts.add('dead-lettered', units.length)
        this.#end(units)
      })
    }
    counts.add('dropped', list.length)
    this.#logDrops(first, list.length)
    this.#end(list.map(({ unit }) => unit))
  }

  #end(units: readonly Unit[]): void {
    for (const unit of units) this.#parts.onEnd(unit)
    this.#parts.onProgress()
  }

  /** One line for many: a stream may drop as fast as it reads. */
  #logDrops({ unit, error }: Exhausted, count: number): void {
    const before = Math.ceil(this.#dropped / dropsPerLine)
    this.#dropped += count
    if (Math.ceil(this.#dropped / dropsPerLine) === before) return
    this.#parts.log.warn('records were dropped, for the stream has no dead letter', {
      event: unit.id,
      code: error.code,
      dropped: this.#dropped,
    })
  }
}
