import { type AppError, bodyJson, type SourceRecord, sourceEvent, toAppError } from '@millrace/spi'

/** What is known of a record besides its text. */
export interface RecordPlace {
  /** Name of the stream. */
  readonly stream: string
  readonly partition: number
  readonly index: number
  readonly nowMs: number
}

/** The record as an event. A text that is not JSON comes as a string, with the fault. */
export function recordOf(text: string, { stream, partition, index, nowMs }: RecordPlace): SourceRecord {
  const id = `${stream}-${index}`
  let data: string
  let fault: AppError | undefined
  try {
    data = bodyJson(Buffer.from(text), 'json')
  } catch (thrown) {
    fault = toAppError(thrown)
    data = JSON.stringify(text)
  }
  const event = sourceEvent({
    id,
    source: 'millrace:echo',
    type: 'echo:Record',
    subject: `${stream}/${partition}`,
    timeMs: nowMs,
    data,
  })
  const record = { event, id, partition: String(partition), takenAtMs: nowMs }
  return fault === undefined ? record : { ...record, fault }
}
