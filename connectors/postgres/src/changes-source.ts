import {
  AppError,
  CheckpointWriter,
  retryBackoff,
  retryNever,
  type Source,
  type SourceContext,
  type SourceLag,
  type SourceReadLimits,
  type SourceRecord,
  toAppError,
  untilAborted,
  WaitingRecords,
} from '@millrace/spi'
import { type Change, changeEvent, changeId, type ChangeOrigin, type Transaction } from './change-event.ts'
import { type ChangeNames, changeNames } from './check-options.ts'
import { postgresError } from './errors.ts'
import type { TableName } from './identifier.ts'
import type { PostgresSourceOptions } from './options.ts'
import { beginning, isBehind, parseLsn, type Position } from './position.ts'
import { Progress } from './progress.ts'
import { openSession, type Session } from './session.ts'
import { type NewSlot, prepareSlot } from './slot.ts'
import { snapshotRows } from './snapshot.ts'
import { WalReader } from './wal-reader.ts'
import { WalStream } from './wal-stream.ts'

/** One change that waits or was read. A commit of it stands for all before. */
export class ChangeRecord implements SourceRecord {
  readonly partition: string = ''
  readonly event: Uint8Array
  readonly id: string
  readonly takenAtMs: number
  readonly fault?: AppError
  readonly position: Position

  constructor(
    change: Change,
    position: Position,
    transaction: Transaction,
    origin: ChangeOrigin,
    fault: AppError | undefined,
  ) {
    this.position = position
    this.id = changeId(position, change.op)
    this.takenAtMs = transaction.committedAtMs
    this.event = changeEvent(change, position, transaction, origin, fault !== undefined)
    if (fault !== undefined) this.fault = fault
  }
}

/**
 * Reads the changes of tables from a replication slot. The position is kept in the stream's checkpoint; the slot is told only
 * what the checkpoint has, so that the server keeps whatever a restart may need. What the server sends again is left out.
 */
export class ChangesSource implements Source {
  readonly #options: PostgresSourceOptions
  readonly #context: SourceContext
  readonly #origin: ChangeOrigin
  readonly #names: ChangeNames
  readonly #waiting: WaitingRecords<ChangeRecord>
  readonly #progress = new Progress()
  readonly #writer: CheckpointWriter
  readonly #stop = new AbortController()
  /** Connects, takes the snapshot and receives, until something breaks off. Never rejects. */
  #running: Promise<void> | undefined
  #stream: WalStream | undefined
  #onRoom: (() => void) | undefined
  /** The server that positions belong to. */
  #system: string | undefined
  #isLoaded = false

