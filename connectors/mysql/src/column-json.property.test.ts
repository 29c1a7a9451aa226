import fc from 'fast-check'
import { expect, test } from 'vitest'
import { columnJson } from './column-json.ts'

const float = { name: 'c', type: 4, metadata: {} }
const double = { name: 'c', type: 5, metadata: {} }

test('the text of a number of 32 bits is that number again, and no longer than it must be', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), value => {
      const text = columnJson(value, float)
      expect(Math.fround(Number(text))).toBe(value === 0 ? 0 : value)
      expect(Number(Number(text).toPrecision(9))).toBe(Number(text))
    }),
  )
  expect(columnJson(Math.fround(0.1), float)).toBe('0.1')
})

test('a double, any text and any bytes come back from their JSON', () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string(),
      fc.uint8Array(),
      (value, text, bytes) => {
        expect(JSON.parse(columnJson(value, double))).toBe(value === 0 ? 0 : value)
        expect(JSON.parse(columnJson(text, { ...double, type: 15 }))).toBe(text)
        const base64 = JSON.parse(columnJson(bytes, { ...double, type: 252 })) as string
        expect(new Uint8Array(Buffer.from(base64, 'base64'))).toEqual(bytes)
      },
    ),
  )
})

test('bits, decimals and JSON stand as numbers only where a double keeps them', () => {
  const decimal = (precision: number): object => ({ name: 'c', type: 246, metadata: { precision } })
  expect(columnJson('1.50', decimal(15) as typeof float)).toBe('1.50')
  expect(columnJson('1.50', decimal(16) as typeof float)).toBe('"1.50"')
  expect(columnJson(Buffer.from('ffffffffffffffff', 'hex'), { ...float, type: 16 })).toBe(
    '"18446744073709551615"',
  )
  expect(columnJson('{"a":1}', { ...float, type: 245 })).toBe('{"a":1}')
  expect(columnJson(undefined, float)).toBe('null')
})
