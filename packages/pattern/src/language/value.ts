import { parseAddress, type Address } from './address.ts'
import { Decimal } from './decimal.ts'
import { asciiText } from './text-of-bytes.ts'

export type ValueType = 'string' | 'number' | 'boolean' | 'null'

/**
 * A leaf of an event: what conditions are held against. What operators derive from the text is derived when the first one
 * asks, and once.
 */
export class Value {
  readonly type: ValueType
  #text: string | null
  #derived: Decimal | Address | null
  readonly #bytes: Uint8Array | null
  readonly #start: number
  readonly #end: number

  /** Without a text the value is a number that `decimal` holds, or a string of ASCII between two positions of the bytes. */
  constructor(
    type: ValueType,
    text: string | null,
    decimal: Decimal | null = null,
    bytes: Uint8Array | null = null,
    start = 0,
    end = 0,
  ) {
    this.type = type
    this.#text = text
    this.#derived = decimal
    this.#bytes = bytes
    this.#start = start
    this.#end = end
  }

  /** The content of a string, else the JSON text. */
  get text(): string {
    this.#text ??= this.#decode()
    return this.#text
  }

  /** Whether a string is this text. Like the two below it reads the bytes where they have not been decoded yet. */
  isText(text: string): boolean {
    const bytes = this.#bytes
    if (bytes === null || this.#text !== null) return this.text === text
    return this.#end - this.#start === text.length && stands(text, bytes, this.#start)
  }

  /** Whether a string begins with the text. */
  startsWith(text: string): boolean {
    const bytes = this.#bytes
    if (bytes === null || this.#text !== null) return this.text.startsWith(text)
    return this.#end - this.#start >= text.length && stands(text, bytes, this.#start)
  }

  /** Whether a string ends with the text. */
  endsWith(text: string): boolean {
    const bytes = this.#bytes
    if (bytes === null || this.#text !== null) return this.text.endsWith(text)
    return this.#end - this.#start >= text.length && stands(text, bytes, this.#end - text.length)
  }

  #decode(): string {
    if (this.#bytes !== null) return asciiText(this.#bytes, this.#start, this.#end)
    return this.#derived instanceof Decimal ? this.#derived.text : ''
  }

  /** The number; to be asked of numbers only. */
  get decimal(): Decimal {
    if (!(this.#derived instanceof Decimal)) this.#derived = new Decimal(this.text)
    return this.#derived
  }

  /** The IP address that a string spells, or null. */
  get address(): Address | null {
    if (this.type !== 'string') return null
    this.#derived ??= parseAddress(this.text)
    return this.#derived instanceof Decimal ? null : this.#derived
  }
}

/** Bytes of ASCII are the codes of the characters. */
function stands(text: string, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < text.length; index += 1)
    if (bytes[start + index] !== text.charCodeAt(index)) return false
  return true
}
