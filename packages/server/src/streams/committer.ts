import {
  type AppError,
  type Clock,
  type Random,
  sleep,
  type Source,
  type SourceRecord,
  toAppError,
} from '@millrace/spi'
import { growingPauseMs } from './pause.ts'

export interface CommitterParts {
  readonly source: Pick<Source, 'commit'>
  readonly clock: Clock
  readonly random: Random
  readonly pauseMsMax: number
  /** The source has taken note of the records, or, when `isLost`, given them to another reader: nobody here needs them any more. */
  readonly onReleased: (records: readonly SourceRecord[], isLost: boolean) => void
  readonly onError: (error: AppError) => void
}

/**
 * Commits what is done, one call at a time: whatever becomes done meanwhile goes with the next. A commit that fails is
 * repeated with growing pauses. Nobody waits for commits but who stops.
 */
export class Committer {
  readonly #parts: CommitterParts
  readonly #end = new AbortController()
  #pending: SourceRecord[] = []
  #work: Promise<void> | undefined

  constructor(parts: CommitterParts) {
    this.#parts = parts
  }

  get isIdle(): boolean {
    return this.#work === undefined
  }

  /** In the order in which records are to be committed. */
  add(record: SourceRecord): void {
    this.#pending.push(record)
    if (this.#end.signal.aborted) return
    this.#work ??= this.#commitAll()
  }

  /** Resolves when all that was added is committed, or given up. */
  async flush(): Promise<void> {
    await this.#work
  }

  /** Begins no further commit; what is not committed comes again. */
  giveUp(): void {
    this.#end.abort()
  }

  async #commitAll(): Promise<void> {
    // Everything of this turn goes with the first call.
    await Promise.resolve()
    for (let failures = 0; this.#pending.length > 0 && !this.#end.signal.aborted; ) {
      const records = this.#pending
      this.#pending = []
      const error = await this.#commit(records)
      if (error === undefined) failures = 0
      else {
        this.#pending = records.concat(this.#pending)
        failures++
        await this.#pause(failures)
      }
    }
    this.#work = undefined
  }

  async #commit(records: SourceRecord[]): Promise<AppError | undefined> {
    const { source, onReleased, onError } = this.#parts
    try {
      await source.commit(records)
      onReleased(records, false)
      return undefined
    } catch (thrown) {
      const error = toAppError(thrown)
      if (error.code === 'source.lost') {
        onReleased(records, true)
        return undefined
      }
      onError(error)
      return error
    }
  }

  async #pause(failures: number): Promise<void> {
    const { clock, random, pauseMsMax } = this.#parts
    // Rejects only when nobody waits for commits any more.
    await sleep(clock, growingPauseMs(failures, pauseMsMax, random), this.#end.signal).catch(() => {})
  }
}
