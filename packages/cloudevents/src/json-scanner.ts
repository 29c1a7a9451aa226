import {
  BACKSLASH,
  CARRIAGE_RETURN,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  DOT,
  LINE_FEED,
  LOWER_B,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_R,
  LOWER_T,
  LOWER_U,
  MINUS,
  NINE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  PLUS,
  QUOTE,
  SLASH,
  SPACE,
  TAB,
  UPPER_E,
  ZERO,
} from './ascii.ts'
import { CloudEventError } from './errors.ts'
import { tooMuch } from './refusals.ts'

/**
 * Levels of nesting at which reading stops at once. Below, `depthMax` is applied when the text has been read, so that
 * one element of a batch that is too deep does not make the others unreadable; this bounds the memory until then.
 */
export const nestingMax = 131_072

/** Set in the flags of a string that contains a backslash escape. */
export const ESCAPED = 1
/** Set in the flags of a string that contains U+007F or anything outside ASCII. */
export const NOT_PLAIN = 2

/**
 * Checks JSON (RFC 8259) over UTF-8 bytes without building values. The bytes must have been checked to be
 * well-formed UTF-8 before: that is one native call for the whole text, and saves this loop from looking.
 *
 * Every method takes the index to start at and returns the index behind what it has checked; a mistake throws
 * `cloudevents.invalid-json` with its offset. Nesting needs no recursion, so no text can exhaust the stack.
 */
export class JsonScanner {
  readonly bytes: Buffer
  /** The deepest nesting met since it was last set to 0. */
  depthSeen = 0
  /** The flags of the last string checked by {@link attributeString}. */
  flags = 0
  /** One number per open container: 1 for an object, 0 for an array. Grows with the nesting. */
  readonly #containers: number[] = []

