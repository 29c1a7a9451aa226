import {
  AppError,
  CheckpointWriter,
  retryBackoff,
  sleep,
  type Source,
  type SourceContext,
  type SourceLag,
  type SourceReadLimits,
  type SourceRecord,
  toAppError,
  untilAborted,
  WaitingRecords,
} from '@millrace/spi'
import { outboxTable } from './check-options.ts'
import { postgresError } from './errors.ts'
import type { PostgresSourceOptions } from './options.ts'
import { outboxEvent, type OutboxOrigin, type OutboxRow } from './outbox-event.ts'
import { OutboxQuery, type OutboxWindow } from './outbox-query.ts'
import { openSession, placeOf, type Session } from './session.ts'

/** One row that waits or was read. */
class OutboxRecord implements SourceRecord {
  readonly partition: string = ''
  readonly event: Uint8Array
  readonly id: string
  readonly takenAtMs?: number
  readonly fault?: AppError
  readonly rowId: string
  /** Where reading goes on after it, when rows are kept. */
  readonly next: OutboxWindow | undefined

  constructor(row: OutboxRow, next: OutboxWindow | undefined, made: ReturnType<typeof outboxEvent>) {
    this.rowId = row.id
    this.next = next
    this.id = made.id
    this.event = made.event
    if (row.timeMs !== undefined) this.takenAtMs = row.timeMs
    if (made.fault !== undefined) this.fault = made.fault
  }
}

/**
 * Polls an outbox table. Rows that are deleted or marked when they are done are their own position. Where rows are kept the
 * position is a window of transactions that have all ended: not an id, since a transaction with a smaller one may end later.
 */
export class OutboxSource implements Source {
  readonly #options: PostgresSourceOptions
  readonly #context: SourceContext
  readonly #query: OutboxQuery
  readonly #origin: OutboxOrigin
  readonly #waiting: WaitingRecords<OutboxRecord>
  readonly #writer: CheckpointWriter
  readonly #stop = new AbortController()
  readonly #keeps: boolean
  /** Ids of rows that were fetched and are not settled, where rows are not kept. */
  readonly #held = new Set<string>()
  /** Where to fetch next, and up to where all is done. Neither before the checkpoint was loaded. */
  #window: OutboxWindow | undefined
  #done: OutboxWindow | undefined
  #session: Promise<Session> | undefined
  #running: Promise<void> | undefined

  constructor(options: PostgresSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
    const table = outboxTable(options)
    this.#query = new OutboxQuery(options, table)
    this.#origin = { context, database: options.database, table, bodyForm: options.bodyForm }
    this.#keeps = options.committed === 'keep'
    this.#waiting = new WaitingRecords(
      { recordsMax: options.prefetch, bytesMax: options.prefetchBytes },
      () => {},
    )
    this.#writer = new CheckpointWriter(context.checkpoints, checkpointName)
  }

  read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    return this.#waiting.read(limits, signal, () => {
      this.#running ??= this.#poll().finally(() => (this.#running = undefined))
    })
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    const rows = records.filter(record => record instanceof OutboxRecord)
    const last = rows.at(-1)
    if (last === undefined) return
    if (this.#keeps) {
      this.#done = last.next
      await this.#writer.save(JSON.stringify(last.next))
      return
    }
    const ids = rows.map(({ rowId }) => rowId)
    await this.#ask(session => this.#query.settle(session, ids))
    for (const id of ids) this.#held.delete(id)
  }

  async lag(signal: AbortSignal): Promise<SourceLag> {
    const records = await untilAborted(
      this.#ask(async session => {
        await this.#load(session)
        return await this.#query.count(session, this.#done)
      }),
      signal,
    )
    return { records }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const reason = new AppError('source.closed', 'the source is closed; nothing is read', retryBackoff)
    this.#waiting.close(reason)
    this.#stop.abort(reason)
    const session = await this.#session?.catch(() => undefined)
    await session?.close()
    await this.#running
    await this.#writer.idle()
  }

  /** Asks until there are rows. Never rejects. */
  async #poll(): Promise<void> {
    const { signal } = this.#stop
    try {
      for (;;) {
        const isMore = await this.#ask(session => this.#fetch(session))
        if (!this.#waiting.isEmpty) return
        if (!isMore) await sleep(this.#context.clock, this.#options.pollIntervalMs, signal)
      }
    } catch (thrown) {
      if (!signal.aborted) this.#waiting.fail(toAppError(thrown))
    }
  }

  /** Fetches rows once; answers whether asking again at once may bring more. */
  async #fetch(session: Session): Promise<boolean> {
    const { prefetch } = this.#options
    if (!this.#keeps) {
      const rows = await this.#query.rowsBut(session, [...this.#held], prefetch)
      for (const row of rows) {
        this.#held.add(row.id)
        this.#push(row, undefined)
      }
      return false
    }
    await this.#load(session)
    let window = this.#window!
    if (window.from === window.to) {
      window = { from: window.from, to: await this.#query.horizon(session) }
      if (window.from === window.to) return false
    }
    const rows = await this.#query.rowsIn(session, window, prefetch)
    const { from, to } = window
    for (const row of rows) this.#push(row, { from, to, after: row.id })
    const last = rows.at(-1)
    // Fewer rows than asked for are the last ones of the window.
    this.#window =
      last === undefined || rows.length < prefetch ? { from: to, to } : { from, to, after: last.id }
    return true
  }

  #push(row: OutboxRow, next: OutboxWindow | undefined): void {
    const made = outboxEvent(row, this.#origin, this.#context.clock.nowMs())
    this.#waiting.push(new OutboxRecord(row, next, made))
  }

  /** Where to begin: at the checkpoint, else where the options say, which is written down at once. */
  async #load(session: Session): Promise<void> {
    if (!this.#keeps || this.#window !== undefined) return
    const text = await this.#context.checkpoints.load(checkpointName)
    let start = text === undefined ? undefined : (JSON.parse(text) as OutboxWindow)
    if (start === undefined) {
      const from = this.#options.start === 'earliest' ? '0' : await this.#query.horizon(session)
      start = { from, to: from }
      await this.#writer.save(JSON.stringify(start))
    }
    this.#window ??= start
    this.#done ??= start
  }

  /** Asks something on the one connection, which is opened anew when it is gone. Rejects with an AppError. */
  async #ask<Answer>(question: (session: Session) => Promise<Answer>): Promise<Answer> {
    this.#stop.signal.throwIfAborted()
    try {
      return await question(await this.#open())
    } catch (thrown) {
      const { table } = this.#origin
      throw postgresError(thrown, 'source', `table ${table.schema}.${table.table}: ${placeOf(this.#options)}`)
    }
  }

  async #open(): Promise<Session> {
    for (;;) {
      const opening = (this.#session ??= openSession(
        this.#options,
        this.#context,
        'source',
        {},
        this.#stop.signal,
      ))
      const session = await opening.catch((thrown: unknown) => {
        this.#forget(opening)
        throw thrown
      })
      if (!session.isEnded) return session
      this.#forget(opening)
    }
  }

  /** Whoever finds the connection gone first has the next one opened. */
  #forget(opening: Promise<Session>): void {
    if (this.#session === opening) this.#session = undefined
  }
}

const checkpointName = 'outbox'
