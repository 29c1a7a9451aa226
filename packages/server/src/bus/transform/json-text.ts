import { assert } from '@millrace/spi'

// Steps over a text that is known to be valid JSON. A text that is not is a bug: each of them throws or ends, none runs on.

/** The offset of the first byte at or behind `at` that is no white space. */
export function skipBlanks(text: Uint8Array, at: number): number {
  let i = at
  while ((text[i] ?? QUOTE) <= SPACE) i++
  return i
}

/** The offset behind the string whose opening quote is at `at`. */
export function skipString(text: Uint8Array, at: number): number {
  assert(text[at] === QUOTE, `a JSON text has a string at byte ${at}`)
  let i = at + 1
  const far = i + nearBytes
  for (let byte = text[i]; byte !== QUOTE; byte = text[i]) {
    assert(byte !== undefined, 'a JSON text closes its strings')
    i += byte === BACKSLASH ? 2 : 1
    if (i >= far) return skipLongString(text, i)
  }
  return i + 1
}

/** Bytes of a string that are looked at one by one: a call of native code takes as long as some thirty of them. */
const nearBytes = 32

/** The rest of a string, where no escape has begun before `from`. */
function skipLongString(text: Uint8Array, from: number): number {
  for (let quote = from; ; quote++) {
    quote = Buffer.prototype.indexOf.call(text, QUOTE, quote)
    assert(quote >= 0, 'a JSON text closes its strings')
    let behindPlain = quote
    while (behindPlain > from && text[behindPlain - 1] === BACKSLASH) behindPlain--
    if ((quote - behindPlain) % 2 === 0) return quote + 1
  }
}

/** The offset behind the value that starts at `at`. */
export function skipValue(text: Uint8Array, at: number): number {
  const byte = text[at]
  if (byte === QUOTE) return skipString(text, at)
  if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) return skipContainer(text, at)
  let i = at
  while (isScalarByte(text[i])) i++
  assert(i > at, `a JSON text has a value at byte ${at}`)
  return i
}

function skipContainer(text: Uint8Array, at: number): number {
  let depth = 0
  let i = at
  for (;;) {
    const byte = text[i]
    if (byte === QUOTE) {
      i = skipString(text, i)
      continue
    }
    assert(byte !== undefined, 'a JSON text closes its objects and arrays')
    i++
    // Clearing the bit 0x20 makes one of two: `[` of `{` and `]` of `}`.
    const folded = byte & ~0x20
    if (folded === OPEN_ARRAY) depth++
    else if (folded === CLOSE_ARRAY && --depth === 0) return i
  }
}

function isScalarByte(byte: number | undefined): boolean {
  return byte !== undefined && byte > SPACE && byte !== COMMA && byte !== CLOSE_OBJECT && byte !== CLOSE_ARRAY
}

const SPACE = 0x20
export const COMMA = 0x2c
export const QUOTE = 0x22
export const BACKSLASH = 0x5c
export const OPEN_ARRAY = 0x5b
export const CLOSE_ARRAY = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d
