import { Decimal, Value, asciiText, utf8Text } from '../language/index.ts'
import { endOfContainer } from './end-of-container.ts'
import { patternLimits } from '../limits.ts'
import { PatternError } from '../pattern-error.ts'

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a
const openBrace = 0x7b
const openBracket = 0x5b

/** The digits up to which a number is estimated on the way; a double holds the powers of ten up to 10^22 exactly. */
const estimateDigitsMax = 22
const powersOfTen = Array.from({ length: estimateDigitsMax + 1 }, (_, power) => Number(`1e${power}`))

/**
 * Reads tokens of a JSON text from bytes. What is read is checked; what is skipped is only followed to its end. No read
 * goes past the end of the bytes, whatever they hold.
 */
export class ByteReader {
  bytes: Uint8Array = new Uint8Array(0)
  /** The memory of the bytes in words, kept from one event to the next where both lie in one pool. */
  #words: DataView = new DataView(new ArrayBuffer(0))
  position = 0
  end = 0
  nameStart = 0
  nameEnd = 0
  nameEscaped = false

  start(bytes: Uint8Array): void {
    this.bytes = bytes
    this.position = 0
    this.end = bytes.length
  }

  /** The next byte that is no white space, without taking it; -1 at the end. */
  peek(): number {
    const { bytes, end } = this
    let position = this.position
    let byte = position < end ? (bytes[position] ?? -1) : -1
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      position += 1
      byte = position < end ? (bytes[position] ?? -1) : -1
    }
    this.position = position
    return byte
  }

  /** Takes the byte, which must come next. */
  expect(byte: number): void {
    if (this.peek() !== byte) this.fail()
    this.position += 1
  }

  /**
   * Takes the name of a member and the colon behind it, and gives the first byte of the value without taking it. Where the
   * name stands is left in `nameStart`, `nameEnd` and `nameEscaped`. One function with everything in local variables:
   * of all that a scan does it does this most often.
   */
  readName(): number {
    const { bytes, end } = this
    if (this.peek() !== quote) this.fail()
    let position = this.position + 1
    this.nameStart = position
    this.nameEscaped = false
    let byte = position < end ? (bytes[position] ?? 0) : quote
    while (byte !== quote && position < end) {
      if (byte === backslash) {
        this.nameEscaped = true
        position += 1
      }
      position += 1
      byte = position < end ? (bytes[position] ?? 0) : 0
    }
    this.nameEnd = position
    position += 1
    byte = position < end ? (bytes[position] ?? 0) : 0
    if (byte !== colon) {
      this.position = position
      if (position > end || this.peek() !== colon) this.fail()
      position = this.position
    }
    position += 1
    this.position = position
    byte = position < end ? (bytes[position] ?? 0) : 0
    return byte > 0x20 ? byte : this.peek()
  }

  /** Takes the name of a member and the colon behind it, if they are written in these very bytes. */
  takeName(wanted: Uint8Array): boolean {
    const { bytes } = this
    if (wanted.length === 0 || this.peek() !== quote) return false
    const start = this.position + 1
    for (let index = 0; index < wanted.length; index += 1)
      if (bytes[start + index] !== wanted[index]) return false
    this.position = start + wanted.length
    return true
  }

  /** Moves behind a string whose opening quote has been taken, and tells whether it held a backslash. */
  passString(): boolean {
    const { bytes, end } = this
    let position = this.position
    let escaped = false
    while (position < end) {
      const byte = bytes[position]
      position += 1
      if (byte === quote) {
        this.position = position
        return escaped
      }
      if (byte === backslash) {
        escaped = true
        position += 1
      }
    }
    return this.fail()
  }

  /** A string whose opening quote has been taken. */
  readString(): Value {
    const { bytes, end } = this
    const start = this.position
    let position = start
    let all = 0
    while (position < end) {
      const byte = bytes[position] ?? 0
      if (byte === quote) {
        this.position = position + 1
        if (all >= 0x80) return new Value('string', utf8Text(bytes, start, position))
        return new Value('string', null, null, bytes, start, position)
      }
      if (byte === backslash) return new Value('string', this.#readEscaped(start))
      if (byte < 0x20) this.fail()
      all |= byte
      position += 1
    }
    return this.fail()
  }

  /** The content between the positions, both inside one string of the text. */
  textBetween(start: number, end: number, escaped: boolean): string {
    const text = utf8Text(this.bytes, start, end)
    return escaped ? this.#unescape(text) : text
  }

  /** A number, true, false or null. */
  readWord(first: number): Value {
    switch (first) {
      case 0x74:
        return this.#literal('true', 'boolean')
      case 0x66:
        return this.#literal('false', 'boolean')
      case 0x6e:
        return this.#literal('null', 'null')
      default:
        return this.#number()
    }
  }

  /** Moves behind the next value. `first` is its first byte, not yet taken. */
  skipValue(first: number): void {
    if (first === quote) {
      this.position += 1
      this.passString()
    } else if (first === openBrace || first === openBracket) {
      this.position += 1
      this.skipRest()
    } else if (first === 0x2d || (first >= 0x30 && first <= 0x39)) {
      this.#skipWord()
    } else if (first === 0x74 || first === 0x66 || first === 0x6e) {
      this.readWord(first)
    } else {
      this.fail()
    }
  }

  /** Moves behind the end of the container whose opening bracket has been taken, from anywhere inside of it. */
  skipRest(): void {
    const { bytes } = this
    if (this.#words.buffer !== bytes.buffer) this.#words = new DataView(bytes.buffer)
    const position = endOfContainer(bytes, this.#words, this.position)
    if (position === -1) this.fail()
    this.position = position
  }

  fail(): never {
    throw new PatternError(
      'pattern.event-not-json',
      '',
      `the event is no JSON object: it breaks off at byte ${this.position}`,
    )
  }

  failDepth(): never {
    throw new PatternError(
      'pattern.event-too-deep',
      '',
      `nested deeper than ${patternLimits.eventDepthMax} levels`,
    )
  }

  #skipWord(): void {
    const { bytes, end } = this
    let position = this.position + 1
    while (position < end) {
      const byte = bytes[position] ?? 0
      // Digits, signs, point and exponent are all that a number consists of.
      if (
        !(
          (byte >= 0x30 && byte <= 0x39) ||
          byte === 0x2e ||
          byte === 0x2b ||
          byte === 0x2d ||
          (byte | 0x20) === 0x65
        )
      )
        break
      position += 1
    }
    this.position = position
  }

  /** Checks the grammar and adds the digits up on the way; the exact value is computed only if it comes to that. */
  #number(): Value {
    const { bytes, end } = this
    const start = this.position
    const isNegative = bytes[start] === 0x2d
    let position = isNegative ? start + 1 : start
    let mantissa = 0
    let byte = position < end ? (bytes[position] ?? 0) : 0
    const whole = position
    while (byte >= 0x30 && byte <= 0x39) {
      mantissa = mantissa * 10 + (byte - 0x30)
      position += 1
      byte = position < end ? (bytes[position] ?? 0) : 0
    }
    let digits = position - whole
    if (digits === 0 || (digits > 1 && bytes[whole] === 0x30)) this.fail()
    let fraction = 0
    if (byte === 0x2e) {
      const point = position
      position += 1
      byte = position < end ? (bytes[position] ?? 0) : 0
      while (byte >= 0x30 && byte <= 0x39) {
        mantissa = mantissa * 10 + (byte - 0x30)
        position += 1
        byte = position < end ? (bytes[position] ?? 0) : 0
      }
      fraction = position - point - 1
      if (fraction === 0) this.fail()
      digits += fraction
    }
    if ((byte | 0x20) === 0x65) {
      this.position = this.#passExponent(position + 1)
      return new Value('number', asciiText(bytes, start, this.position))
    }
    this.position = position
    if (digits > estimateDigitsMax) return new Value('number', asciiText(bytes, start, position))
    const scaled = fraction === 0 ? mantissa : mantissa / (powersOfTen[fraction] ?? 1)
    const value = isNegative ? -scaled : scaled
    // Both parts are whole numbers below 2^53, so the one rounding of their quotient gives the nearest double.
    const isExact = digits <= 15
    return new Value('number', null, new Decimal(null, { value, isExact, bytes, start, end: position }))
  }

  #passExponent(from: number): number {
    const { bytes } = this
    const first = bytes[from] === 0x2b || bytes[from] === 0x2d ? from + 1 : from
    let position = first
    while (position < this.end && (bytes[position] ?? 0) >= 0x30 && (bytes[position] ?? 0) <= 0x39)
      position += 1
    if (position === first) this.fail()
    return position
  }

  #literal(word: string, type: 'boolean' | 'null'): Value {
    const start = this.position
    if (start + word.length > this.end || asciiText(this.bytes, start, start + word.length) !== word)
      this.fail()
    this.position = start + word.length
    return new Value(type, word)
  }

  #readEscaped(start: number): string {
    this.position = start
    this.passString()
    return this.#unescape(utf8Text(this.bytes, start, this.position - 1))
  }

  #unescape(text: string): string {
    try {
      const value: unknown = JSON.parse(`"${text}"`)
      if (typeof value === 'string') return value
    } catch {
      // The reason is known: an escape that JSON does not have.
    }
    return this.fail()
  }
}
