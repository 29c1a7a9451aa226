import { createHash } from 'node:crypto'
import { checkTls, optionRefusal } from '@millrace/spi'
import type { TableName } from './identifier.ts'
import type { PostgresSourceOptions } from './options.ts'

/** What a stream of changes must name. */
export interface ChangeNames {
  readonly slot: string
  readonly publication: string
  readonly tables: readonly TableName[]
}

/** Throws `options.invalid` for names that a mode needs and does not have, and for tables that are no names of tables. */
export function checkSourceOptions(options: PostgresSourceOptions): void {
  checkTls('postgres', options.tls)
  if (options.mode === 'outbox') outboxTable(options)
  else for (const text of options.tables) tableName(text)
}

/** Slot and publication have the names that were given, or one that no other stream has. */
export function changeNames(
  { slot, publication, tables }: PostgresSourceOptions,
  { account, name }: { readonly account: string; readonly name: string },
): ChangeNames {
  const mark = createHash('sha256').update(`${account}/${name}`).digest('hex').slice(0, 8)
  const readable = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .slice(0, 40)
  const own = slot ?? `millrace_${readable}_${mark}`
  return { slot: own, publication: publication ?? own, tables: tables.map(tableName) }
}

/** The outbox table, and the column that marks its rows, where they are to be marked. */
export function outboxTable({ schema, table, committed, markColumn }: PostgresSourceOptions): TableName & {
  readonly markColumn?: string
} {
  if (table === undefined) throw optionRefusal('postgres', 'table', 'is required for mode outbox')
  if (committed !== 'mark') return { schema, table }
  if (markColumn === undefined)
    throw optionRefusal('postgres', 'markColumn', 'is required when committed is mark')
  return { schema, table, markColumn }
}

function tableName(text: string): TableName {
  const parts = text.split('.')
  const [first = '', second] = parts
  if (parts.length > 2 || parts.some(part => part.trim() === '')) {
    throw optionRefusal('postgres', 'tables', 'holds a text that is neither "schema.table" nor "table"')
  }
  return second === undefined ? { schema: 'public', table: first } : { schema: first, table: second }
}
