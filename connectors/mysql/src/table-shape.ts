import { AppError, retryBackoff } from '@millrace/spi'
import { quotedTable } from './identifier.ts'
import type { Session } from './session.ts'

/** A table as it was when it was looked at. */
export interface TableShape {
  /** Columns by their names in lower case, for MySQL does not tell `Id` from `id`. */
  readonly columns: ReadonlyMap<string, Column>
  /** Bytes that the server takes in one packet. */
  readonly packetBytesMax: number
}

export interface Column {
  readonly name: string
  /** Name of the type without its limits, such as `varchar`. */
  readonly type: string
}

const shapeSql =
  'SELECT column_name AS name, data_type AS type, @@max_allowed_packet AS packet FROM information_schema.columns WHERE table_schema = ? AND table_name = ?'

/** Looks at a table. Rejects with what the client throws, or with `sink.failed` when it is not there. */
export async function readTableShape(session: Session, database: string, table: string): Promise<TableShape> {
  const rows = await session.execute(shapeSql, [database, table])
  const [first] = rows
  if (first === undefined) {
    throw new AppError(
      'sink.failed',
      `${session.place} has no table ${quotedTable(database, table)} that the user may see; create it, GRANT the user a permission on it, or mend the options database and table`,
      retryBackoff,
    )
  }
  const columns = rows.map(
    ({ name, type }): Column => ({ name: String(name), type: String(type).toLowerCase() }),
  )
  return {
    columns: new Map(columns.map(column => [column.name.toLowerCase(), column])),
    packetBytesMax: Number(first['packet']),
  }
}
