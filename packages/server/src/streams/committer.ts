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
  /** Whether the source keeps order within partitions. */
  readonly isOrdered: boolean
  readonly clock: Clock
  readonly random: Random
  readonly pauseMsMax: number
  /** The source has taken note of the records, or, when `isLost`, given them to another reader: nobody here needs them any more. */
  readonly onReleased: (records: readonly SourceRecord[], isLost: boolean) => void
  readonly onError: (error: AppError) => void
}

/**
 * Commits what is done, one round at a time: whatever becomes done meanwhile goes with the next. A commit that fails is
 * repeated with growing pauses. Nobody waits for commits but who stops.
 *
 * Where order is kept, each partition has a call of its own, for one that has another reader says nothing of the others.
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
      const lots = this.#parts.isOrdered ? byPartition(records) : [records]
      const failed = (await Promise.all(lots.map(lot => this.#commit(lot)))).flat()
      failures = failed.length === 0 ? 0 : failures + 1
      if (failures === 0) continue
      this.#pending = failed.concat(this.#pending)
      await this.#pause(failures)
    }
    this.#work = undefined
  }

  /** Those that are to be committed again. */
  async #commit(records: SourceRecord[]): Promise<readonly SourceRecord[]> {
    const { source, onReleased, onError, isOrdered } = this.#parts
    try {
      await source.commit(records)
      onReleased(records, false)
      return []
    } catch (thrown) {
      const error = toAppError(thrown)
      if (error.code !== 'source.lost') {
        onError(error)
        return records
      }
      // A partition that went and came back: the last record is of the present time, and stands for all before.
      const [last] = records.slice(-1)
      const isLost = !isOrdered || last === undefined || records.length === 1 || !(await this.#has(last))
      onReleased(records, isLost)
      return []
    }
  }

  async #has(record: SourceRecord): Promise<boolean> {
    return await this.#parts.source.commit([record]).then(
      () => true,
      () => false,
    )
  }

  async #pause(failures: number): Promise<void> {
    const { clock, random, pauseMsMax } = this.#parts
    // Rejects only when nobody waits for commits any more.
    await sleep(clock, growingPauseMs(failures, pauseMsMax, random), this.#end.signal).catch(() => {})
  }
}

function byPartition(records: readonly SourceRecord[]): SourceRecord[][] {
  const lots = new Map<string, SourceRecord[]>()
  for (const record of records) {
    const lot = lots.get(record.partition)
    if (lot === undefined) lots.set(record.partition, [record])
    else lot.push(record)
  }
  return [...lots.values()]
}
