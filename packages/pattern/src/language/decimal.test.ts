import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decimal } from './index.ts'

describe('decimals are equal when they denote the same number', () => {
  test.each([
    ['1', '1.0', true],
    ['1', '10e-1', true],
    ['100', '1e2', true],
    ['0', '-0.0e5', true],
    ['0.1', '0.10000000000000000000000000001', false],
    ['9007199254740993', '9007199254740992', false],
    ['9007199254740993', '9007199254740993.000', true],
    ['1e400', '10e399', true],
    ['1e400', '1e401', false],
    ['1e-400', '0', false],
    ['-1e-400', '1e-400', false],
  ])('%s and %s: %s', (left, right, answer) => {
    expect(new Decimal(left).equals(new Decimal(right))).toBe(answer)
    expect(new Decimal(right).equals(new Decimal(left))).toBe(answer)
  })
})

test('comparing with a bound agrees with whole-number arithmetic, however many digits there are', () => {
  const digits = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n })
  fc.assert(
    fc.property(digits, digits, fc.nat({ max: 8 }), (value, near, shift) => {
      const bound = Number(near)
      const exactBound = BigInt(bound.toString().includes('e') ? plain(bound) : bound.toString())
      const scaled = shift === 0 ? value : exactBound + (value % BigInt(shift))
      const expected = scaled < exactBound ? -1 : scaled > exactBound ? 1 : 0
      expect(Math.sign(new Decimal(scaled.toString()).compareToBound(bound))).toBe(expected)
    }),
  )
})

/** The shortest decimal of a double above 10^21, written out. */
function plain(double: number): string {
  const [mantissa = '', exponent = '0'] = double.toString().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return whole + fraction.padEnd(Number(exponent), '0')
}
