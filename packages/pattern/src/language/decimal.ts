/**
 * A decimal number as JSON writes it, comparable without loss. `double` is the nearest IEEE double; `tie` says on which side
 * of that double's shortest decimal form the written number lies. Two different decimals can share a double, but a
 * decimal with `tie` 0 and a different one never compare equal: either their doubles differ or the other's tie is not 0.
 */
export interface Decimal {
  readonly double: number
  readonly tie: -1 | 0 | 1
  /** Equal for two texts if and only if they denote the same number. */
  readonly key: number | string
}

/** Reads a number of the JSON grammar. A text outside that grammar gives a `double` that is not a number. */
export function readDecimal(text: string): Decimal {
  const double = Number(text)
  // Fifteen significant digits survive the way through a double; a shorter text without exponent has no more.
  if (text.length <= 15 && !/[eE]/.test(text)) return { double, tie: 0, key: double === 0 ? 0 : double }
  const written = canonical(text)
  const tie = compareCanonical(written, canonicalOfDouble(double))
  return tie === 0
    ? { double, tie, key: double === 0 ? 0 : double }
    : { double, tie, key: `${written.negative ? '-' : ''}${written.digits}e${written.exponent}` }
}

/** Negative, zero or positive as `value` is below, equal to or above `bound`; `bound` must have the tie 0. */
export function compareToBound(value: Decimal, bound: number): number {
  if (value.double < bound) return -1
  if (value.double > bound) return 1
  return value.tie
}

/** Whether a bound can be this number: its double, printed again, is the same decimal. */
export function isExactDouble(decimal: Decimal): boolean {
  return Number.isFinite(decimal.double) && decimal.tie === 0
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
  const leftSign = left.digits === '' ? 0 : left.negative ? -1 : 1
  const rightSign = right.digits === '' ? 0 : right.negative ? -1 : 1
  if (leftSign !== rightSign) return leftSign < rightSign ? -1 : 1
  if (left.exponent !== right.exponent) return left.exponent < right.exponent === leftSign > 0 ? -1 : 1
  if (left.digits === right.digits) return 0
  return left.digits < right.digits === leftSign > 0 ? -1 : 1
}
