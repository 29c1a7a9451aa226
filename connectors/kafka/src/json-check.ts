/**
 * Tells whether bytes are one JSON text (RFC 8259), without making anything of it: `JSON.parse` takes a third longer for records
 * with many members, and leaves their objects to be collected. The bytes must be well-formed UTF-8, which one native call tells. Nesting
 * needs no recursion, so no text can exhaust the stack.
 */
export function isJson(bytes: Uint8Array): boolean {
  /** Closing brackets of what is open. */
  const closing: number[] = []
  for (let at = 0; ; ) {
    at = behindSpace(bytes, at)
    const byte = bytes[at]
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      const close = byte + 2
      at = behindSpace(bytes, at + 1)
      if (bytes[at] === close) {
        at++
      } else {
        closing.push(close)
        if (byte === OPEN_OBJECT) at = behindName(bytes, at)
        if (at < 0) return false
        continue
      }
    } else {
      at = byte === QUOTE ? behindString(bytes, at) : behindScalar(bytes, at)
      if (at < 0) return false
    }
    at = behindValue(bytes, at, closing)
    if (at < 0) return false
    if (closing.length === 0) return at === bytes.length
  }
}

/*
 * Each of these takes the place where something begins and gives the one behind it, or -1 when it is not there. Places are passed from
 * hand to hand, because fields of an object make the whole take half as long again.
 */

/** Closes what ends here, then takes the comma before the next value, and the name before that. */
function behindValue(bytes: Uint8Array, start: number, closing: number[]): number {
  for (let at = start; ; ) {
    at = behindSpace(bytes, at)
    const close = closing[closing.length - 1]
    if (close === undefined) return at
    const byte = bytes[at++]
    if (byte === COMMA) return close === CLOSE_ARRAY ? at : behindName(bytes, behindSpace(bytes, at))
    if (byte !== close) return -1
    closing.pop()
  }
}

/** The name of a member and its colon. */
function behindName(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return -1
  const end = behindString(bytes, at)
  if (end < 0) return -1
  if (bytes[end] === COLON) return end + 1
  const colon = behindSpace(bytes, end)
  return bytes[colon] === COLON ? colon + 1 : -1
}

function behindString(bytes: Uint8Array, start: number): number {
  const { length } = bytes
  for (let at = start + 1; at < length; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) return at + 1
    if (byte < SPACE) return -1
    if (byte !== BACKSLASH) continue
    at++
    const escape = bytes[at]
    if (escape === LOWER_U) {
      for (let i = 1; i <= 4; i++) if (!isHexadecimal(bytes[at + i])) return -1
      at += 4
    } else if (escape === undefined || !escapes.includes(String.fromCharCode(escape))) {
      return -1
    }
  }
  return -1
}

function behindScalar(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]
  if (byte === LOWER_T) return behindWord(bytes, at, 'true')
  if (byte === LOWER_F) return behindWord(bytes, at, 'false')
  if (byte === LOWER_N) return behindWord(bytes, at, 'null')
  return behindNumber(bytes, at)
}

function behindNumber(bytes: Uint8Array, start: number): number {
  let at = start
  if (bytes[at] === MINUS) at++
  if (bytes[at] === ZERO) at++
  else at = behindDigits(bytes, at)
  if (at >= 0 && bytes[at] === DOT) at = behindDigits(bytes, at + 1)
  if (at >= 0 && (bytes[at] === LOWER_E || bytes[at] === UPPER_E)) {
    at++
    if (bytes[at] === PLUS || bytes[at] === MINUS) at++
    at = behindDigits(bytes, at)
  }
  return at
}

/** One digit at least. */
function behindDigits(bytes: Uint8Array, start: number): number {
  let at = start
  while (isDigit(bytes[at])) at++
  return at === start ? -1 : at
}

function behindWord(bytes: Uint8Array, at: number, word: string): number {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return -1
  return at + word.length
}

function behindSpace(bytes: Uint8Array, start: number): number {
  let at = start
  let byte = bytes[at]
  while (byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB) byte = bytes[++at]
  return at
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE
}

function isHexadecimal(byte: number | undefined): boolean {
  if (isDigit(byte)) return true
  const lower = (byte ?? 0) | 0x20
  return lower >= LOWER_A && lower <= LOWER_F
}

const escapes = '"\\/bfnrt'

const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const PLUS = 0x2b
const COMMA = 0x2c
const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const UPPER_E = 0x45
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const LOWER_A = 0x61
const LOWER_E = 0x65
const LOWER_F = 0x66
const LOWER_N = 0x6e
const LOWER_T = 0x74
const LOWER_U = 0x75
const OPEN_OBJECT = 0x7b
