import { isUtf8 } from 'node:buffer'
import type { AttributeValue, CloudEvent, EventData } from './event.ts'
import type { EventOptions, ResolvedOptions } from './limits.ts'
import { duplicate, invalidData, reservedName } from './refusals.ts'
import { scanStructured } from './scan.ts'
import { toBinary } from './stored.ts'
import type { BinaryMessage } from './stored.ts'

/**
 * Writes one event in the JSON format: attributes first, data last and verbatim. The result is scanned like input
 * from outside, so an event that the specification forbids throws the same `CloudEventError` as when it is read.
 */
export function encodeStructured(event: CloudEvent, options?: EventOptions | ResolvedOptions): Buffer {
  const { extensions, data, ...context } = event
  const members: string[] = []
  const attributes: Record<string, AttributeValue | undefined> = { ...context, ...extensions }
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue
    if (Object.hasOwn(extensions, name) && Object.hasOwn(context, name)) {
      throw duplicate(name)
    }
    if (name === 'data' || name === 'data_base64') throw reservedName(name)
    members.push(
      `${JSON.stringify(name)}:${JSON.stringify(value instanceof Uint8Array ? toBase64(value) : value)}`,
    )
  }
  const head = Buffer.from(`{${members.join(',')}`, 'utf8')
  const parts = data === undefined ? [head] : [head, ...dataParts(data)]
  const text = Buffer.concat([...parts, Buffer.from('}', 'latin1')])
  scanStructured(text, options)
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
  if (data.kind === 'text') checkText(data.bytes)
  const { headers } = toBinary(encodeStructured(context, options))
  return { headers, body: data.bytes }
}

function dataParts(data: EventData): Uint8Array[] {
  if (data.kind === 'json') return [Buffer.from(',"data":', 'latin1'), data.bytes]
  if (data.kind === 'binary') return [Buffer.from(`,"data_base64":"${toBase64(data.bytes)}"`, 'latin1')]
  checkText(data.bytes)
  const text = Buffer.from(data.bytes.buffer, data.bytes.byteOffset, data.bytes.byteLength).toString('utf8')
  return [Buffer.from(`,"data":${JSON.stringify(text)}`, 'utf8')]
}

function checkText(bytes: Uint8Array): void {
  if (isUtf8(bytes)) return
  throw invalidData('The data is said to be text, but is not well-formed UTF-8.', 'data')
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

const open = Buffer.from('[', 'latin1')
const comma = Buffer.from(',', 'latin1')
const close = Buffer.from(']', 'latin1')
