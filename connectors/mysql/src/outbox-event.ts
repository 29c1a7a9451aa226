import { type AppError, bodyJson, type SourceContext, sourceEvent, toAppError } from '@millrace/spi'
import { tableSubject } from './change-event.ts'
import type { MysqlSourceOptions } from './options.ts'

/** A row of an outbox. */
export interface OutboxRow {
  readonly id: string
  readonly payload: Buffer | null
  readonly type: string | null
  readonly aggregate: string | null
  readonly timeMs: number | undefined
}

/** Row → event. A payload that is not in the form comes as base64, with the fault. */
export function outboxEvent(
  row: OutboxRow,
  { database, table = '', bodyForm }: Pick<MysqlSourceOptions, 'database' | 'table' | 'bodyForm'>,
  context: Pick<SourceContext, 'account' | 'region' | 'instance' | 'name'>,
  nowMs: number,
): { readonly id: string; readonly event: Uint8Array; readonly fault?: AppError } {
  const { body, fault } = bodyOf(row.payload, bodyForm)
  const id = `${database}.${table}-${row.id}`
  const about = { schema: database, table, id: row.id, aggregate: row.aggregate }
  const event = sourceEvent({
    id,
    source: context.name,
    type: row.type === null || row.type === '' ? 'mysql:Outbox:Message' : row.type,
    subject: tableSubject(context, database, table),
    timeMs: row.timeMs ?? nowMs,
    data: `${JSON.stringify(about).slice(0, -1)},"body":${body}}`,
  })
  return { id, event, ...(fault === undefined ? {} : { fault }) }
}

function bodyOf(
  payload: Buffer | null,
  form: MysqlSourceOptions['bodyForm'],
): { body: string; fault?: AppError } {
  if (payload === null) return { body: 'null' }
  try {
    return { body: bodyJson(payload, form) }
  } catch (thrown) {
    return { body: bodyJson(payload, 'binary'), fault: toAppError(thrown) }
  }
}
