import { messagesOf, type Occasion } from './messages.mts'

/** How an asynchronous call ended: what its destination is told. */
export interface CallEnd {
  readonly requestContext: { readonly condition: string; readonly approximateInvokeCount: number }
  readonly requestPayload: string
  readonly responsePayload: string
}

/** What became of one notification. */
export interface Row {
  readonly id: string
  readonly type: string
  readonly state: 'sent' | 'refused' | 'failed'
  readonly reason: string
  readonly attempts: number
}

/** Gets ends of calls, and answers with a row for each notification of them. */
export function handler(batch: Uint8Array): { id: string; data: Row }[] {
  const messages = JSON.parse(new TextDecoder().decode(batch)) as { data: { messageBody: CallEnd } }[]
  return messages.flatMap(({ data }) => rowsOf(data.messageBody)).map(row => ({ id: row.id, data: row }))
}

/** Of a call that failed all notifications have failed; of one that succeeded those that were not refused are sent. */
export function rowsOf({ requestContext, requestPayload, responsePayload }: CallEnd): Row[] {
  const event = JSON.parse(requestPayload) as Occasion
  const { condition, approximateInvokeCount: attempts } = requestContext
  const answer = (responsePayload === '' ? {} : JSON.parse(responsePayload)) as Answer
  const refused = new Map((answer.refused ?? []).map(({ id, reason }) => [id, reason]))
  return messagesOf(event).map(({ id }) => {
    const base = { id, type: event.type, attempts }
    if (condition !== '') return { ...base, state: 'failed', reason: answer.errorMessage ?? condition }
    const reason = refused.get(id)
    return reason === undefined
      ? { ...base, state: 'sent', reason: '' }
      : { ...base, state: 'refused', reason }
  })
}

interface Answer {
  readonly refused?: readonly { readonly id: string; readonly reason: string }[]
  readonly errorMessage?: string
}
