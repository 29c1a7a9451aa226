import {
  AppError,
  failed,
  type GroupedRow,
  ok,
  type Outcome,
  retryBackoff,
  retryNever,
  type RowGroup,
  toAppError,
} from '@millrace/spi'
import { columnText, quotedElement } from './column-text.ts'
import { isConnectionLost, isRowFault, parameterAtFault, postgresError, sqlState } from './errors.ts'
import type { Session } from './session.ts'
import { deleteRows, insertRow, insertRows, type WriteStatement } from './statements.ts'
import type { Column, TableShape } from './table-shape.ts'

/** A row as it is sent: one text for each column of its statement. */
interface TextRow {
  readonly index: number
  readonly texts: readonly (string | null)[]
}

/** Takes the outcome of the record at a place of the batch. */
export type Settle = (index: number, outcome: Outcome) => void

export type WriteGoal = Pick<WriteStatement, 'table' | 'mode'> & {
  readonly conflictColumns: readonly string[]
  readonly operation: 'write' | 'delete'
}

/**
 * Writes rows of the same columns, in one statement. When the server refuses that for a row's sake, each half is tried by
 * itself, so that a bad row costs a few statements more and no other row its place. Each statement is a transaction.
 *
 * Rejects with what the client throws when the connection is lost, and with `ShapeChanged` when the table is no longer
 * what it was; rows that were not settled by then were not written, or nobody knows.
 */
export async function writeRows(
  session: Session,
  shape: TableShape,
  group: RowGroup,
  goal: WriteGoal,
  settle: Settle,
): Promise<void> {
  const keys = goal.conflictColumns.length === 0 ? keysOf(shape, goal) : goal.conflictColumns
  const names = goal.operation === 'delete' ? keys : group.columns
  const absent = [...names, ...(goal.mode === 'upsert' ? keys : [])].find(
    name => !group.columns.includes(name),
  )
  if (absent !== undefined) return refuseAll(group.rows, settle, lacksKey(absent, session))
  const unknown = names.find(name => !shape.columns.has(name))
  if (unknown !== undefined) throw new ShapeChanged(unknownColumn(unknown, session, goal))
  const columns = names.map(name => shape.columns.get(name)!)
  const rows = textRows(group, columns, settle)
  const statement = { ...goal, columns, keys }
  await new Writer(session, statement, goal.operation, settle).write(rows)
}

/** What the shape says is not what the server says, or what the rows need: it is worth a second look. */
export class ShapeChanged extends Error {
  readonly error: AppError

  constructor(error: AppError) {
    super(error.message)
    this.error = error
  }
}

class Writer {
  readonly #session: Session
  readonly #statement: WriteStatement
  readonly #operation: WriteGoal['operation']
  readonly #settle: Settle

  constructor(
    session: Session,
    statement: WriteStatement,
    operation: WriteGoal['operation'],
    settle: Settle,
  ) {
    this.#session = session
    this.#statement = statement
    this.#operation = operation
    this.#settle = settle
  }

  async write(rows: readonly TextRow[]): Promise<void> {
    if (rows.length === 0) return
    try {
      await this.#send(rows)
    } catch (thrown) {
      if (isConnectionLost(thrown)) throw thrown
      const state = sqlState(thrown)
      const { place } = this.#session
      if (staleStates.has(state)) throw new ShapeChanged(postgresError(thrown, 'sink', place))
      if (rows.length > 1 && isRowFault(state)) {
        const middle = Math.ceil(rows.length / 2)
        await this.write(rows.slice(0, middle))
        await this.write(rows.slice(middle))
        return
      }
      const column = rows.length === 1 ? this.#columnAtFault(thrown, rows[0]!) : undefined
      return refuseAll(rows, this.#settle, postgresError(thrown, 'sink', place, column))
    }
    for (const { index } of rows) this.#settle(index, ok)
  }

  async #send(rows: readonly TextRow[]): Promise<void> {
    const { columns, mode } = this.#statement
    if (this.#operation === 'delete') {
      await this.#session.query(deleteRows(this.#statement), arraysOf(columns, rows))
      return
    }
    if (rows.length === 1) {
      await this.#session.query(insertRow(this.#statement), rows[0]!.texts)
      return
    }
    const written = mode === 'upsert' ? this.#latest(rows) : rows
    await this.#session.query(insertRows(this.#statement), arraysOf(columns, written))
  }

