import {
  AppError,
  type ConnectorContext,
  failed,
  groupRows,
  ok,
  OpenWrites,
  type Outcome,
  type OutgoingRecord,
  retryBackoff,
  retryNever,
  type RowGroup,
  SessionPool,
  type Sink,
  sinkClosed,
  untilAborted,
} from '@millrace/spi'
import { isConnectionLost, mysqlError } from './errors.ts'
import type { MysqlSinkOptions } from './options.ts'
import { type Settle, ShapeChanged, type WriteGoal, writeRows } from './row-writer.ts'
import { openSession, placeOf, type Session } from './session.ts'
import { readTableShape, type TableShape } from './table-shape.ts'

/** A table is looked at so often for one group of rows: once, and once more when it turns out to have changed. */
const looksMax = 2

/** Writes rows into one table, or executes statements. What it knows of the table is read again when the server says otherwise. */
export class MysqlSink implements Sink {
  readonly #options: MysqlSinkOptions
  readonly #pool: SessionPool<Session>
  readonly #writes: OpenWrites
  #shape: TableShape | undefined

  constructor(options: MysqlSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#writes = new OpenWrites(context.clock)
    this.#pool = new SessionPool(signal => openSession(options, context, 'sink', signal), options.poolSize)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const written = this.#writes.run(records, signal, () =>
      this.#write(records, AbortSignal.any([signal, this.#writes.cut])),
    )
    return await untilAborted(written, signal)
  }

  /** Never rejects: what is not settled when something breaks off has that for its outcome. */
  async #write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const outcomes = new Map<number, Outcome>()
    const settle: Settle = (index, outcome) => outcomes.set(index, outcome)
    const { mode } = this.#options
    let reason = new AppError('internal.unexpected', 'a row was neither written nor refused', retryBackoff)
    try {
      await this.#pool.use(
        session =>
          mode === 'statement'
            ? executeStatements(session, records, settle)
            : this.#writeRows(session, records, mode, settle),
        signal,
      )
    } catch (thrown) {
      reason = this.#writes.cut.aborted ? sinkClosed() : mysqlError(thrown, 'sink', placeOf(this.#options))
    }
    return records.map((_record, index) => outcomes.get(index) ?? failed(reason))
  }

  async #writeRows(
    session: Session,
    records: readonly OutgoingRecord[],
    mode: WriteGoal['mode'],
    settle: Settle,
  ): Promise<void> {
    const { database, table = '', statementBytesMax } = this.#options
    const { groups, refused } = groupRows(records, { keepOrder: mode !== 'insert' })
    for (const { index, error } of refused) settle(index, failed(error))
    for (const group of groups) {
      await this.#writeGroup(session, group, { database, table, mode, statementBytesMax }, settle)
    }
  }

  async #writeGroup(session: Session, group: RowGroup, goal: WriteGoal, settle: Settle): Promise<void> {
    const open = new Set(group.rows.map(({ index }) => index))
    const settleOnce: Settle = (index, outcome) => {
      open.delete(index)
      settle(index, outcome)
    }
    for (let look = 1; ; look++) {
      const shape = (this.#shape ??= await readTableShape(session, goal.database, goal.table))
      const rows = group.rows.filter(({ index }) => open.has(index))
      try {
        return await writeRows(session, shape, { ...group, rows }, goal, settleOnce)
      } catch (thrown) {
        if (!(thrown instanceof ShapeChanged)) throw thrown
        this.#shape = undefined
        if (look < looksMax) continue
        for (const index of open) settle(index, failed(thrown.error))
        return
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writes.close()
    await this.#pool[Symbol.asyncDispose]()
  }
}

/** Executes the statement of each record as it is, one after the other, each in a transaction of its own. */
async function executeStatements(
  session: Session,
  records: readonly OutgoingRecord[],
  settle: Settle,
): Promise<void> {
  for (const [index, { parameters }] of records.entries()) {
    const statement = parameters['statement']
    if (statement === undefined || statement.trim() === '') {
      settle(index, failed(noStatement()))
      continue
    }
    try {
      await session.query(statement)
      settle(index, ok)
    } catch (thrown) {
      if (isConnectionLost(thrown)) throw thrown
      settle(index, failed(mysqlError(thrown, 'sink', session.place)))
    }
  }
}

function noStatement(): AppError {
  return new AppError(
    'sink.rejected',
    'the record has no parameter statement, which mode statement executes',
    retryNever,
  )
}
