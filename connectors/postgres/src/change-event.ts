import { type SourceContext, sourceEvent } from '@millrace/spi'
import { columnJson } from './column-json.ts'
import type { OldTuple, Relation, RelationColumn, Tuple } from './pgoutput.ts'
import { lsnText, type Position } from './position.ts'

/** What all events of one stream have in common. */
export interface ChangeOrigin {
  readonly context: Pick<SourceContext, 'account' | 'region' | 'instance' | 'name'>
  readonly database: string
}

/** The transaction of a change; a snapshot has one of its own, without a number. */
export interface Transaction {
  readonly id: number | null
  readonly committedAtMs: number
}

/** One change, as far as it is told. */
export interface Change {
  readonly op: 'insert' | 'update' | 'delete' | 'snapshot' | 'truncate' | 'alter'
  readonly relation: Pick<Relation, 'schema' | 'table' | 'identity' | 'columns'>
  readonly before?: OldTuple
  readonly after?: Tuple
}

const types: Readonly<Record<Change['op'], string>> = {
  insert: 'postgres:Row:Insert',
  update: 'postgres:Row:Update',
  delete: 'postgres:Row:Delete',
  snapshot: 'postgres:Row:Snapshot',
  truncate: 'postgres:Table:Truncate',
  alter: 'postgres:Table:Alter',
}

/** The id of an event: the same whenever the change is read again. */
export function changeId({ lsn, index }: Position, op: Change['op']): string {
  return `${lsnText(lsn)}-${index}${op === 'alter' || op === 'snapshot' ? `-${op}` : ''}`
}

/** Change → event. `withoutValues`: for a row that is too large to be shown. */
export function changeEvent(
  change: Change,
  position: Position,
  transaction: Transaction,
  { context, database }: ChangeOrigin,
  withoutValues = false,
): Uint8Array {
  const { op, relation } = change
  const { region, account, instance } = context
  const { schema, table } = relation
  const about = `"op":"${op}","schema":${JSON.stringify(schema)},"table":${JSON.stringify(table)}`
  const rows =
    op === 'truncate' ? '' : op === 'alter' ? columnsJson(relation.columns) : rowsJson(change, withoutValues)
  const where = {
    id: transaction.id,
    lsn: lsnText(position.lsn),
    index: position.index,
    committedAt: new Date(transaction.committedAtMs).toISOString(),
  }
  return sourceEvent({
    id: changeId(position, op),
    source: context.name,
    type: types[op],
    subject: tableSubject(`${region}:${account}:/instances/${instance}`, database, schema, table),
    timeMs: transaction.committedAtMs,
    data: `{${about}${rows},"transaction":${JSON.stringify(where)}}`,
  })
}

/** How events name a table. */
export function tableSubject(instance: string, database: string, schema: string, table: string): string {
  return `acs:postgresql:${instance}/databases/${database}/schemas/${schema}/tables/${table}`
}

function rowsJson({ relation, before, after }: Change, withoutValues: boolean): string {
  const { columns, identity } = relation
  if (withoutValues) return ',"key":null,"before":null,"after":null,"unchanged":[]'
  // Where the whole row is the identity, it is no key: it stands in `before`.
  const keys = identity === 'f' ? [] : columns.filter(({ isKey }) => isKey)
  const known = after ?? before?.values
  const key =
    keys.length === 0 || known === undefined ? 'null' : tupleJson(known, columns, ({ isKey }) => isKey)
  const old =
    before === undefined
      ? 'null'
      : tupleJson(before.values, columns, ({ isKey }) => isKey || !before.isKeyOnly)
  const now = after === undefined ? 'null' : tupleJson(after, columns, () => true)
  const unchanged = columns.filter((_column, at) => after !== undefined && after[at] === undefined)
  return `,"key":${key},"before":${old},"after":${now},"unchanged":${JSON.stringify(unchanged.map(({ name }) => name))}`
}

/** What was not sent because it did not change is left out: a null would say something else. */
function tupleJson(
  values: Tuple,
  columns: readonly RelationColumn[],
  shows: (column: RelationColumn) => boolean,
): string {
  let json = ''
  for (const [at, column] of columns.entries()) {
    const value = values[at]
    if (value === undefined || !shows(column)) continue
    json += `${json === '' ? '' : ','}${JSON.stringify(column.name)}:${columnJson(value, column.typeId)}`
  }
  return `{${json}}`
}

function columnsJson(columns: readonly RelationColumn[]): string {
  return `,"columns":${JSON.stringify(columns)}`
}
