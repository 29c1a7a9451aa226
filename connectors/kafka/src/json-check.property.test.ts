import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isJson } from './json-check.ts'

function check(text: string): boolean {
  return isJson(Buffer.from(text))
}

function slowly(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('what is JSON passes, also with white space', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      expect(check(JSON.stringify(value, null, space))).toBe(true)
    }),
  )
})

test('it agrees with the parser about texts that are nearly JSON', () => {
  const piece = fc.constantFrom(
    ...'{ } [ ] , : " \\ 0 1 - + . e E t true false null "a" \\u00e9 \\n \u0001 \u00a0 -0 1.5 1e9 ü'.split(
      ' ',
    ),
    ' ',
    '\n',
    '"b":',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
      const text = pieces.join('')
      expect(check(text)).toBe(slowly(text))
    }),
    { numRuns: 5_000 },
  )
})

test('it agrees with the parser about JSON with one change', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.nat(),
      fc.string({ maxLength: 1 }),
      fc.nat(1),
      (value, place, put, cut) => {
        const text = JSON.stringify(value)
        const at = place % (text.length + 1)
        const changed = (text.slice(0, at) + put + text.slice(at + cut)).toWellFormed()
        expect(check(changed)).toBe(slowly(changed))
      },
    ),
    { numRuns: 2_000 },
  )
})

test.each([
  '',
  ' ',
  '01',
  '1.',
  '.5',
  '1e',
  '+1',
  'tru',
  'nulll',
  '"\\x"',
  '"\\u12g4"',
  '[1,]',
  '{"a":1,}',
  '{a:1}',
  '[}',
  '"',
  '\ufeff1',
])('%j is not JSON', text => {
  expect([check(text), slowly(text)]).toEqual([false, false])
})

test('no depth exhausts the stack', () => {
  const depth = 200_000
  expect(check('['.repeat(depth) + ']'.repeat(depth))).toBe(true)
  expect(check('['.repeat(depth))).toBe(false)
})
