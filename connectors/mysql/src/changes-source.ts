import {
  AppError,
  CheckpointWriter,
  retryBackoff,
  retryNever,
  type Source,
  type SourceContext,
  type SourceReadLimits,
  type SourceRecord,
  WaitingRecords,
} from '@millrace/spi'
import { changeEvent, changeId, type LogPlace, type RowChange, type Transaction } from './change-event.ts'
import { logError, readLogServer } from './log-settings.ts'
import { LogStream } from './log-stream.ts'
import type { MysqlSourceOptions } from './options.ts'
import { checkpointName, checkpointText, parseCheckpoint, type Position } from './position.ts'
import { placeOf } from './session.ts'

/** Where nothing is read for want of changes, the place that was reached is remembered so often. */
const idleSaveMs = 10_000

/** A change that was fetched; `number` counts from 1 in the order of the log. */
interface ChangeRecord extends SourceRecord {
  readonly number: number
  readonly transaction: Transaction
  /** Place among the rows of the transaction, from 0. */
  readonly index: number
}

/**
 * Reads changes of rows from the binary log, in its order. What is remembered is the begin of a transaction and how many of
 * its rows are done: after a break the transaction is sent again, and those rows are left out. While more waits than the
 * limits allow, nothing is taken from the socket.
 */
export class ChangesSource implements Source {
  readonly #options: MysqlSourceOptions
  readonly #context: SourceContext
  readonly #waiting: WaitingRecords<ChangeRecord>
  readonly #writer: CheckpointWriter
  readonly #stop = new AbortController()
  readonly #tables: string
  readonly #sinceMs: number
  /** What was fetched and may be committed, by its record. */
  readonly #records = new WeakMap<SourceRecord, ChangeRecord>()
  #stream: LogStream | undefined
  #opening: Promise<void> | undefined
  #server = ''
  /** Where the next stream goes on. */
  #next: Position | undefined
  /** Where the stream that runs began. */
  #from: Position | undefined
  #fetched = 0
  #committed = 0
  #saved = ''
  #savedAtMs = 0
  #disposal: Promise<void> | undefined

  constructor(options: MysqlSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
    this.#waiting = new WaitingRecords(
      { recordsMax: options.prefetch, bytesMax: options.prefetchBytes },
      () => this.#stream?.resume(),
    )
    this.#writer = new CheckpointWriter(context.checkpoints, checkpointName)
    this.#tables = JSON.stringify([options.database, ...options.tables.toSorted()])
    this.#sinceMs = typeof options.start === 'object' ? Date.parse(options.start.time) : 0
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    return await this.#waiting.read(limits, signal, () => this.#fetch())
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    const own = records.flatMap(record => this.#records.get(record) ?? [])
    const last = own.reduce<ChangeRecord | undefined>(
      (latest, record) => (latest === undefined || record.number > latest.number ? record : latest),
      undefined,
    )
    if (last === undefined) return
    if (last.number > this.#committed) {
      this.#committed = last.number
      const { transaction, index } = last
      const isWhole = transaction.end !== undefined && index + 1 === transaction.rows
      this.#remember(isWhole ? { ...transaction.end!, rows: 0 } : { ...transaction.start, rows: index + 1 })
    }
    // An earlier commit may still be on its way to the disk.
    await this.#writer.save(this.#saved)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    this.#waiting.close(new AppError('source.closed', 'the source is closed; nothing is read', retryBackoff))
    this.#stop.abort(new Error('the source is closed'))
    await this.#opening
    await this.#stream?.close()
    await this.#writer.idle()
  }

  #fetch(): void {
    if (this.#stream !== undefined) return
    this.#opening ??= this.#open()
      .catch((thrown: unknown) => this.#waiting.fail(logError(thrown, placeOf(this.#options))))
      .finally(() => (this.#opening = undefined))
  }

  async #open(): Promise<void> {
    const stored = this.#next ?? (await this.#load())
    const { id, beginning } = await readLogServer(
      this.#options,
      this.#context,
      stored === undefined,
      this.#stop.signal,
    )
    if (this.#server !== '' && this.#server !== id) throw this.#otherServer(id)
    this.#server = id
    if (beginning !== undefined) {
      // The beginning must be the same after a crash, too, or what came meanwhile would be lost.
      this.#remember({ ...beginning, rows: 0 })
      await this.#writer.save(this.#saved)
    }
    const from: Position = stored ?? { ...beginning!, rows: 0 }
    this.#from = from
    this.#next = from
    const stream = await LogStream.open(this.#options, this.#context, from, {
      onRow: (change, transaction) => this.#take(change, transaction),
      onEnd: transaction => this.#endTransaction(transaction),
      onFailure: reason => {
        this.#stream = undefined
        this.#waiting.fail(reason)
      },
    })
    if (this.#disposal !== undefined) return await stream.close()
    if (!stream.isEnded) this.#stream = stream
  }

  async #load(): Promise<Position | undefined> {
    const text = await this.#context.checkpoints.load(checkpointName)
    if (text === undefined) return undefined
    const { server, tables, ...position } = parseCheckpoint(text)
    this.#server = server
    // With other tables the rows count otherwise: those that were done come again, rather than too few.
    return tables === this.#tables ? position : { ...position, rows: 0 }
  }

  #take(change: RowChange, transaction: Transaction): void {
    const index = transaction.rows - 1
    const { start } = transaction
    const isDone = this.#from !== undefined && isSame(start, this.#from) && index < this.#from.rows
    if (isDone) return
    this.#next = { ...start, rows: transaction.rows }
    if (change.atMs < this.#sinceMs) return
    const record = this.#record(change, transaction, index)
    this.#records.set(record, record)
    this.#waiting.push(record)
    if (this.#waiting.isFull) this.#stream?.pause()
  }

  #record(change: RowChange, transaction: Transaction, index: number): ChangeRecord {
    const { eventBytesMax } = this.#options
    const about = {
      id: changeId(transaction, index),
      partition: '',
      takenAtMs: change.atMs,
      number: ++this.#fetched,
      transaction,
      index,
    }
    const event = changeEvent(change, transaction, index, this.#context)
    if (event.length <= eventBytesMax) return { ...about, event }
    return {
      ...about,
      event: changeEvent(change, transaction, index, this.#context, true),
      fault: new AppError(
        'record.too-large',
        `a change of table ${change.schema}.${change.table} is an event of ${event.length} bytes, above the limit eventBytesMax of ${eventBytesMax}`,
        retryNever,
      ),
    }
  }

  #endTransaction({ end }: Transaction): void {
    this.#next = { ...end!, rows: 0 }
    if (this.#committed < this.#fetched) return
    const nowMs = this.#context.clock.nowMs()
    if (nowMs - this.#savedAtMs < idleSaveMs) return
    this.#remember(this.#next)
    // When it cannot be saved, the next commit tells so.
    void this.#writer.save(this.#saved).catch(() => {})
  }

  #remember(position: Position): void {
    this.#saved = checkpointText({ ...position, server: this.#server, tables: this.#tables })
    this.#savedAtMs = this.#context.clock.nowMs()
  }

  #otherServer(id: string): AppError {
    return new AppError(
      'source.rejected',
      `${placeOf(this.#options)} is ${id}, and the stream was reading from ${this.#server}, whose positions mean nothing here; begin anew with a new stream`,
      retryNever,
    )
  }
}

function isSame(left: LogPlace, right: LogPlace): boolean {
  return left.file === right.file && left.position === right.position
}
