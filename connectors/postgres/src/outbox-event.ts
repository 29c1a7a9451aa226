import { type AppError, bodyJson, type SourceContext, sourceEvent, toAppError } from '@millrace/spi'
import { tableSubject } from './change-event.ts'
import type { TableName } from './identifier.ts'
import type { PostgresSourceOptions } from './options.ts'

/** A row of an outbox, as texts. */
export interface OutboxRow {
  readonly id: string
  readonly payload: Buffer | null
  readonly type: string | null
  readonly aggregate: string | null
  readonly timeMs: number | undefined
}

export interface OutboxOrigin {
  readonly context: Pick<SourceContext, 'account' | 'region' | 'instance' | 'name'>
  readonly database: string
  readonly table: TableName
  readonly bodyForm: PostgresSourceOptions['bodyForm']
}

/** Row → event. A payload that is not in the form comes as base64, with the fault. */
export function outboxEvent(
  row: OutboxRow,
  { context, database, table, bodyForm }: OutboxOrigin,
  nowMs: number,
): { readonly id: string; readonly event: Uint8Array; readonly fault?: AppError } {
  const { body, fault } = bodyOf(row.payload, bodyForm)
  const id = `${table.schema}.${table.table}-${row.id}`
  const about = { schema: table.schema, table: table.table, id: row.id, aggregate: row.aggregate }
  const event = sourceEvent({
    id,
    source: context.name,
    type: row.type === null || row.type === '' ? 'postgres:Outbox:Message' : row.type,
    subject: tableSubject(
      `${context.region}:${context.account}:/instances/${context.instance}`,
      database,
      table.schema,
      table.table,
    ),
    timeMs: row.timeMs ?? nowMs,
    data: `${JSON.stringify(about).slice(0, -1)},"body":${body}}`,
  })
  return { id, event, ...(fault === undefined ? {} : { fault }) }
}

function bodyOf(payload: Buffer | null, form: OutboxOrigin['bodyForm']): { body: string; fault?: AppError } {
  if (payload === null) return { body: 'null' }
  try {
    return { body: bodyJson(payload, form) }
  } catch (thrown) {
    return { body: bodyJson(payload, 'binary'), fault: toAppError(thrown) }
  }
}
