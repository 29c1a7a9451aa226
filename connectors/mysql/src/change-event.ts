import { type SourceContext, sourceEvent } from '@millrace/spi'
import { columnJson, type LogColumn } from './column-json.ts'

/** Where an event group of the binary log begins or ends. */
export interface LogPlace {
  readonly file: string
  readonly position: number
}

/** One transaction of the binary log, as far as it was read. */
export interface Transaction {
  readonly start: LogPlace
  /** Global id, where the server gives one. */
  readonly gtid: string | undefined
  /** Known when the commit was read. */
  end?: LogPlace
  /** Rows of the chosen tables so far. */
  rows: number
}

export type Values = Readonly<Record<string, unknown>>

/** One row of the binary log. A column that the server left out of an image is in neither set of `names`. */
export interface RowChange {
  readonly op: 'insert' | 'update' | 'delete'
  readonly schema: string
  readonly table: string
  readonly columns: readonly LogColumn[]
  /** Names of the columns of the primary key; none where the server does not tell. */
  readonly key: readonly string[]
  readonly before?: { readonly values: Values; readonly names: ReadonlySet<string> }
  readonly after?: { readonly values: Values; readonly names: ReadonlySet<string> }
  /** Time of the statement in the server, in milliseconds. */
  readonly atMs: number
}

const types: Readonly<Record<RowChange['op'], string>> = {
  insert: 'mysql:Row:Insert',
  update: 'mysql:Row:Update',
  delete: 'mysql:Row:Delete',
}

/** The id of an event: the same whenever the change is read again from this server with the same tables. */
export function changeId({ gtid, start }: Transaction, index: number): string {
  return `${gtid ?? `${start.file}:${start.position}`}-${index}`
}

/** Change → event. `withoutValues`: for a row that is too large to be shown. */
export function changeEvent(
  change: RowChange,
  transaction: Transaction,
  index: number,
  context: Pick<SourceContext, 'account' | 'region' | 'instance' | 'name'>,
  withoutValues = false,
): Uint8Array {
  const { op, schema, table, atMs } = change
  const { start, gtid } = transaction
  const where = {
    id: gtid ?? null,
    file: start.file,
    position: start.position,
    index,
    committedAt: new Date(atMs).toISOString(),
  }
  const rows = withoutValues ? '"key":null,"before":null,"after":null,"unchanged":[]' : rowsJson(change)
  return sourceEvent({
    id: changeId(transaction, index),
    source: context.name,
    type: types[op],
    subject: tableSubject(context, schema, table),
    timeMs: atMs,
    data: `{"op":"${op}","schema":${JSON.stringify(schema)},"table":${JSON.stringify(table)},${rows},"transaction":${JSON.stringify(where)}}`,
  })
}

/** How events name a table. */
export function tableSubject(
  { region, account, instance }: Pick<SourceContext, 'account' | 'region' | 'instance'>,
  schema: string,
  table: string,
): string {
  return `acs:mysql:${region}:${account}:/instances/${instance}/databases/${schema}/tables/${table}`
}

function rowsJson({ columns, key, before, after }: RowChange): string {
  const known = after ?? before
  const keys = new Set(key.filter(name => known?.names.has(name) === true))
  const keyJson =
    keys.size === 0 || known === undefined ? 'null' : imageJson({ ...known, names: keys }, columns)
  const unchanged = after === undefined ? [] : columns.filter(({ name }) => !after.names.has(name))
  return `"key":${keyJson},"before":${imageJson(before, columns)},"after":${imageJson(after, columns)},"unchanged":${JSON.stringify(unchanged.map(({ name }) => name))}`
}

/** What was not logged is left out: a null would say something else. */
function imageJson(image: RowChange['before'], columns: readonly LogColumn[]): string {
  if (image === undefined) return 'null'
  const members = columns
    .filter(({ name }) => image.names.has(name))
    .map(column => `${JSON.stringify(column.name)}:${columnJson(image.values[column.name], column)}`)
  return `{${members.join()}}`
}
