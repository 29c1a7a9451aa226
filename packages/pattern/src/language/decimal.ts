import { asciiText } from './text-of-bytes.ts'

/**
 * A decimal number as JSON writes it, comparable without loss. Its double decides nearly always; only where two doubles are
 * equal are the digits looked at, because different decimals can share a double (`9007199254740993` and
 * `9007199254740992`). A text outside of the JSON grammar gives a `double` that is not a number and equals nothing.
 */
export class Decimal {
  #text: string | null
  #double: number | null
  #tie: -1 | 0 | 1 | null = null
  /** A double near the number, for questions that the double itself need not answer. */
  readonly estimate: number
  readonly #bytes: Uint8Array | null
  readonly #start: number
  readonly #end: number

  constructor(text: string | null, estimate?: Estimate) {
    this.#text = text
    this.#bytes = estimate?.bytes ?? null
    this.#start = estimate?.start ?? 0
    this.#end = estimate?.end ?? 0
    this.estimate = estimate?.value ?? Number(text)
    this.#double = estimate === undefined || estimate.isExact ? this.estimate : null
  }

  /** The number as it was written. */
  get text(): string {
    this.#text ??= this.#bytes === null ? '' : asciiText(this.#bytes, this.#start, this.#end)
    return this.#text
  }

  /** The nearest double. */
  get double(): number {
    this.#double ??= Number(this.text)
    return this.#double
  }

  /** On which side of the shortest decimal that gives the same double this number lies. */
  get tie(): -1 | 0 | 1 {
    this.#tie ??= tieOf(this.text, this.double)
    return this.#tie
  }

  /** How far the estimate may be off, at most. */
  get error(): number {
    return Number.isFinite(this.estimate) ? Math.abs(this.estimate) * estimateError : 0
  }

  /** Negative, zero or positive as the number is below, equal to or above a bound, which is a shortest decimal. */
  compareToBound(bound: number): number {
    const distance = this.estimate - bound
    const { error } = this
    if (distance > error) return 1
    if (distance < -error) return -1
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

/** A number still inside the bytes of an event, with a value computed while its digits were passed. */
export interface Estimate {
  readonly value: number
  /** Whether the value is the nearest double; else it is off by the tiny part that {@link estimateError} states, at most. */
  readonly isExact: boolean
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

/**
 * The greatest relative error of an estimate. Up to 24 digits are accumulated and scaled once by an exact power of ten, so
 * fewer than 32 roundings of at most 2^-53 add up; this is eight times as much.
 */
const estimateError = 2 ** -45

/** Fifteen significant digits survive the way through a double, so a text that holds no more has no tie. */
const digitsAlwaysExact = 15

function tieOf(text: string, double: number): -1 | 0 | 1 {
  if (Number.isNaN(double) || (text.length <= digitsAlwaysExact && !/[eE]/.test(text))) return 0
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
