import { AppError, retryBackoff } from '@millrace/spi'
import { quoted, quotedTable, quotedText, type TableName } from './identifier.ts'
import type { Relation, Tuple } from './pgoutput.ts'
import type { Session } from './session.ts'

/** Rows that are fetched at once, at most. */
const fetchRowsMax = 1_000
/** Rows that are fetched first, before anybody knows how large they are. */
const fetchRowsFirst = 10

/** What is fetched at once. */
export interface SnapshotLimits {
  readonly rowsMax: number
  /** About so many bytes, guessed by the rows before; one row in any case. */
  readonly bytesMax: number
}

/** Rows of one table, as the snapshot has them. */
export interface SnapshotRows {
  readonly relation: Relation
  readonly rows: readonly Tuple[]
}

/**
 * All rows of the tables of a publication, as they were when its slot was created, some at a time, as the limits say. Columns and conditions are those of the publication. Rejects with what the client throws.
 */
export async function* snapshotRows(
  session: Session,
  publication: string,
  snapshot: string,
  isRead: (table: TableName) => boolean,
  limits: SnapshotLimits,
): AsyncGenerator<SnapshotRows> {
  await session.command('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
  await session.command(`SET TRANSACTION SNAPSHOT ${quotedText(snapshot)}`)
  for (const table of await publishedTables(session, publication)) {
    if (isRead(table)) yield* tableRows(session, table, limits)
  }
  await session.command('COMMIT')
}

interface PublishedTable extends TableName {
  /** SQL: the columns that are published. */
  readonly columns: string
  /** SQL: the condition of rows that are published. */
  readonly condition: string
}

async function publishedTables(session: Session, publication: string): Promise<PublishedTable[]> {
  const [version] = await session.command("SELECT current_setting('server_version_num') AS number")
  // Lists of columns and conditions came with version 15.
  const more =
    Number(version?.['number']) >= 150_000
      ? ', to_json(attnames)::text AS columns, rowfilter AS condition'
      : ''
  const found = await session.query(
    `SELECT schemaname, tablename${more} FROM pg_publication_tables WHERE pubname = $1 ORDER BY schemaname, tablename`,
    [publication],
  )
  return found.map(({ schemaname, tablename, columns, condition }) => ({
    schema: schemaname!,
    table: tablename!,
    columns: typeof columns === 'string' ? (JSON.parse(columns) as string[]).map(quoted).join() : '*',
    condition: condition ?? 'true',
  }))
}

async function* tableRows(
  session: Session,
  table: PublishedTable,
  limits: SnapshotLimits,
): AsyncGenerator<SnapshotRows> {
  const name = quotedTable(table)
  await session.command(
    `DECLARE millrace_rows NO SCROLL CURSOR FOR SELECT ${table.columns} FROM ${name} WHERE ${table.condition}`,
  )
  let relation: Relation | undefined
  for (let count = Math.min(fetchRowsFirst, limits.rowsMax); ; ) {
    const { fields, rows } = await session.rows(`FETCH FORWARD ${count} FROM millrace_rows`)
    if (rows.length === 0) break
    relation ??= await relationOf(session, table, fields)
    yield { relation, rows }
    count = nextCount(rows, limits)
  }
  await session.command('CLOSE millrace_rows')
}

/** As many rows as fit, when the next are as large as the last. */
function nextCount(
  rows: readonly (readonly (string | null)[])[],
  { rowsMax, bytesMax }: SnapshotLimits,
): number {
  let bytes = 1
  for (const row of rows) for (const text of row) bytes += text?.length ?? 0
  return Math.max(1, Math.min(fetchRowsMax, rowsMax, Math.floor((bytesMax * rows.length) / bytes)))
}

async function relationOf(
  session: Session,
  { schema, table }: TableName,
  fields: readonly { readonly name: string; readonly dataTypeID: number }[],
): Promise<Relation> {
  const found = await session.query(identitySql, [schema, table])
  if (found.length === 0) {
    throw new AppError('source.failed', `table ${schema}.${table} vanished during its snapshot`, retryBackoff)
  }
  const keys = new Set(found.map(({ key }) => key))
  return {
    id: 0,
    schema,
    table,
    identity: found[0]!['identity'] ?? 'd',
    columns: fields.map(({ name, dataTypeID }) => ({ name, typeId: dataTypeID, isKey: keys.has(name) })),
  }
}

/** The columns by which changes of the table tell its rows; one row with a null where there are none. */
const identitySql = `
SELECT c.relreplident AS identity, a.attname AS key
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index i ON i.indrelid = c.oid
  AND ((c.relreplident = 'd' AND i.indisprimary) OR (c.relreplident = 'i' AND i.indisreplident))
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[])
WHERE n.nspname = $1 AND c.relname = $2`
