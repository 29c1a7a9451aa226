/**
 * A decimal number as JSON writes it, comparable without loss. Its double decides nearly always; only where two doubles are
 * equal are the digits looked at, because different decimals can share a double (`9007199254740993` and
 * `9007199254740992`). A text outside of the JSON grammar gives a `double` that is not a number and equals nothing.
 */
export class Decimal {
  readonly text: string
  readonly double: number
  #tie: -1 | 0 | 1 | null = null

  constructor(text: string) {
    this.text = text
    this.double = Number(text)
  }

  /** On which side of the shortest decimal that gives the same double this number lies. */
  get tie(): -1 | 0 | 1 {
    this.#tie ??= tieOf(this.text, this.double)
    return this.#tie
  }

  /** Negative, zero or positive as the number is below, equal to or above a bound, which is a shortest decimal. */
  compareToBound(bound: number): number {
    if (this.double < bound) return -1
    if (this.double > bound) return 1
    return this.tie
  }

  equals(other: Decimal): boolean {
    if (this.double !== other.double) return false
    if (this.text === other.text) return true
    if (this.tie !== other.tie) return false
    return this.tie === 0 || compareCanonical(canonical(this.text), canonical(other.text)) === 0
  }

  /** Whether the number can be a bound: a double prints as this very decimal. */
  get isExact(): boolean {
    return Number.isFinite(this.double) && this.tie === 0
  }
}

/** Fifteen significant digits survive the way through a double, so a text that holds no more has no tie. */
const digitsAlwaysExact = 15

function tieOf(text: string, double: number): -1 | 0 | 1 {
  if (text.length <= digitsAlwaysExact && !/[eE]/.test(text)) return 0
  if (text === String(double)) return 0
  return compareCanonical(canonical(text), canonicalOfDouble(double))
}

interface Canonical {
  readonly negative: boolean
  /** Without leading or trailing zeros; empty for zero. The value is 0.digits × 10^exponent. */
  readonly digits: string
  readonly exponent: number
}

function canonical(text: string): Canonical {
  const parts = /^(-?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/.exec(text)
  if (parts === null) return { negative: false, digits: '', exponent: 0 }
  const whole = parts[2] ?? ''
  const all = whole + (parts[3] ?? '')
  const leading = /^0*/.exec(all)?.[0].length ?? 0
  const digits = withoutTrailingZeros(all.slice(leading))
  if (digits === '') return { negative: false, digits, exponent: 0 }
  return { negative: parts[1] === '-', digits, exponent: Number(parts[4] ?? 0) + whole.length - leading }
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end -= 1
  return digits.slice(0, end)
}

function canonicalOfDouble(double: number): Canonical {
  if (Number.isFinite(double)) return canonical(String(double))
  return { negative: double < 0, digits: '1', exponent: Number.POSITIVE_INFINITY }
}

function compareCanonical(left: Canonical, right: Canonical): -1 | 0 | 1 {
  const leftSign = signOf(left)
  const rightSign = signOf(right)
  if (leftSign !== rightSign) return leftSign < rightSign ? -1 : 1
  if (left.exponent !== right.exponent) return left.exponent < right.exponent === leftSign > 0 ? -1 : 1
  if (left.digits === right.digits) return 0
  return left.digits < right.digits === leftSign > 0 ? -1 : 1
}

function signOf(number: Canonical): -1 | 0 | 1 {
  if (number.digits === '') return 0
  return number.negative ? -1 : 1
}
