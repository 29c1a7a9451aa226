import { isAscii, isUtf8 } from 'node:buffer'
import { BACKSLASH, QUOTE } from './ascii.ts'
import { CloudEventError } from './errors.ts'
import { byteAt, ESCAPED, NOT_PLAIN } from './json-scanner.ts'

/** Views bytes as a `Buffer` without copying; encodes a string. Refuses a string with half a surrogate pair. */
export function toBytes(input: Uint8Array | string): Buffer {
  if (typeof input === 'string') {
    if (!input.isWellFormed()) throw notUtf8()
    return Buffer.from(input, 'utf8')
  }
  if (Buffer.isBuffer(input)) return input
  return Buffer.from(input.buffer, input.byteOffset, input.byteLength)
}

/** Throws `cloudevents.invalid-utf8` unless the bytes are well-formed UTF-8. */
export function checkUtf8(bytes: Uint8Array): void {
  if (!isAscii(bytes) && !isUtf8(bytes)) throw notUtf8()
}

/** Decodes the string in `bytes[start, end)`, whose quotes are left out and whose JSON was checked. */
export function decodeString(bytes: Buffer, start: number, end: number, flags: number): string {
  if (flags === 0) return bytes.toString('latin1', start, end)
  const text = bytes.toString('utf8', start, end)
  return (flags & ESCAPED) === 0 ? text : parseString(`"${text}"`)
}

/** Decodes the checked string that starts at `start`, behind its opening quote. */
export function readString(bytes: Buffer, start: number): string {
  let flags = 0
  let i = start
  let byte = byteAt(bytes, i)
  while (byte !== 0 && byte !== QUOTE) {
    if (byte === BACKSLASH) {
      flags |= ESCAPED
      i++
    } else if (byte >= 0x7f) {
      flags |= NOT_PLAIN
    }
    byte = byteAt(bytes, ++i)
  }
  return decodeString(bytes, start, i, flags)
}

/** Parses the text of one JSON string, quotes included. */
export function parseString(text: string): string {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'string') throw new TypeError('The text is not that of a JSON string.')
  return value
}

function notUtf8(): CloudEventError {
  return new CloudEventError('cloudevents.invalid-utf8', 'The text is not well-formed UTF-8.')
}
