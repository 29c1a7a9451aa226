import { parseAddress, type Address } from './address.ts'
import { readDecimal, type Decimal } from './decimal.ts'

export type ValueType = 'string' | 'number' | 'boolean' | 'null'

/**
 * A leaf of an event: what conditions are held against. `text` is the content of a string, else the JSON text. What several
 * operators derive from the text is derived once.
 */
export class Value {
  readonly type: ValueType
  readonly text: string
  #decimal: Decimal | null = null
  #address: Address | null | undefined = undefined

  constructor(type: ValueType, text: string) {
    this.type = type
    this.text = text
  }

  /** The number; to be asked of numbers only. */
  get decimal(): Decimal {
    this.#decimal ??= readDecimal(this.text)
    return this.#decimal
  }

  /** The IP address that a string spells, or null. */
  get address(): Address | null {
    if (this.#address === undefined) this.#address = this.type === 'string' ? parseAddress(this.text) : null
    return this.#address
  }
}
