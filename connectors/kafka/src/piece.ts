import type { Outcome } from '@millrace/spi'
import type { PreparedRecord } from './outgoing.ts'

/** One call of `write` while it is under way. */
export class Write {
  /** The caller has given it up. */
  isAborted = false
  readonly #outcomes: (Outcome | undefined)[]
  readonly #done = Promise.withResolvers<Outcome[]>()
  #left: number

  constructor(count: number) {
    this.#outcomes = Array.from({ length: count })
    this.#left = count
    if (count === 0) this.#done.resolve([])
  }

  /** The outcomes of all records. */
  get done(): Promise<Outcome[]> {
    return this.#done.promise
  }

  settle(index: number, outcome: Outcome): void {
    if (this.#outcomes[index] !== undefined) return
    this.#outcomes[index] = outcome
    if (--this.#left === 0) this.#done.resolve(this.#outcomes as Outcome[])
  }
}

/** Records of one write for one partition, in order, small enough for one batch. */
export class Piece {
  readonly write: Write
  readonly records: readonly PreparedRecord[]
  readonly byteCount: number
  /** Where the records stand in their write. */
  readonly #indexes: readonly number[]

  constructor(write: Write, records: readonly PreparedRecord[], indexes: readonly number[]) {
    this.write = write
    this.records = records
    this.#indexes = indexes
    this.byteCount = records.reduce((sum, { byteCount }) => sum + byteCount, 0)
  }

  settle(outcome: Outcome): void {
    for (const index of this.#indexes) this.write.settle(index, outcome)
  }

  /** The records for which the test holds. */
  only(isKept: (record: PreparedRecord, at: number) => boolean): Piece {
    const kept = [...this.records.keys()].filter(at => isKept(this.records[at]!, at))
    return new Piece(
      this.write,
      kept.map(at => this.records[at]!),
      kept.map(at => this.#indexes[at]!),
    )
  }

  /** The same in pieces of at most so many bytes; a record that is larger alone. */
  split(bytesMax: number): Piece[] {
    if (this.byteCount <= bytesMax || this.records.length === 1) return [this]
    const pieces: Piece[] = []
    let from = 0
    let byteCount = 0
    const cut = (to: number): void => {
      pieces.push(new Piece(this.write, this.records.slice(from, to), this.#indexes.slice(from, to)))
      from = to
      byteCount = 0
    }
    for (const [at, record] of this.records.entries()) {
      if (at > from && byteCount + record.byteCount > bytesMax) cut(at)
      byteCount += record.byteCount
    }
    cut(this.records.length)
    return pieces
  }
}
