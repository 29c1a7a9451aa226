import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decimal } from '../language/index.ts'
import { wildcardHolds } from '../operators/index.ts'
import { CandidateTable, demandOf, offerOf } from './candidate-table.ts'
import { endOfContainer } from './end-of-container.ts'
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

test('a candidate table offers every candidate whose demand is met, after any additions and removals', () => {
  // Few hashes, so that candidates share places; the lengths cross those up to which texts are examined and told apart.
  const piece = fc.string({ unit: fc.constantFrom('a', 'b', 'z', 'é', '€'), maxLength: 4 })
  const long = fc
    .tuple(piece, fc.constantFrom(0, 60, 64, 65, 300))
    .map(([end, size]) => 'a'.repeat(size) + end)
  const filed = fc.record({ hash: fc.constantFrom(0, 1, 16, 32, -1), text: long })
  fc.assert(
    fc.property(fc.array(filed, { maxLength: 80 }), long, piece, (steps, middle, rest) => {
      const table = new CandidateTable<{ readonly demand: number; readonly name: string }>()
      const made = new Map<string, { readonly demand: number; readonly name: string }>()
      const candidateOf = (each: { hash: number; text: string }) => {
        const name = nameOf(each)
        const candidate = made.get(name) ?? { demand: demandOf([each.text]), name }
        made.set(name, candidate)
        return candidate
      }
      const left = applied(
        steps,
        each => table.add(each.hash, candidateOf(each)),
        each => table.remove(each.hash, candidateOf(each)),
      )
      expect(table.size).toBe(left.length)
      for (const hash of [0, 1, 16, 32, -1]) {
        const present = left.filter(each => each.hash === hash)
        expect(table.countAt(hash)).toBe(present.length)
        const subject = rest + middle
        const found: Array<{ readonly name: string }> = []
        table.collect(hash, offerOf(subject), found as never[])
        const accepting = present.filter(each => subject.includes(each.text)).map(nameOf)
        expect(found.map(each => each.name)).toEqual(expect.arrayContaining(accepting))
        expect(present.map(nameOf)).toEqual(expect.arrayContaining(found.map(each => each.name)))
      }
    }),
    { numRuns: 500 },
  )
})

test('a candidate table refuses what is too long or has other characters', () => {
  const table = new CandidateTable<{ readonly demand: number }>()
  const candidate = { demand: demandOf(['ab', 'c']) }
  table.add(7, candidate)
  const found = (text: string): unknown[] => {
    const into: Array<{ readonly demand: number }> = []
    table.collect(7, offerOf(text), into)
    return into
  }

  expect(found('cab')).toEqual([candidate])
  expect(found('ab')).toEqual([])
  expect(found('abd')).toEqual([])
})

test('the end of a container is where its brackets close, whatever its strings and numbers hold', () => {
  const name = fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ':', '1', 'é', '\u{1f600}') })
  const { value } = fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      name,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(name, tie('value'), { maxKeys: 3 }),
    ),
  }))
  fc.assert(
    fc.property(fc.array(value), fc.nat(9), fc.nat(3), name, (content, before, indent, after) => {
      const text = new TextEncoder().encode(JSON.stringify(content, null, indent))
      const memory = new Uint8Array(before + text.length + 20)
      memory.set(text, before)
      memory.set(new TextEncoder().encode(after).subarray(0, 20), before + text.length)
      const words = new DataView(memory.buffer)

      const whole = memory.subarray(before)
      expect(endOfContainer(whole, words, 1)).toBe(text.length)
      const cut = memory.subarray(before, before + text.length - 1)
      expect(endOfContainer(cut, words, 1)).toBe(-1)
    }),
    { numRuns: 500 },
  )
})
