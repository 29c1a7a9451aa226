import {
  CloudEventError,
  contentModeOf,
  type EventText,
  ResolvedOptions,
  scanBatch,
  scanBinary,
  scanStructured,
} from '@millrace/cloudevents'
import { engineAttributePrefix } from '../../ingest/index.ts'
import { parseJson } from '../json-body.ts'
import { type Call, isObject } from './action.ts'
import { Refusal } from './refusal.ts'

/** Events of one request at most, and bytes of the request (section 4.4). */
export const eventsPerRequestMax = 16
export const requestBytesMax = 1_048_576

/**
 * Lengths are those of section 4.1, but for the type, which official types exceed. The size of one event is judged by
 * its bus. Tolerant: the vendor's own examples carry a zone id behind the time.
 */
const options = new ResolvedOptions({
  eventBytesMax: requestBytesMax,
  batchBytesMax: requestBytesMax,
  eventsMax: eventsPerRequestMax,
  idLengthMax: 128,
  sourceLengthMax: 128,
  subjectLengthMax: 512,
  tolerant: true,
  watchPrefix: engineAttributePrefix,
})

/** One element of a request: an event, or why it is none and what it called itself. */
export type GivenEvent =
  | { readonly event: EventText }
  | { readonly event: undefined; readonly id: string; readonly error: CloudEventError | Refusal }

/** The events of a request in one of the three modes of section 4.3. Throws when there is no telling events apart. */
export function readEvents({ headers, body }: Call): GivenEvent[] {
  const mode = contentModeOf(headers['content-type'])
  if (mode === 'batch') return readBatch(body)
  if (mode === 'structured') return [judged(scanStructured(body, options))]
  if (mode === 'binary' && headers['ce-specversion'] !== undefined) {
    return [judged(scanBinary(headers, body, options))]
  }
  throw new Refusal(
    'EventHTTPProtocolBindingInvalid',
    'events come as application/cloudevents-batch+json, as application/cloudevents+json, or with ce- headers',
  )
}

function readBatch(body: Uint8Array): GivenEvent[] {
  const scanned = scanBatch(body, options)
  const hasErrors = scanned.some(item => item instanceof CloudEventError)
  const ids = hasErrors ? idsOf(body) : []
  return scanned.map((item, index) =>
    item instanceof CloudEventError ? { event: undefined, id: ids[index] ?? '', error: item } : judged(item),
  )
}

function judged(event: EventText): GivenEvent {
  if (event.data !== undefined) return { event }
  return { event: undefined, id: event.id, error: new Refusal('EventDataEmpty', 'the event has no data') }
}

/** The ids of elements that are not events, as far as they have one: entries of the answer name them. */
function idsOf(body: Uint8Array): string[] {
  const parsed = parseJson(body)
  if (!('value' in parsed) || !Array.isArray(parsed.value)) return []
  return parsed.value.map((item: unknown) =>
    isObject(item) && typeof item['id'] === 'string' ? item['id'] : '',
  )
}
