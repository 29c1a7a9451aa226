import { assert, type LogEntry } from '@millrace/spi'
import type { MessageProperties, NewMessage } from './message.ts'

/** Length of the properties, as 4 bytes before them. */
const headBytes = 4

const noProperties: MessageProperties = {}

/** A message as it lies in the log: its properties as JSON, then its body as it is. */
export function encodeMessage({ body, properties }: Pick<NewMessage, 'body' | 'properties'>): Uint8Array {
  const text = hasProperties(properties) ? Buffer.from(JSON.stringify(properties)) : Buffer.alloc(0)
  const bytes = Buffer.allocUnsafe(headBytes + text.length + body.length)
  bytes.writeUInt32BE(text.length)
  bytes.set(text, headBytes)
  bytes.set(body, headBytes + text.length)
  return bytes
}

export function decodeMessage({ bytes }: Pick<LogEntry, 'bytes'>): {
  readonly body: Uint8Array
  readonly properties: MessageProperties
} {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const bodyAt = headBytes + view.readUInt32BE()
  assert(bodyAt <= view.length, 'a stored message holds its properties')
  const properties =
    bodyAt === headBytes ? noProperties : (JSON.parse(view.toString('utf8', headBytes, bodyAt)) as object)
  return { body: view.subarray(bodyAt), properties }
}

/** Bytes that count against the limit of the queue. */
export function messageBytes({ body, properties }: Pick<NewMessage, 'body' | 'properties'>): number {
  if (!hasProperties(properties)) return body.length
  let bytes = body.length
  for (const { name, value, type } of [...(properties?.user ?? []), ...(properties?.system ?? [])]) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + type.length
  }
  return bytes + Buffer.byteLength(properties?.group ?? '')
}

function hasProperties(properties: MessageProperties | undefined): boolean {
  return properties !== undefined && Object.keys(properties).length > 0
}
