import { AppError, retryBackoff } from '@millrace/spi'
import { closedError, toStorageError } from './errors.ts'
import type { FileReserve } from './file-reserve.ts'
import type { Room, RoomNeed } from './room.ts'
import type { Table, Tables } from './tables.ts'

/** Bytes of the jobs that share one transaction; one job alone may be larger. */
const groupBytesMax = 8_388_608
/** Jobs that share one transaction. */
const groupJobsMax = 4_096

/** One write of a caller: all of it happens, or nothing. */
export interface Job<Result = unknown> {
  /** Payload bytes, about; they bound the group and what may wait. */
  readonly bytes: number
  /** Whether it is refused while room is scarce. */
  readonly needs: RoomNeed
  /** Whether it must see the disk as all jobs before it left it, and shares its transaction with none. */
  readonly alone?: boolean
  /**
   * Stages the job's puts and removes. Sees the effects of all jobs before it. Refuses by throwing before it has staged
   * or changed anything. What it returns is what `submit` resolves with.
   */
  stage(batch: Batch): Result
}

/** Puts and removes gathered for one transaction. Nothing reaches LMDB before `emit`. */
export class Batch {
  readonly #operations: (() => void)[] = []

  put<Key>(table: Table<Key>, key: Key, value: Uint8Array): void {
    this.#operations.push(() => void table.put(key, value))
  }

  remove<Key>(table: Table<Key>, key: Key): void {
    this.#operations.push(() => void table.remove(key))
  }

  get size(): number {
    return this.#operations.length
  }

  emit(): void {
    for (const operation of this.#operations) operation()
  }
}

/** The participant that keeps its own files, sealed last and written before LMDB commits. */
export interface FileParticipant extends Omit<Participant, 'reverted'> {
  /** Resolves when what was sealed is on stable storage. */
  write(): Promise<void>
  reverted(): Promise<void>
}

/** Something whose in-memory state runs ahead of the transaction under way. */
export interface Participant {
  /** Stages what it gathered from the jobs of the group. */
  seal(batch: Batch): void
  /** The group is on disk: what ran ahead is now true. */
  committed(): void
  /** The group did not happen: back to what was true before it. */
  reverted(): void
}

interface Pending {
  readonly job: Job
  result: unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: AppError) => void
}

/**
 * The only road into LMDB. Jobs that arrive while a transaction is under way wait and share the next one, in the order
 * in which they came: that is the group commit, and it makes writes durable in order across all ports. A job resolves
 * when its transaction is both visible and on stable storage.
 *
 * When a group fails for want of room, its jobs are tried one by one, so that a large one does not take others with it.
 * After any other failure nothing is acknowledged until the store is opened again: what the disk holds is not known.
 */
export class Writer {
  readonly #tables: Tables
  readonly #participants: readonly Participant[]
  readonly #files: FileParticipant
  readonly #pendingBytesMax: number
  #pending: Pending[] = []
  #pendingBytes = 0
  #running: Promise<void> | undefined
  #failure: AppError | undefined
  #closed = false
  readonly #room: Room
  readonly #reserve: FileReserve

  constructor(
    tables: Tables,
    participants: readonly Participant[],
    files: FileParticipant,
    pendingBytesMax: number,
    room: Room,
    reserve: FileReserve,
  ) {
    this.#tables = tables
    this.#participants = [...participants, room]
    this.#files = files
    this.#pendingBytesMax = pendingBytesMax
    this.#room = room
    this.#reserve = reserve
  }

  /** Resolves when the job is visible and durable; rejects when it was refused, with nothing of it written. */
  submit<Result>(job: Job<Result>): Promise<Result> {
    if (this.#closed) return Promise.reject(closedError())
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#pendingBytes > 0 && this.#pendingBytes + job.bytes > this.#pendingBytesMax) {
      return Promise.reject(busyError(this.#pendingBytes + job.bytes, this.#pendingBytesMax))
    }
    return new Promise((resolve, reject) => {
      this.#pending.push({ job, result: undefined, resolve: resolve as (result: unknown) => void, reject })
      this.#pendingBytes += job.bytes
      this.#running ??= this.#run()
    })
  }

  /** Lets in no more jobs and resolves when the waiting ones are settled. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  get failure(): AppError | undefined {
    return this.#failure
  }

  async #run(): Promise<void> {
    // Whatever the same turn of the event loop brings joins the group.
    await turnEnd()
    while (this.#pending.length > 0) {
      const group = this.#take()
      if (this.#failure !== undefined) for (const { reject } of group) reject(this.#failure)
      else await this.#write(group)
      await turnEnd()
    }
    this.#running = undefined
  }

  #take(): Pending[] {
    let count = 0
    let bytes = 0
    for (const { job } of this.#pending) {
      if (count > 0 && (job.alone || count >= groupJobsMax || bytes + job.bytes > groupBytesMax)) break
      count += 1
      bytes += job.bytes
      if (job.alone) break
    }
    this.#pendingBytes -= bytes
    return this.#pending.splice(0, count)
  }

  async #write(group: readonly Pending[]): Promise<void> {
    const batch = new Batch()
    const staged: Pending[] = []
    this.#room.begin()
    for (const pending of group) {
      try {
        const refusal = this.#room.refusal(pending.job.needs, pending.job.bytes)
        if (refusal !== undefined) throw refusal
        pending.result = pending.job.stage(batch)
        staged.push(pending)
      } catch (error) {
        pending.reject(toStorageError(error))
      }
    }
    if (staged.length === 0) return
    const error = await this.#commit(batch)
    if (error === undefined) {
      for (const { resolve, result } of staged) resolve(result)
    } else if (error.code === 'storage.full' && staged.length > 1) {
      for (const pending of staged) await this.#write([pending])
    } else {
      if (error.code !== 'storage.full') this.#failure ??= error
      for (const { reject } of staged) reject(error)
    }
  }

  async #commit(batch: Batch): Promise<AppError | undefined> {
    try {
      for (const participant of this.#participants) participant.seal(batch)
      this.#files.seal(batch)
      await this.#files.write()
      if (batch.size > 0) await this.#commitBatch(batch)
    } catch (thrown) {
      return this.#revert(await commitCause(thrown))
    }
    for (const participant of this.#participants) participant.committed()
    this.#files.committed()
    return undefined
  }

  async #commitBatch(batch: Batch): Promise<void> {
    await this.#reserve.ensure(batch.size)
    await this.#tables.root.batch(() => batch.emit())
  }

  /** Undoes the group in memory and in the files; when even that fails, the error of it is the graver one. */
  async #revert(cause: unknown): Promise<AppError> {
    for (const participant of this.#participants) participant.reverted()
    try {
      await this.#files.reverted()
      return toStorageError(cause)
    } catch (thrown) {
      return new AppError('storage.failed', 'A failed write could not be undone.', retryBackoff, {
        cause: thrown,
      })
    }
  }
}

/** lmdb rejects a commit with a general error that carries a promise of the true one. */
async function commitCause(thrown: unknown): Promise<unknown> {
  if (!(thrown instanceof Error) || !('commitError' in thrown)) return thrown
  try {
    await thrown.commitError
    return thrown
  } catch (cause) {
    return cause
  }
}

function turnEnd(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

function busyError(bytes: number, bytesMax: number): AppError {
  return new AppError(
    'storage.busy',
    `${bytes} bytes would wait to be written; the limit is ${bytesMax}.`,
    retryBackoff,
    { details: { bytes, bytesMax } },
  )
}