  /** Where the last quote of the text is: a string that opens there or behind has no end. */
  readonly #lastQuote: number

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.#lastQuote = bytes.lastIndexOf(QUOTE)
  }

  /** Skips white space. */
  space(at: number): number {
    const bytes = this.bytes
    let i = at
    let byte = byteAt(bytes, i)
    while (byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB)
      byte = byteAt(bytes, ++i)
    return i
  }

  /**
   * Checks one value that starts at `at`, without white space before it. One loop holds the whole grammar, with
   * everything in local variables: split into methods it took 1.6 times as long.
   */
  value(at: number): number {
    const bytes = this.bytes
    const end = bytes.length
    const lastQuote = this.#lastQuote
    let depth = 0
    let inObject = false
    let nameDue = false
    let i = at
    for (;;) {
      // A value is due at `i`, or a name and then its value.
      let byte = i < end ? bytes[i]! : 0
      if (byte === QUOTE) {
        if (i >= lastQuote) throw this.#openString()
        do byte = bytes[++i]!
        while (stringKinds[byte] !== STOP)
        i = byte === QUOTE ? i + 1 : this.#stringFrom(i)
        if (nameDue) {
          i = this.colon(i)
          nameDue = false
          continue
        }
      } else if (nameDue) {
        throw this.error(i, 'a name in double quotes')
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        inObject = byte === OPEN_OBJECT
        this.#open(depth++, inObject)
        i = this.space(i + 1)
        if (byteAt(bytes, i) !== (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) {
          nameDue = inObject
          continue
        }
        i++
        inObject = --depth > 0 && this.#containers[depth - 1] === 1
      } else {
        i = this.scalar(i)
      }
      // A value has ended before `i`: close what ends with it, then step over the comma.
      for (;;) {
        if (depth === 0) return i
        byte = i < end ? bytes[i]! : 0
        if (byte <= SPACE) byte = byteAt(bytes, (i = this.space(i)))
        if (byte === COMMA) break
        if (byte !== (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) throw this.#unclosed(i, inObject)
        i++
        inObject = --depth > 0 && this.#containers[depth - 1] === 1
      }
      if (++i < end && bytes[i]! <= SPACE) i = this.space(i)
      nameDue = inObject
    }
  }

  /** Checks the colon behind a name; returns where the value starts. */
  colon(at: number): number {
    let i = at
    if (byteAt(this.bytes, i) !== COLON) {
      i = this.space(i)
      if (byteAt(this.bytes, i) !== COLON) throw this.error(i, 'a colon')
    }
    i++
    const byte = byteAt(this.bytes, i)
    return byte > SPACE ? i : this.space(i)
  }

  /**
   * Checks a string; `at` is at its opening quote. Notes in `flags` whether it has escapes or is not plain ASCII.
   */
  attributeString(at: number): number {
    const bytes = this.bytes
    const lastQuote = this.#lastQuote
    let i = at
    let flags = 0
    for (;;) {
      if (i >= lastQuote) throw this.#openString()
      let byte = bytes[++i]!
      while ((flags |= stringKinds[byte]!) < STOP) byte = bytes[++i]!
      if (byte === QUOTE) {
        this.flags = flags - STOP
        return i + 1
      }
      i = this.#escape(i) - 1
      flags = (flags & NOT_PLAIN) | ESCAPED
    }
  }

  /** Checks a number or one of the three literals. */
  scalar(at: number): number {
    const bytes = this.bytes
    const byte = byteAt(bytes, at)
    if (
      byte === LOWER_T &&
      byteAt(bytes, at + 1) === 0x72 &&
      byteAt(bytes, at + 2) === 0x75 &&
      byteAt(bytes, at + 3) === 0x65
    )
      return at + 4
    if (
      byte === LOWER_N &&
      byteAt(bytes, at + 1) === 0x75 &&
      byteAt(bytes, at + 2) === 0x6c &&
      byteAt(bytes, at + 3) === 0x6c
    )
      return at + 4
    if (
      byte === LOWER_F &&
      byteAt(bytes, at + 1) === 0x61 &&
      byteAt(bytes, at + 2) === 0x6c &&
      byteAt(bytes, at + 3) === 0x73
    ) {
      if (byteAt(bytes, at + 4) === 0x65) return at + 5
    }
    return this.#number(at)
  }

  /** The error for a place where something else was expected. */
  error(at: number, expected: string): CloudEventError {
    const end = at >= this.bytes.length ? ', but the text ends there' : ''
    return new CloudEventError(
      'cloudevents.invalid-json',
      `Not JSON: expected ${expected} at byte ${at}${end}.`,
      {
        offset: at,
      },
    )
  }

  /** Checks the rest of a string from a byte that is no plain part of it. */
  #stringFrom(at: number): number {
    const bytes = this.bytes
    let i = at
    while (bytes[i] !== QUOTE) {
      i = this.#escape(i)
      if (i > this.#lastQuote) throw this.#openString()
      while (stringKinds[bytes[i]!] !== STOP) i++
    }
    return i + 1
  }

  #openString(): CloudEventError {
    return this.error(this.bytes.length, 'the closing quote of a string')
  }

  #unclosed(at: number, inObject: boolean): CloudEventError {
    return this.error(at, inObject ? 'a comma or a closing brace' : 'a comma or a closing bracket')
  }

  #open(depth: number, isObject: boolean): void {
    if (depth >= nestingMax)
      throw tooMuch('cloudevents.too-deep', 'The text', 'or more levels of nesting', nestingMax, depth + 1)
    if (depth >= this.depthSeen) this.depthSeen = depth + 1
    this.#containers[depth] = isObject ? 1 : 0
  }

  #escape(at: number): number {
    const bytes = this.bytes
    if (byteAt(bytes, at) !== BACKSLASH) throw this.error(at, 'no control character inside a string')
    const byte = byteAt(bytes, at + 1)
    if (byte === LOWER_U) {
      for (let i = at + 2; i < at + 6; i++) {
        const digit = byteAt(bytes, i)
        if (!isHexDigit(digit)) throw this.error(i, 'four hexadecimal digits')
      }
      return at + 6
    }
    if (!isEscapeLetter(byte)) throw this.error(at + 1, 'one of "\\/bfnrtu behind a backslash')
    return at + 2
  }

  #number(at: number): number {
    const bytes = this.bytes
    let i = at
    let byte = byteAt(bytes, i)
    if (byte === MINUS) byte = byteAt(bytes, ++i)
    if (byte === ZERO) i++
    else if (isDigit(byte)) i = this.#digits(i)
    else throw this.error(at, 'a JSON value')
    byte = byteAt(bytes, i)
    if (byte === DOT) {
      i = this.#digits(i + 1)
      byte = byteAt(bytes, i)
    }
    if (byte === LOWER_E || byte === UPPER_E) {
      byte = byteAt(bytes, i + 1)
      i = this.#digits(byte === PLUS || byte === MINUS ? i + 2 : i + 1)
    }
    return i
  }

  #digits(at: number): number {
    const bytes = this.bytes
    let i = at
    while (isDigit(byteAt(bytes, i))) i++
    if (i === at) throw this.error(at, 'a digit')
    return i
  }
}

/**
 * The byte at `i`, or 0 behind the end, which no JSON text contains. Every read that may be behind the end must come
 * through here: where a plain `bytes[i]` once was, the engine compiles the read anew in a form that expects it, and
 * all scanning of the process became twice as slow from the first truncated text on. The loops over strings, where
 * this check would cost 40 %, are safe because they stop at the last quote of the text at the latest.
 */
export function byteAt(bytes: Buffer, i: number): number {
  return i < bytes.length ? bytes[i]! : 0
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}

function isEscapeLetter(byte: number): boolean {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
    case SLASH:
    case LOWER_B:
    case LOWER_F:
    case LOWER_N:
    case LOWER_R:
    case LOWER_T:
      return true
    default:
      return false
  }
}

const STOP = 4
/** What a byte means inside a string: 0 nothing, {@link STOP} look at it, else a flag. */
const stringKinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0x20 || byte === QUOTE || byte === BACKSLASH) return STOP
  return byte >= 0x7f ? NOT_PLAIN : 0
})
