import { AppError, failed, type GroupedRow, ok, type Outcome, retryNever, type RowGroup } from '@millrace/spi'
import { columnText } from './column-value.ts'
import { columnAtFault, errorNumber, isConnectionLost, isRowFault, mysqlError } from './errors.ts'
import { quoted, quotedTable } from './identifier.ts'
import type { Session } from './session.ts'
import type { Column, TableShape } from './table-shape.ts'

/** Parameters that one prepared statement may have: 16 bits. */
const parametersMax = 65_535
/** Room for the statement's text and what stands beside each value in a packet. */
const packetOverheadBytes = 65_536
const valueOverheadBytes = 16

export interface WriteGoal {
  readonly database: string
  readonly table: string
  readonly mode: 'insert' | 'upsert' | 'ignore'
  /** Bytes of values in one statement. */
  readonly statementBytesMax: number
}

/** Takes the outcome of the record at a place of the batch. */
export type Settle = (index: number, outcome: Outcome) => void

/** What the shape says is not what the server says, or what the rows need: it is worth a second look. */
export class ShapeChanged extends Error {
  readonly error: AppError

  constructor(error: AppError) {
    super(error.message)
    this.error = error
  }
}

/** A row as it is sent: one text for each column of its statement. */
interface TextRow {
  readonly index: number
  readonly texts: readonly (string | null)[]
  readonly bytes: number
}

/**
 * Writes rows of the same columns, in as few statements as the limits allow. When the server refuses one for a row's sake,
 * each half is tried by itself, so that a bad row costs a few statements more and no other row its place.
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
  const columns = group.columns.map(name => {
    const column = shape.columns.get(name.toLowerCase())
    if (column === undefined) throw new ShapeChanged(unknownColumn(name, session, goal))
    return column
  })
  const writer = new Writer(session, columns, goal, settle)
  const bytesMax = Math.min(goal.statementBytesMax, shape.packetBytesMax - packetOverheadBytes)
  const rowsMax = Math.floor(parametersMax / columns.length)
  let part: TextRow[] = []
  let bytes = 0
  for (const row of group.rows) {
    const sent = textRow(row, columns)
    if (sent.bytes > bytesMax) {
      settle(row.index, failed(tooLarge(sent.bytes, bytesMax, session)))
      continue
    }
    if (part.length === rowsMax || bytes + sent.bytes > bytesMax) {
      await writer.write(part)
      part = []
      bytes = 0
    }
    part.push(sent)
    bytes += sent.bytes
  }
  await writer.write(part)
}

class Writer {
  readonly #session: Session
  readonly #columns: readonly Column[]
  readonly #goal: WriteGoal
  readonly #settle: Settle

  constructor(session: Session, columns: readonly Column[], goal: WriteGoal, settle: Settle) {
    this.#session = session
    this.#columns = columns
    this.#goal = goal
    this.#settle = settle
  }

  async write(rows: readonly TextRow[]): Promise<void> {
    if (rows.length === 0) return
    try {
      await this.#session.execute(
        insertStatement(this.#goal, this.#columns, rows.length),
        rows.flatMap(({ texts }) => texts),
      )
    } catch (thrown) {
      if (isConnectionLost(thrown)) throw thrown
      const { place } = this.#session
      const names = this.#columns.map(({ name }) => name)
      if (staleNumbers.has(errorNumber(thrown))) {
        throw new ShapeChanged(mysqlError(thrown, 'sink', place, columnAtFault(thrown, names)))
      }
      if (rows.length > 1 && isRowFault(thrown)) {
        const middle = Math.ceil(rows.length / 2)
        await this.write(rows.slice(0, middle))
        await this.write(rows.slice(middle))
        return
      }
      const error = mysqlError(thrown, 'sink', place, columnAtFault(thrown, names))
      for (const { index } of rows) this.#settle(index, failed(error))
      return
    }
    for (const { index } of rows) this.#settle(index, ok)
  }
}

/** The statement names something that is no longer there. */
const staleNumbers: ReadonlySet<number> = new Set([1054, 1146])

/**
 * Inserts so many rows. `IGNORE` would turn values that do not fit into warnings; instead, a row that is there is set to
 * what it is.
 */
export function insertStatement(
  { database, table, mode }: Pick<WriteGoal, 'database' | 'table' | 'mode'>,
  columns: readonly Column[],
  rows: number,
): string {
  const names = columns.map(({ name }) => quoted(name))
  // A text for a column of bits would be taken for the bits.
  const row = `(${columns.map(({ type }) => (type === 'bit' ? 'CAST(? AS UNSIGNED)' : '?')).join()})`
  const sets =
    mode === 'upsert'
      ? names.map(name => `${name} = VALUES(${name})`)
      : [`${names[0]} = ${quoted(table)}.${names[0]}`]
  const conflict = mode === 'insert' ? '' : ` ON DUPLICATE KEY UPDATE ${sets.join()}`
  return `INSERT INTO ${quotedTable(database, table)} (${names.join()}) VALUES ${Array(rows).fill(row).join()}${conflict}`
}

function textRow({ index, values }: GroupedRow, columns: readonly Column[]): TextRow {
  const texts = columns.map((column, at) => columnText(values[at] ?? null, column))
  let bytes = 0
  for (const text of texts) bytes += valueOverheadBytes + (text === null ? 0 : Buffer.byteLength(text))
  return { index, texts, bytes }
}

function unknownColumn(column: string, { place }: Session, { table }: WriteGoal): AppError {
  return new AppError(
    'sink.rejected',
    `${place} has no column ${JSON.stringify(column.slice(0, 64))} in table ${quoted(table)}; add it, or leave it out of the record`,
    retryNever,
  )
}

function tooLarge(bytes: number, limit: number, { place }: Session): AppError {
  return new AppError(
    'sink.rejected',
    `the row has ${bytes} bytes, above the limit of ${limit} bytes of one statement to ${place} which statementBytesMax and max_allowed_packet set`,
    retryNever,
  )
}
