import { BACKSLASH, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipBlanks, skipString } from './json-text.ts'

/**
 * The text that stands for the JSON value between two offsets of a text, in UTF-8: a string without quotes and with
 * its escapes resolved, a number, `true`, `false` or `null` as written, an object or array as compact JSON in which
 * strings and numbers are as written. Shares the memory of the text where nothing had to change.
 *
 * Half of a surrogate pair, which JSON can spell but UTF-8 cannot, becomes U+FFFD.
 */
export function valueBytes(text: Uint8Array, start: number, end: number): Uint8Array {
  const first = text[start]
  if (first === QUOTE) return stringBytes(text, start, end)
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return compactBytes(text, start, end)
  return text.subarray(start, end)
}

/** Whether the value at the offset is an object or an array. */
export function isContainer(text: Uint8Array, start: number): boolean {
  return text[start] === OPEN_OBJECT || text[start] === OPEN_ARRAY
}

function stringBytes(text: Uint8Array, start: number, end: number): Uint8Array {
  const inside = text.subarray(start + 1, end - 1)
  if (!inside.includes(BACKSLASH)) return inside
  return Buffer.from(parseString(text, start, end))
}

/** Removes the white space between tokens. */
function compactBytes(text: Uint8Array, start: number, end: number): Uint8Array {
  let compact: Uint8Array | undefined
  let length = 0
  let copied = start
  for (let i = start; i < end; ) {
    if (text[i] === QUOTE) {
      i = skipString(text, i)
      continue
    }
    const next = skipBlanks(text, i)
    if (next === i) {
      i++
      continue
    }
    compact ??= new Uint8Array(end - start)
    compact.set(text.subarray(copied, i), length)
    length += i - copied
    copied = next
    i = next
  }
  if (compact === undefined) return text.subarray(start, end)
  compact.set(text.subarray(copied, end), length)
  return compact.subarray(0, length + end - copied)
}

/** The string that a JSON string between two offsets, quotes included, stands for. */
export function parseString(text: Uint8Array, start: number, end: number): string {
  const value: unknown = JSON.parse(decode(text.subarray(start, end)))
  return String(value)
}

/** The text of bytes that are known to be UTF-8. */
export function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}
