import type { Outcome } from '@millrace/spi'
import type { PreparedRecord } from './outgoing.ts'
import type { Piece } from './piece.ts'
import type { ProducerIdentity } from './record-batch.ts'

/** Bytes of a batch below which a partition is not made to go, whatever its broker refuses. */
const bytesMin = 1_024

/** What is sent to one partition at once. It is sent again as it is when nobody knows whether it arrived. */
export interface Batch {
  readonly lane: TopicLane
  readonly pieces: readonly Piece[]
  readonly byteCount: number
  readonly identity: ProducerIdentity | undefined
  readonly sequence: number
  /** Whether it may have been stored, although no answer says so. */
  isUncertain: boolean
}

/**
 * What waits for one partition. One batch at a time is on its way, so that records of a key stay in order and a
 * batch that has to be sent again keeps its number.
 */
export class TopicLane {
  readonly topic: string
  readonly partition: number
  /** The batch that is on its way, or waits to be sent again. */
  batch: Batch | undefined
  /** What becomes of the batch: `due` to be sent, `sending`, or `waiting` to be due again. */
  state: 'due' | 'sending' | 'waiting' = 'due'
  /** Failures since something of it was settled. */
  failures = 0
  #queue: Piece[] = []
  #bytesMax: number
  #identity: ProducerIdentity | undefined
  #sequence = 0

  constructor(topic: string, partition: number, bytesMax: number) {
    this.topic = topic
    this.partition = partition
    this.#bytesMax = bytesMax
  }

  get isIdle(): boolean {
    return this.batch === undefined && this.#queue.length === 0
  }

  add(piece: Piece): void {
    this.#queue.push(...piece.split(this.#bytesMax))
  }

  /** Takes the pieces of writes that were given up out of what waits; the result is their size in bytes. */
  dropAborted(): number {
    const kept = this.#queue.filter(({ write }) => !write.isAborted)
    const dropped = bytesOf(this.#queue) - bytesOf(kept)
    this.#queue = kept
    return dropped
  }

  /** All that waits and is not on its way, taken out. */
  drain(): Piece[] {
    const drained = this.#queue
    this.#queue = []
    return drained
  }

  /** The batch that is due: the one to be sent again, else a new one of what waits. Undefined when there is none. */
  next(identity: ProducerIdentity | undefined): Batch | undefined {
    if (this.state !== 'due') return undefined
    if (this.batch !== undefined || this.#queue.length === 0) return this.batch
    let count = 0
    let byteCount = 0
    for (const piece of this.#queue) {
      if (count > 0 && byteCount + piece.byteCount > this.#bytesMax) break
      byteCount += piece.byteCount
      count++
    }
    const pieces = this.#queue.splice(0, count)
    if (identity !== this.#identity) {
      this.#identity = identity
      this.#sequence = 0
    }
    this.batch = {
      lane: this,
      pieces,
      byteCount,
      identity,
      sequence: this.#sequence,
      isUncertain: false,
    }
    const records = pieces.reduce((sum, piece) => sum + piece.records.length, 0)
    // Counts begin again behind the largest number of 32 bits.
    this.#sequence = (this.#sequence + records) % 0x8000_0000
    return this.batch
  }

  /** The batch is done with, well or badly. */
  finish(outcome: Outcome): void {
    for (const piece of this.batch?.pieces ?? []) piece.settle(outcome)
    this.batch = undefined
    this.failures = 0
    this.state = 'due'
  }

  /** What the broker has refused without counting it comes again, before all that waits: without some records, or in less. */
  putBack(pieces: readonly Piece[]): void {
    if (this.batch !== undefined && this.batch.identity === this.#identity)
      this.#sequence = this.batch.sequence
    this.batch = undefined
    this.state = 'due'
    this.#queue = [...pieces.flatMap(piece => piece.split(this.#bytesMax)), ...this.#queue]
  }

  /** The broker takes less at once than was thought: half of the batch from now on. */
  halve(byteCount: number): void {
    this.#bytesMax = Math.max(bytesMin, Math.floor(Math.min(byteCount, this.#bytesMax) / 2))
  }
}

export function recordsOf(batch: Batch): PreparedRecord[] {
  const [first, ...others] = batch.pieces
  if (others.length === 0) return [...(first?.records ?? [])]
  return batch.pieces.flatMap(({ records }) => records)
}

function bytesOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { byteCount }) => sum + byteCount, 0)
}
