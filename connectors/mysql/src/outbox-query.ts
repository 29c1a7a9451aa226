import { quoted, quotedTable } from './identifier.ts'
import type { OutboxRow } from './outbox-event.ts'
import type { MysqlSourceOptions } from './options.ts'
import type { Session } from './session.ts'

/** Ids that one statement names at most. */
const idsMax = 1_000

/**
 * The first rows that are committed and not done, by id, without those whose ids are given. Every question is asked of the
 * whole table, from its beginning: a transaction that commits late with a smaller id is found by the next one.
 */
export async function readOutbox(
  session: Session,
  options: MysqlSourceOptions,
  held: ReadonlySet<string>,
  count: number,
): Promise<OutboxRow[]> {
  const {
    database,
    table = '',
    idColumn,
    payloadColumn,
    typeColumn,
    aggregateColumn,
    timeColumn,
    markColumn,
  } = options
  // With its table: an alias of the same name would sort by texts.
  const id = `${quoted(table)}.${quoted(idColumn)}`
  const optional = (column: string | undefined, as: string): string =>
    column === undefined ? '' : `, CAST(${quoted(column)} AS CHAR) AS ${as}`
  const where = markColumn === undefined ? '' : ` WHERE ${quoted(markColumn)} IS NULL`
  const columns = `CAST(${id} AS CHAR) AS id, CAST(${quoted(payloadColumn)} AS BINARY) AS payload${optional(typeColumn, 'type')}${optional(aggregateColumn, 'aggregate')}${optional(timeColumn, 'time')}`
  // As many rows more as are held: those stand before, between and behind the new ones.
  const rows = await session.execute(
    `SELECT ${columns} FROM ${quotedTable(database, table)}${where} ORDER BY ${id} LIMIT ${count + held.size}`,
    [],
  )
  return rows
    .filter(row => !held.has(String(row['id'])))
    .slice(0, count)
    .map(row => ({
      id: String(row['id']),
      payload: bytesOf(row['payload']),
      type: textOf(row['type']),
      aggregate: textOf(row['aggregate']),
      timeMs: timeOf(textOf(row['time'])),
    }))
}

/** Removes or marks the rows; those that are not there any more are no matter. */
export async function settleOutbox(
  session: Session,
  options: MysqlSourceOptions,
  ids: readonly string[],
): Promise<void> {
  const { database, table = '', idColumn, markColumn } = options
  const place = quotedTable(database, table)
  const verb =
    markColumn === undefined
      ? `DELETE FROM ${place}`
      : `UPDATE ${place} SET ${quoted(markColumn)} = UTC_TIMESTAMP(6)`
  for (let from = 0; from < ids.length; from += idsMax) {
    const part = ids.slice(from, from + idsMax)
    await session.execute(`${verb} WHERE ${quoted(idColumn)} IN (${part.map(() => '?').join()})`, part)
  }
}

/** Rows that are committed and not done. */
export async function countOutbox(session: Session, options: MysqlSourceOptions): Promise<number> {
  const { database, table = '', markColumn } = options
  const where = markColumn === undefined ? '' : ` WHERE ${quoted(markColumn)} IS NULL`
  const [row] = await session.execute(
    `SELECT COUNT(*) AS count FROM ${quotedTable(database, table)}${where}`,
    [],
  )
  return Number(row?.['count'])
}

/** Both casts of the query yield a text or bytes, as the column's character set has it. */
function bytesOf(value: unknown): Buffer | null {
  if (Buffer.isBuffer(value)) return value
  return typeof value === 'string' ? Buffer.from(value) : null
}

function textOf(value: unknown): string | null {
  return bytesOf(value)?.toString() ?? null
}

function timeOf(text: string | null): number | undefined {
  const atMs = text === null ? Number.NaN : Date.parse(`${text.slice(0, 23).replace(' ', 'T')}Z`)
  return Number.isNaN(atMs) ? undefined : atMs
}
