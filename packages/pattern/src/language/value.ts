import { parseAddress, type Address } from './address.ts'
import { Decimal } from './decimal.ts'

export type ValueType = 'string' | 'number' | 'boolean' | 'null'

/**
 * A leaf of an event: what conditions are held against. What operators derive from the text is derived when the first one
 * asks, and once.
 */
export class Value {
  readonly type: ValueType
  #text: string | null
  #derived: Decimal | Address | null = null

  constructor(type: ValueType, text: string | null, decimal: Decimal | null = null) {
    this.type = type
    this.#text = text
    this.#derived = decimal
  }

  /** The content of a string, else the JSON text. */
  get text(): string {
    this.#text ??= this.#derived instanceof Decimal ? this.#derived.text : ''
    return this.#text
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
