import { contentModeOf, encodeHeaderValue, scanBinary, scanStructured } from '@millrace/cloudevents'
import type { RecordCursor } from './record-cursor.ts'

/** An event that a record carries by the CloudEvents binding of Kafka. */
export interface CarriedEvent {
  readonly event: Uint8Array
  readonly id: string
}

/**
 * Reads a record by the Kafka protocol binding of CloudEvents 1.0: structured when its header `content-type` says so, binary when it has
 * the header `ce_specversion`. Undefined for any other record, also for one that claims to be an event and is not valid: it is
 * then handed on as a message, and nothing is lost.
 */
export function carriedEvent(record: RecordCursor, eventBytesMax: number): CarriedEvent | undefined {
  if (record.headerCount === 0 || record.valueLength > eventBytesMax) return undefined
  const headers: Record<string, string> = {}
  for (const [name, value] of record.headers()) {
    const key = name.toLowerCase()
    if (key === 'content-type') headers[key] = value?.toString('utf8') ?? ''
    else if (key.startsWith('ce_')) {
      headers[`ce-${key.slice(3)}`] = encodeHeaderValue(value?.toString('utf8') ?? '')
    }
  }
  const body = record.bytes.subarray(record.valueStart, record.valueStart + Math.max(0, record.valueLength))
  try {
    return carried(headers, body, eventBytesMax)
  } catch {
    return undefined
  }
}

function carried(
  headers: Record<string, string>,
  body: Buffer,
  eventBytesMax: number,
): CarriedEvent | undefined {
  const limits = { eventBytesMax }
  const mode = contentModeOf(headers['content-type'])
  if (mode === 'structured') {
    const { bytes, id } = scanStructured(body, limits)
    return { event: bytes, id }
  }
  if (mode !== 'binary' || headers['ce-specversion'] === undefined) return undefined
  const { bytes, id } = scanBinary(headers, body, limits)
  return { event: bytes, id }
}
