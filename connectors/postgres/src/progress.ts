import { beginning, isBehind, type Position } from './position.ts'

/** A transaction that was sent to its end, and is not done. */
interface SentTransaction {
  /** Its last change that was handed on. */
  readonly last: Position
  /** Where the log goes on after it. */
  endLsn: bigint
  readonly committedAtMs: number
}

/**
 * How far a stream of changes is, in three steps: *received* is what was handed on, *done* what was committed, *settled* what is
 * in the checkpoint. The server may forget a transaction when its last change is settled, and whatever lies between two
 * transactions when nothing is open.
 */
export class Progress {
  #received: Position = beginning
  #done: Position = beginning
  #settled: Position = beginning
  /** No longer than there are changes that are not settled. */
  readonly #sent: SentTransaction[] = []
  #open: { lsn: bigint; committedAtMs: number } | undefined
  #acknowledgeable = 0n
  #snapshot: { wanted: boolean; phase: 'running' | 'done' | undefined } = { wanted: false, phase: undefined }
  #snapshotEnd: Position | undefined

  /** Takes up where a checkpoint is, once; a checkpoint is behind what this process has seen itself. */
  load(
    position: Position,
    snapshot: { readonly wanted: boolean; readonly phase: 'running' | 'done' | undefined },
  ): void {
    this.#received = position
    this.#done = position
    this.#settled = position
    this.#sent.length = 0
    this.#snapshot = { ...snapshot }
  }

  get done(): Position {
    return this.#done
  }

  /** The server needs nothing before this place any more. */
  get acknowledgeable(): bigint {
    return this.#acknowledgeable
  }

  /** When the oldest transaction was committed that is sent and not settled. */
  get oldestAtMs(): number | undefined {
    const first = this.#sent[0]?.committedAtMs
    if (first !== undefined) return first
    return isBehind(this.#received, this.#settled) ? this.#open?.committedAtMs : undefined
  }

  /** Whether this change is handed on for the first time. */
  receive(position: Position): boolean {
    if (!isBehind(position, this.#received)) return false
    this.#received = position
    return true
  }

  begin(lsn: bigint, committedAtMs: number): void {
    this.#open = { lsn, committedAtMs }
  }

  /** The open transaction was sent to its end. */
  end(endLsn: bigint): void {
    const open = this.#open
    this.#open = undefined
    const last = this.#sent.at(-1)
    const isWaitedFor = open?.lsn === this.#received.lsn && isBehind(this.#received, this.#settled)
    if (open !== undefined && isWaitedFor && last?.last !== this.#received) {
      this.#sent.push({ last: this.#received, endLsn, committedAtMs: open.committedAtMs })
    } else if (last === undefined) this.#advance(endLsn)
    // A transaction of which nothing was handed on goes with the one before; one that is sent again says nothing new.
    else if (endLsn > last.endLsn) last.endLsn = endLsn
  }

  /** The server has sent everything before this place. */
  reach(endLsn: bigint): void {
    if (this.#open === undefined && this.#sent.length === 0 && !isBehind(this.#received, this.#settled))
      this.#advance(endLsn)
  }

  /** The connection is gone: what was open comes again. */
  interrupt(): void {
    this.#open = undefined
  }

  finish(position: Position): void {
    if (isBehind(position, this.#done)) this.#done = position
  }

  /** The checkpoint has the position. */
  settle(position: Position): void {
    if (isBehind(position, this.#settled)) this.#settled = position
    while (this.#sent[0] !== undefined && !isBehind(this.#sent[0].last, this.#settled)) {
      this.#advance(this.#sent.shift()!.endLsn)
    }
  }

  /** Whether a snapshot is to be taken, and whether one was begun before. */
  get snapshotDue(): 'first' | 'again' | undefined {
    const { wanted, phase } = this.#snapshot
    if (!wanted || phase === 'done' || this.#snapshotEnd !== undefined) return undefined
    return phase === 'running' ? 'again' : 'first'
  }

  get snapshotPhase(): 'running' | 'done' | undefined {
    const end = this.#snapshotEnd
    return end !== undefined && !isBehind(end, this.#done) ? 'done' : this.#snapshot.phase
  }

  beginSnapshot(): void {
    this.#snapshot.phase = 'running'
  }

  /** A snapshot begins: whatever an earlier one has handed on comes again, at new places. */
  restartAt(position: Position): void {
    this.#received = position
    this.#done = position
    this.#settled = position
  }

  /** All rows of the snapshot are received, the last one at this place. */
  endSnapshot(last: Position): void {
    this.#snapshotEnd = last
    this.#received = last
  }

  #advance(lsn: bigint): void {
    if (lsn > this.#acknowledgeable) this.#acknowledgeable = lsn
  }
}
