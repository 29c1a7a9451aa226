import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decimal } from '../language/index.ts'
import { wildcardHolds } from '../operators/index.ts'
import { FragmentIndex } from './fragment-index.ts'
import { IntervalTree } from './interval-tree.ts'
import { TextMap } from './text-map.ts'

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '€'), maxLength: 6 })
const byName = (left: string, right: string): number => (left < right ? -1 : 1)

/** JSON has no infinite numbers and would give different bounds one name. */
function nameOf(key: unknown): string {
  return JSON.stringify(key, (_name, value: unknown) => (typeof value === 'number' ? String(value) : value))
}

/** Adds and removes entries: each step names one of a few keys, and what is there goes. */
function applied<Key>(steps: readonly Key[], add: (key: Key) => void, remove: (key: Key) => void): Key[] {
  const present = new Map<string, Key>()
  for (const key of steps) {
    const name = nameOf(key)
    if (present.delete(name)) remove(key)
    else {
      present.set(name, key)
      add(key)
    }
  }
  return [...present.values()]
}

describe.each(['forwards', 'backwards'] as const)('a text map read %s', direction => {
  test('finds what stands at that end of a text, after any additions and removals', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 80 }), fc.array(text, { maxLength: 5 }), (steps, asked) => {
        const map = new TextMap<string>(direction)
        const left = applied(
          steps,
          key => map.add(key, key),
          key => map.remove(key, key),
        )
        for (const subject of asked) {
          const affixes: string[] = []
          map.collectAffixes(subject, affixes)
          const holds = (key: string): boolean =>
            direction === 'forwards' ? subject.startsWith(key) : subject.endsWith(key)
          expect(affixes.sort(byName)).toEqual(left.filter(holds).sort(byName))
          const equal: string[] = []
          map.collect(subject, equal)
          expect(equal).toEqual(left.filter(key => key === subject))
          const candidates: string[] = []
          map.collectCandidates(subject, candidates)
          expect(candidates).toEqual(expect.arrayContaining(affixes))
        }
      }),
    )
  })
})

test('a text map keeps several items of one text apart', () => {
  const map = new TextMap<number>()
  for (const item of [1, 2, 2, 3]) map.add('x', item)
  map.remove('x', 2)
  map.remove('x', 9)
  const found: number[] = []
  map.collect('x', found)

  expect(new Set(found)).toEqual(new Set([1, 2, 3]))
  expect(map.countAt('x')).toBe(3)
})

const bound = fc.constantFrom(
  -1e300,
  -2,
  -1,
  0,
  0.1,
  1,
  2,
  9007199254740992,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
)
const range = fc.record({ low: bound, lowIncluded: fc.boolean(), high: bound, highIncluded: fc.boolean() })
const number = fc.constantFrom(
  '-1e400',
  '-2',
  '-1.0',
  '0',
  '1e-400',
  '0.1',
  '0.10000000000000000001',
  '1',
  '1.5',
  '2',
  '9007199254740993',
  '1e400',
)

test('an interval tree finds the intervals in which a number lies, after any additions and removals', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 60 }), number, (steps, asked) => {
      const tree = new IntervalTree<string>()
      const left = applied(
        steps,
        each => tree.add(each, nameOf(each)),
        each => tree.remove(each, nameOf(each)),
      )
      const value = new Decimal(asked)
      const inside = left.filter(each => {
        const low = value.compareToBound(each.low)
        const high = value.compareToBound(each.high)
        return (each.lowIncluded ? low >= 0 : low > 0) && (each.highIncluded ? high <= 0 : high < 0)
      })
      const found: string[] = []
      tree.collect(value, found)
      expect(found.sort(byName)).toEqual(inside.map(each => nameOf(each)).sort(byName))
    }),
    { numRuns: 500 },
  )
})

test('a fragment index finds the wildcards that accept a text, after any additions and removals', () => {
  // Two stars never stand side by side, so no piece between two stars is empty.
  const end = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 })
  const middle = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 10 })
  const several = fc.tuple(end, fc.array(middle, { maxLength: 3 }), end)
  const pieces = fc.oneof(
    end.map(text => [text]),
    several.map(([first, between, last]) => [first, ...between, last]),
  )
  const subject = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 16 })
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), subject, (steps, asked) => {
      const index = new FragmentIndex<string>()
      const left = applied(
        steps,
        each => index.add(each, each.join('*')),
        each => index.remove(each, each.join('*')),
      )
      const found: string[] = []
      index.collect(asked, found)
      const accepting = left.filter(each => wildcardHolds(each, asked)).map(each => each.join('*'))
      expect([...new Set(found)].sort(byName)).toEqual(accepting.sort(byName))
    }),
    { numRuns: 500 },
  )
})
