import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { skipString } from './json-text.ts'

/** Strings around and beyond the length at which native code looks for the end, rich in what may mislead it. */
const text = fc
  .array(fc.constantFrom('a', '"', '\\', '\\\\', '\n', 'é', 'x'.repeat(31), 'y'.repeat(32)), {
    maxLength: 12,
  })
  .map(parts => parts.join(''))

test('the end of a string is found wherever it is, whatever its length and its escapes', () => {
  fc.assert(
    fc.property(text, fc.constantFrom('', '"', ',"', '\\"'), (value, behind) => {
      const json = JSON.stringify(value)
      const bytes = new Uint8Array(Buffer.from(json + behind))
      expect(skipString(bytes, 0)).toBe(Buffer.byteLength(json))
    }),
  )
})

test('a string without an end is a bug that throws', () => {
  expect(() => skipString(Buffer.from(`"${'x'.repeat(100)}\\"`), 0)).toThrow('closes its strings')
})
