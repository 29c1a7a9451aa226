import fc from 'fast-check'
import { expect, test } from 'vitest'
import { differences } from './difference.ts'

test.each([
  ['nothing that differs', { a: 1, b: [{ c: 'x' }] }, { a: 1, b: [{ c: 'x', d: 2 }], e: 3 }, []],
  ['a member', { a: { b: 1 } }, { a: { b: 2 } }, [{ path: 'a.b', wanted: 1, found: 2 }]],
  ['a member that is not there', { a: { b: 1 } }, { a: {} }, [{ path: 'a.b', wanted: 1 }]],
  ['an element more', { a: [1] }, { a: [1, 2] }, [{ path: 'a[1]', wanted: undefined, found: 2 }]],
  ['an element less', { a: [1, 2] }, { a: [1] }, [{ path: 'a[1]', wanted: 2 }]],
  ['another kind of value', { a: [1] }, { a: { 0: 1 } }, [{ path: 'a', wanted: [1], found: { 0: 1 } }]],
  ['a secret, which cannot be compared', { a: 'x' }, { a: 'sealed:v1:abc' }, []],
  ['what is left out', { a: undefined }, { a: 1 }, []],
])('finds %s', (_name, wanted, found, expected) => {
  expect(differences(wanted, found)).toEqual(expected)
})

test('what is found whole is as it is wanted, and one that lacks a wanted member is not', () => {
  const specs = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.jsonValue(), { minKeys: 1 })
  fc.assert(
    fc.property(specs, fc.stringMatching(/^[A-Z]$/), (spec, extra) => {
      const read = JSON.parse(JSON.stringify(spec)) as object
      expect(differences(read, { ...read, [extra]: 1 })).toEqual([])
      expect(differences({ ...read, [extra]: 1 }, read)).toEqual([{ path: extra, wanted: 1 }])
    }),
  )
})
