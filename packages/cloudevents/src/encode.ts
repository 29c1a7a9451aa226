import { isUtf8 } from 'node:buffer'
import { QUOTE } from './ascii.ts'
import type { AttributeValue, CloudEvent, EventData } from './event.ts'
import { jsonValueIn } from './json-value.ts'
import { isJsonMediaType } from './media-type.ts'
import { resolveOptions } from './limits.ts'
import type { EventOptions, ResolvedOptions } from './limits.ts'
import { duplicate, invalid, invalidData, reservedName, tooMuch } from './refusals.ts'
import { scanStructured } from './scan.ts'
import { toBinary } from './stored.ts'
import type { BinaryMessage } from './stored.ts'
import { toBytes } from './text.ts'

/**
 * Writes one event in the JSON format: attributes first, data last and verbatim. The result is scanned like input
 * from outside, so an event that the specification forbids throws the same `CloudEventError` as when it is read.
 */
export function encodeStructured(event: CloudEvent, options?: EventOptions | ResolvedOptions): Buffer {
  const resolved = resolveOptions(options)
  const { extensions, data, ...context } = event
  const members: string[] = []
  for (const [name, value] of Object.entries(context)) {
    if (Object.hasOwn(extensions, name)) throw duplicate(name)
    if (value !== undefined) members.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`)
  }
  for (const [name, value] of Object.entries(extensions)) {
    members.push(`${JSON.stringify(name)}:${encodeExtension(name, value)}`)
  }
  const head = Buffer.from(`{${members.join(',')}`, 'utf8')
  if (data !== undefined) checkKind(data, event.datacontenttype)
  const parts = data === undefined ? [] : dataParts(data, resolved.limits.depthMax)
  const text = Buffer.concat([head, ...parts, Buffer.from('}', 'latin1')])
  scanStructured(text, resolved)
  return text
}

/** Writes a batch in the JSON format. */
export function encodeBatch(events: readonly CloudEvent[], options?: EventOptions | ResolvedOptions): Buffer {
  return joinBatch(events.map(event => encodeStructured(event, options)))
}

/** Joins the texts of valid events to a batch, without reading them. */
export function joinBatch(texts: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = []
  for (const text of texts) parts.push(parts.length === 0 ? open : comma, text)
  if (parts.length === 0) parts.push(open)
  parts.push(close)
  return Buffer.concat(parts)
}

/** Writes one event in binary HTTP mode; extension attributes take their canonical string form. */
export function encodeBinary(event: CloudEvent, options?: EventOptions | ResolvedOptions): BinaryMessage {
  const { data, ...context } = event
  if (data === undefined || data.kind === 'json') return toBinary(encodeStructured(event, options))
  checkKind(data, event.datacontenttype)
  const max = resolveOptions(options).limits.eventBytesMax
  const size = data.bytes.length
  if (size > max) throw tooMuch('cloudevents.event-too-large', 'The event', 'bytes of data alone', max, size)
  const { headers } = toBinary(encodeStructured(context, options))
  return { headers, body: data.bytes }
}

/** Refuses data that would be read back as another kind of data, with other bytes. */
function checkKind(data: EventData, datacontenttype: string | undefined): void {
  const isJson = isJsonMediaType(datacontenttype)
  if (data.kind === 'text') {
    if (isJson)
      throw invalidData('Text data needs a datacontenttype that is not JSON, such as text/plain.', 'data')
    if (!isUtf8(data.bytes))
      throw invalidData('The data is said to be text, but is not well-formed UTF-8.', 'data')
  } else if (data.kind === 'json' && !isJson && data.bytes[0] === QUOTE) {
    throw invalidData(
      'A JSON string needs a datacontenttype that is JSON, or none; else it reads as text.',
      'data',
    )
  }
}

function encodeExtension(name: string, value: AttributeValue): string {
  if (name === 'data' || name === 'data_base64') throw reservedName(name)
  if (value instanceof Uint8Array) return `"${toBase64(value)}"`
  // JSON.stringify would write these as null, which means that the attribute is absent.
  if (typeof value === 'number' && !Number.isFinite(value))
    throw invalid(name, 'is not a number that JSON can hold')
  return JSON.stringify(value)
}

function dataParts(data: EventData, depthMax: number): Uint8Array[] {
  if (data.kind === 'binary') return [Buffer.from(`,"data_base64":"${toBase64(data.bytes)}"`, 'latin1')]
  if (data.kind === 'text') {
    return [Buffer.from(`,"data":${JSON.stringify(toBytes(data.bytes).toString('utf8'))}`, 'utf8')]
  }
  const value = jsonValueIn(toBytes(data.bytes), depthMax)
  if (value === undefined)
    throw invalidData('The data is said to be JSON, but is not one well-formed JSON value.', 'data')
  return [Buffer.from(',"data":', 'latin1'), value]
}

function toBase64(bytes: Uint8Array): string {
  return toBytes(bytes).toString('base64')
}

const open = Buffer.from('[', 'latin1')
const comma = Buffer.from(',', 'latin1')
const close = Buffer.from(']', 'latin1')