  /** One statement cannot set a row twice. All rows have the same columns, so that the last one of a key is the result. */
  #latest(rows: readonly TextRow[]): readonly TextRow[] {
    const { columns, keys } = this.#statement
    const places = keys.map(key => columns.findIndex(({ name }) => name === key))
    const latest = new Map<string, TextRow>()
    for (const row of rows) {
      const key = places.map(place => row.texts[place]!)
      // A null is the same as no other, so that its row meets none.
      latest.set(key.includes(null!) ? `null ${row.index}` : JSON.stringify(key), row)
    }
    return latest.size === rows.length ? rows : [...latest.values()]
  }

  /** The server names the parameter whose text is no value of the type, and no column for a text that is too long. */
  #columnAtFault(thrown: unknown, { texts }: TextRow): string | undefined {
    const { columns } = this.#statement
    const place = parameterAtFault(thrown)
    if (place !== undefined) return columns[place]?.name
    if (sqlState(thrown) !== '22001') return undefined
    return columns.find(
      ({ lengthMax }, at) => lengthMax !== undefined && Array.from(texts[at] ?? '').length > lengthMax,
    )?.name
  }
}

/** The statement names or types something that is no longer so. */
const staleStates: ReadonlySet<string> = new Set(['42703', '42704', '42804', '42P01', '42P10'])

/** One array of texts for each column, as PostgreSQL writes arrays. The client would do so, too, in twice the time. */
function arraysOf(columns: readonly Column[], rows: readonly TextRow[]): string[] {
  return columns.map((_column, at) => {
    let literal = '{'
    for (const { texts } of rows) {
      const text = texts[at]
      if (literal.length > 1) literal += ','
      literal += text === null || text === undefined ? 'NULL' : quotedElement(text)
    }
    return `${literal}}`
  })
}

function textRows(group: RowGroup, columns: readonly Column[], settle: Settle): TextRow[] {
  const places = columns.map(({ name }) => group.columns.indexOf(name))
  const rows: TextRow[] = []
  for (const { index, values } of group.rows) {
    try {
      rows.push({
        index,
        texts: columns.map((column, at) => columnText(values[places[at]!] ?? null, column)),
      })
    } catch (thrown) {
      settle(index, failed(toAppError(thrown)))
    }
  }
  return rows
}

function keysOf(shape: TableShape, { mode, operation, table }: WriteGoal): readonly string[] {
  if (mode === 'insert' || (mode === 'ignore' && operation === 'write')) return []
  if (shape.primaryKey.length > 0) return shape.primaryKey
  throw new ShapeChanged(
    new AppError(
      'sink.failed',
      `table ${table.schema}.${table.table} has no primary key; create one, or name conflictColumns`,
      retryBackoff,
    ),
  )
}

function refuseAll(rows: readonly Pick<GroupedRow, 'index'>[], settle: Settle, error: AppError): void {
  for (const { index } of rows) settle(index, failed(error))
}

function lacksKey(column: string, { place }: Session): AppError {
  return new AppError(
    'sink.rejected',
    `the row has no column ${column}, by which ${place} is to know the row that is there`,
    retryNever,
  )
}

function unknownColumn(column: string, { place }: Session, { table }: WriteGoal): AppError {
  return new AppError(
    'sink.rejected',
    `${place} has no column ${JSON.stringify(column.slice(0, 64))} in table ${table.schema}.${table.table}; add it, or leave it out of the record`,
    retryNever,
  )
}
