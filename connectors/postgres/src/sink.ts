import {
  AppError,
  type ConnectorContext,
  failed,
  groupRows,
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
import { postgresError } from './errors.ts'
import type { PostgresSinkOptions } from './options.ts'
import { ShapeChanged, type Settle, type WriteGoal, writeRows } from './row-writer.ts'
import { openSession, placeOf, type Session } from './session.ts'
import { readTableShape, type TableShape } from './table-shape.ts'

/** Writes rows into one table. What it knows of the table is read once, and again when the server says otherwise. */
export class PostgresSink implements Sink {
  readonly #options: PostgresSinkOptions
  readonly #pool: SessionPool<Session>
  readonly #writes: OpenWrites
  #shape: TableShape | undefined

  constructor(options: PostgresSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#writes = new OpenWrites(context.clock)
    this.#pool = new SessionPool(
      signal => openSession(options, context, 'sink', {}, signal),
      options.poolSize,
    )
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
    let reason: AppError | undefined
    try {
      await this.#pool.use(
        session => this.#writeBatch(session, records, (index, outcome) => outcomes.set(index, outcome)),
        signal,
      )
    } catch (thrown) {
      reason = this.#writes.cut.aborted ? sinkClosed() : postgresError(thrown, 'sink', placeOf(this.#options))
    }
    return records.map((_record, index) => outcomes.get(index) ?? failed(reason ?? unsettled()))
  }

  async #writeBatch(session: Session, records: readonly OutgoingRecord[], settle: Settle): Promise<void> {
    const { schema, table, mode, conflictColumns } = this.#options
    for (const { operation, from, part } of runsOf(records, mode, settle)) {
      const { groups, refused } = groupRows(part, { keepOrder: mode !== 'insert' })
      for (const { index, error } of refused) settle(from[index]!, failed(error))
      const goal: WriteGoal = { table: { schema, table }, mode, conflictColumns, operation }
      for (const group of groups)
        await this.#writeGroup(session, group, goal, (at, outcome) => settle(from[at]!, outcome))
    }
  }

  async #writeGroup(session: Session, group: RowGroup, goal: WriteGoal, settle: Settle): Promise<void> {
    const open = new Set(group.rows.map(({ index }) => index))
    const settleOnce: Settle = (index, outcome) => {
      open.delete(index)
      settle(index, outcome)
    }
    for (let look = 1; ; look++) {
      const shape = (this.#shape ??= await readTableShape(session, goal.table))
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

/** A table is looked at so often for one group of rows: once, and once more when it turns out to have changed. */
const looksMax = 2

/** Records that follow each other and do the same; `from` says where each stands in the batch. */
interface Run {
  readonly operation: WriteGoal['operation']
  readonly from: readonly number[]
  readonly part: readonly OutgoingRecord[]
}

/** Words for `parameters.operation` that write a row; a change event's `data.op` may be given as it is. */
const writing: ReadonlySet<string> = new Set(['', 'insert', 'update', 'upsert', 'snapshot'])

function runsOf(
  records: readonly OutgoingRecord[],
  mode: PostgresSinkOptions['mode'],
  settle: Settle,
): Run[] {
  const runs: { operation: WriteGoal['operation']; from: number[]; part: OutgoingRecord[] }[] = []
  for (const [index, record] of records.entries()) {
    const word = record.parameters['operation'] ?? ''
    const operation = word === 'delete' ? 'delete' : 'write'
    if ((operation === 'delete' && mode !== 'upsert') || (operation === 'write' && !writing.has(word))) {
      settle(index, failed(noSuchOperation(operation)))
      continue
    }
    if (runs.at(-1)?.operation !== operation) runs.push({ operation, from: [], part: [] })
    runs.at(-1)!.from.push(index)
    runs.at(-1)!.part.push(operation === 'delete' ? keyRecord(record) : record)
  }
  return runs
}

/** A change event of a row that is gone has no row, but its key. */
function keyRecord(record: OutgoingRecord): OutgoingRecord {
  const { key } = record.parameters
  return key === undefined ? record : { ...record, body: Buffer.from(key), parameters: {} }
}

function noSuchOperation(operation: WriteGoal['operation']): AppError {
  const what =
    operation === 'delete'
      ? 'the record asks to delete a row, which is done in mode upsert only'
      : `the parameter operation must be delete, or one of ${[...writing].filter(word => word !== '').join(', ')}`
  return new AppError('sink.rejected', what, retryNever)
}

function unsettled(): AppError {
  return new AppError('internal.unexpected', 'a row was neither written nor refused', retryBackoff)
}