  constructor(options: PostgresSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
    this.#names = changeNames(options, context)
    this.#origin = { context, database: options.database }
    const limits = { recordsMax: options.prefetch, bytesMax: options.prefetchBytes }
    this.#waiting = new WaitingRecords(limits, () => {
      this.#onRoom?.()
      this.#stream?.resume()
    })
    this.#writer = new CheckpointWriter(context.checkpoints, checkpointName)
  }

  read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    return this.#waiting.read(limits, signal, () => {
      this.#running ??= this.#run().finally(() => (this.#running = undefined))
    })
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    let done: Position | undefined
    for (const record of records) {
      if (record instanceof ChangeRecord && (done === undefined || isBehind(record.position, done)))
        done = record.position
    }
    if (done === undefined) return
    this.#progress.finish(done)
    await this.#save()
    this.#acknowledge(done)
  }

  /** Age of the oldest change that was sent and is not done; how many there are, the server does not tell. */
  async lag(): Promise<SourceLag> {
    const { oldestAtMs } = this.#progress
    const ageMs = oldestAtMs === undefined ? 0 : Math.max(0, this.#context.clock.nowMs() - oldestAtMs)
    return await Promise.resolve({ ageMs })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const reason = new AppError('source.closed', 'the source is closed; nothing is read', retryBackoff)
    this.#waiting.close(reason)
    this.#stop.abort(reason)
    await this.#running
    await this.#writer.idle()
  }

  async #run(): Promise<void> {
    try {
      await using session = await openSession(
        this.#options,
        this.#context,
        'source',
        { replication: true },
        this.#stop.signal,
      )
      await this.#load(session)
      const { create } = this.#options
      const made = await prepareSlot(session, {
        ...this.#names,
        create,
        snapshot: this.#progress.snapshotDue ?? 'none',
        beforeSnapshot: () => {
          this.#progress.beginSnapshot()
          return this.#save()
        },
      })
      if (made === undefined) await this.#receive(session)
      else await this.#readSnapshot(session, made)
    } catch (thrown) {
      if (!this.#stop.signal.aborted) this.#waiting.fail(toAppError(thrown))
    }
  }

  async #readSnapshot(session: Session, made: NewSlot): Promise<void> {
    const { place } = session
    // Before all changes, which are committed at this place or later.
    const lsn = parseLsn(made.consistentLsn) - 1n
    const transaction = { id: null, committedAtMs: this.#context.clock.nowMs() }
    this.#progress.restartAt({ lsn, index: -1 })
    let index = 0
    try {
      await using other = await openSession(this.#options, this.#context, 'source', {}, this.#stop.signal)
      const { prefetch, prefetchBytes } = this.#options
      const { publication } = this.#names
      const limits = { rowsMax: prefetch, bytesMax: prefetchBytes / 4 }
      const isRead = (table: TableName): boolean => this.#isRead(table)
      for await (const part of snapshotRows(other, publication, made.snapshot, isRead, limits)) {
        const { relation, rows } = part
        for (const after of rows) {
          const position = { lsn, index: index++ }
          const bytes = after.reduce((sum, text) => sum + (text?.length ?? 0), 0)
          this.#push({ op: 'snapshot', relation, after }, position, transaction, bytes)
        }
        await this.#room()
      }
    } catch (thrown) {
      if (this.#stop.signal.aborted) throw thrown
      throw postgresError(thrown, 'source', place)
    }
    this.#progress.endSnapshot({ lsn, index: index - 1 })
    await this.#save()
    await this.#receive(session)
  }

  /** Resolves when there is room for more. */
  async #room(): Promise<void> {
    while (this.#waiting.isFull) {
      await untilAborted(new Promise<void>(resolve => (this.#onRoom = resolve)), this.#stop.signal)
    }
  }

  /** Receives until the connection is over, or the source is closed. */
  async #receive(session: Session): Promise<void> {
    const reader = new WalReader({
      isRead: table => this.#isRead(table),
      tellsAlterations: this.#options.schemaChanges,
      progress: this.#progress,
      push: (change, position, transaction, bytes) => this.#push(change, position, transaction, bytes),
    })
    const end = Promise.withResolvers<never>()
    // Whoever waits for the end hears of it; before the start nobody does.
    end.promise.catch(() => {})
    await using stream = new WalStream(session, this.#context, {
      onData: bytes => {
        reader.onData(bytes)
        if (this.#waiting.isFull) stream.pause()
      },
      onProgress: endLsn => {
        this.#progress.reach(endLsn)
        stream.acknowledge(this.#progress.acknowledgeable)
      },
      onEnd: end.reject,
    })
    this.#stream = stream
    try {
      await stream.start(this.#names, this.#stop.signal)
      await untilAborted(end.promise, this.#stop.signal)
    } finally {
      this.#stream = undefined
    }
  }

  #push(change: Change, position: Position, transaction: Transaction, bytes: number): void {
    const { rowBytesMax } = this.#options
    const fault =
      bytes > rowBytesMax
        ? new AppError(
            'record.too-large',
            `a row of ${bytes} bytes is above the limit rowBytesMax of ${rowBytesMax}`,
            retryNever,
          )
        : undefined
    this.#waiting.push(new ChangeRecord(change, position, transaction, this.#origin, fault))
  }

  #isRead({ schema, table }: TableName): boolean {
    const { tables } = this.#names
    return tables.length === 0 || tables.some(wanted => wanted.schema === schema && wanted.table === table)
  }

  #acknowledge(done: Position): void {
    this.#progress.settle(done)
    this.#stream?.acknowledge(this.#progress.acknowledgeable)
  }

  async #load(session: Session): Promise<void> {
    const [row] = await session.command('IDENTIFY_SYSTEM').catch((thrown: unknown) => {
      throw postgresError(thrown, 'source', session.place)
    })
    const system = row?.['systemid'] ?? ''
    if (this.#isLoaded && system === this.#system) return
    const text = await this.#context.checkpoints.load(checkpointName)
    const wantsSnapshot = this.#options.snapshot === 'initial'
    const stored = text === undefined ? undefined : (JSON.parse(text) as StoredPosition)
    if (stored !== undefined && stored.system !== system) {
      this.#context.log.warn('the checkpoint belongs to another server; reading begins where the slot stands')
    }
    this.#system = system
    this.#isLoaded = true
    this.#progress.load(stored?.system === system ? positionOf(stored) : beginning, {
      wanted: wantsSnapshot,
      phase: stored?.system === system ? stored.snapshot : undefined,
    })
  }

  #save(): Promise<void> {
    const { lsn, index } = this.#progress.done
    const stored: StoredPosition = {
      system: this.#system ?? '',
      lsn: lsn.toString(),
      index,
      ...(this.#progress.snapshotPhase === undefined ? {} : { snapshot: this.#progress.snapshotPhase }),
    }
    return this.#writer.save(JSON.stringify(stored))
  }
}

const checkpointName = 'changes'

/** The text of the checkpoint. */
interface StoredPosition {
  readonly system: string
  /** Decimal. */
  readonly lsn: string
  readonly index: number
  readonly snapshot?: 'running' | 'done'
}

function positionOf({ lsn, index }: StoredPosition): Position {
  return { lsn: BigInt(lsn), index }
}
