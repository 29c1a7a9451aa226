import { QUOTE } from './ascii.ts'
import { CloudEventError } from './errors.ts'
import type { CloudEvent, EventData, HttpHeaders } from './event.ts'
import type { EventText } from './event-text.ts'
import type { EventOptions, ResolvedOptions } from './limits.ts'
import { isJsonMediaType } from './media-type.ts'
import { scanBatch, scanStructured } from './scan.ts'
import { scanBinary } from './scan-binary.ts'
import { readAttributes } from './stored.ts'
import { parseString, toBytes } from './text.ts'

/** Reads one event in the JSON format. Throws `CloudEventError` for everything `scanStructured` refuses. */
export function parseStructured(
  input: Uint8Array | string,
  options?: EventOptions | ResolvedOptions,
): CloudEvent {
  return toCloudEvent(scanStructured(input, options))
}

/** Reads a batch in the JSON format; an element that is no valid event yields its error in its place. */
export function parseBatch(
  input: Uint8Array | string,
  options?: EventOptions | ResolvedOptions,
): (CloudEvent | CloudEventError)[] {
  return scanBatch(input, options).map(outcome =>
    outcome instanceof CloudEventError ? outcome : toCloudEvent(outcome),
  )
}

/** Reads one event in binary HTTP mode. See `scanBinary` for how the body becomes data. */
export function parseBinary(
  headers: HttpHeaders,
  body: Uint8Array | string,
  options?: EventOptions | ResolvedOptions,
): CloudEvent {
  return toCloudEvent(scanBinary(headers, body, options))
}

/** The event that a scanned text means. JSON data shares the memory of the text. */
export function toCloudEvent(text: EventText): CloudEvent {
  const {
    id,
    source,
    specversion: _,
    type,
    datacontenttype,
    dataschema,
    subject,
    time,
    ...extensions
  } = readAttributes(text.bytes)
  const data = dataOf(text)
  return {
    id: String(id),
    source: String(source),
    specversion: '1.0',
    type: String(type),
    ...(datacontenttype === undefined ? {} : { datacontenttype: String(datacontenttype) }),
    ...(dataschema === undefined ? {} : { dataschema: String(dataschema) }),
    ...(subject === undefined ? {} : { subject: String(subject) }),
    ...(time === undefined ? {} : { time: String(time) }),
    extensions,
    ...(data === undefined ? {} : { data }),
  }
}

function dataOf(text: EventText): EventData | undefined {
  if (text.data === undefined) return undefined
  const bytes = toBytes(text.bytes).subarray(text.data.start, text.data.end)
  if (text.isBase64)
    return { kind: 'binary', bytes: Buffer.from(parseString(bytes.toString('latin1')), 'base64') }
  if (bytes[0] !== QUOTE || isJsonMediaType(text.datacontenttype)) return { kind: 'json', bytes }
  return { kind: 'text', bytes: Buffer.from(parseString(bytes.toString('utf8')), 'utf8') }
}
