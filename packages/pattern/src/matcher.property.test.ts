import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readEvent } from './event-input.ts'
import { compile, matches, parsePattern, PatternError, type Dialect } from './index.ts'
import { referenceMatches } from './reference.ts'

/** Few names, texts and numbers, so that patterns and events meet often. */
const names = fc.constantFrom('a', 'b', 'c', 'a.b', 'é', '"q"')
const texts = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'ab',
    'abc',
    'abcabc',
    'A',
    'ß',
    'SS',
    'é',
    '€',
    '😀',
    'null',
    'true',
    '1',
    '10.0.0.1',
    '10.0.0.9',
  ),
  fc.constantFrom('::1', '0:0:0:0:0:0:0:1', '2001:db8::7', 'a*c', 'a\\c', '"', '\n', '\u0001', 'bca'),
  fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'A', '*'), maxLength: 8 }),
)
const numbers = fc.oneof(
  fc.constantFrom(0, -0, 1, 2, 3, 300, 0.1, -1, 1e21, 1e-7, 123456789012345680, 5e-324),
  fc.integer({ min: -3, max: 3 }),
)
const scalars = fc.oneof(texts, numbers, fc.boolean(), fc.constant(null))

const { event } = fc.letrec<{ event: Record<string, unknown>; value: unknown }>(tie => ({
  event: fc.dictionary(names, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalars,
    fc.array(tie('value'), { maxLength: 3 }),
    tie('event'),
  ),
}))

const filled = texts.filter(text => text !== '')
const wildcards = fc
  .array(fc.constantFrom('a', 'b', 'c', 'ab', '*', '\\*', '\\\\', 'é'), { maxLength: 7 })
  .map(parts => parts.filter((part, index) => part !== '*' || parts[index - 1] !== '*').join(''))
const ranges = fc
  .tuple(numbers, numbers, fc.constantFrom('>', '>='), fc.constantFrom('<', '<='))
  .filter(([low, high]) => low !== high)
  .map(([one, other, lower, upper]) => [lower, Math.min(one, other), upper, Math.max(one, other)])
const comparisons = fc.tuple(fc.constantFrom('=', '<', '<=', '>', '>='), numbers)

const sharedOperators = [
  texts,
  numbers,
  fc.boolean(),
  fc.constant(null),
  filled.map(text => ({ prefix: text })),
  filled.map(text => ({ suffix: text })),
  filled.map(text => ({ contains: text })),
  fc.boolean().map(exists => ({ exists })),
  filled.map(text => ({ 'anything-but': { prefix: text } })),
  filled.map(text => ({ 'anything-but': { suffix: text } })),
  fc.array(texts, { minLength: 1, maxLength: 12 }).map(list => ({ 'anything-but': list })),
  fc.array(numbers, { minLength: 1, maxLength: 3 }).map(list => ({ 'anything-but': list })),
  fc.constantFrom('10.0.0.0/24', '10.0.0.0/30', '0.0.0.0/0').map(cidr => ({ cidr })),
] as const

const standardOperators = [
  ...sharedOperators,
  ranges.map(numeric => ({ numeric })),
  comparisons.map(numeric => ({ numeric })),
  texts.map(text => ({ exactly: text })),
  texts.map(text => ({ 'equals-ignore-case': text })),
  texts.map(text => ({ prefix: { 'equals-ignore-case': text } })),
  texts.map(text => ({ suffix: { 'equals-ignore-case': text } })),
  wildcards.map(wildcard => ({ wildcard })),
  fc.array(wildcards, { minLength: 1, maxLength: 3 }).map(wildcard => ({ 'anything-but': { wildcard } })),
  texts.map(text => ({ 'anything-but': { 'equals-ignore-case': text } })),
  fc.constantFrom('2001:db8::/32', '::/0', '::/127').map(cidr => ({ cidr })),
] as const

const smallNumbers = fc.integer({ min: -3, max: 300 })
const aliyunOperators = [
  ...sharedOperators,
  fc
    .array(fc.tuple(fc.constantFrom('=', '!=', '<', '<=', '>', '>='), smallNumbers), {
      minLength: 1,
      maxLength: 2,
    })
    .map(pairs => ({ numeric: pairs.flat() })),
  fc.array(scalars, { minLength: 1, maxLength: 3 }).map(list => ({ 'anything-but': list })),
  fc.constantFrom('10.0.0.9', '10.0.0.0/31').map(cidr => ({ cidr })),
] as const

function patternsOf(dialect: Dialect): fc.Arbitrary<object> {
  const operator = fc.oneof(...(dialect === 'standard' ? standardOperators : aliyunOperators))
  const list = fc.array(operator, { minLength: 1, maxLength: 3 })
  const atDepth = (depth: number): fc.Arbitrary<object> => {
    const member = depth === 0 ? list : fc.oneof({ weight: 2, arbitrary: list }, atDepth(depth - 1))
    const base = fc.dictionary(names, member, { minKeys: 1, maxKeys: 3, noNullPrototype: true })
    if (dialect === 'aliyun' || depth === 0) return base
    const branches = fc.array(atDepth(depth - 1), { minLength: 2, maxLength: 3 })
    const either = fc.tuple(base, branches).map(([fields, $or]) => ({ ...fields, $or }))
    return fc.oneof({ weight: 4, arbitrary: base }, either)
  }
  return atDepth(2)
}

function isValid(pattern: object, dialect: Dialect): boolean {
  try {
    parsePattern(pattern, { dialect })
    return true
  } catch (error) {
    if (error instanceof PatternError) return false
    throw error
  }
}

function expected(patterns: ReadonlyMap<number, object>, subject: object, dialect: Dialect): number[] {
  const root = readEvent(subject)
  return [...patterns].flatMap(([id, pattern]) =>
    referenceMatches(parsePattern(pattern, { dialect }), root) ? [id] : [],
  )
}

function outcomeOf(match: () => string[]): string[] {
  try {
    return match()
  } catch (error) {
    if (error instanceof PatternError) return [error.code]
    throw error
  }
}

const sorted = (ids: readonly number[]): number[] => [...ids].sort((left, right) => left - right)
const bytesOf = (subject: object): Uint8Array => new TextEncoder().encode(JSON.stringify(subject))
const prettyBytesOf = (subject: object): Uint8Array => Buffer.from(JSON.stringify(subject, null, ' '))

describe.each(['standard', 'aliyun'] as const)('in the dialect %s', dialect => {
  const valid = patternsOf(dialect).filter(pattern => isValid(pattern, dialect))

  test('a single pattern matches exactly when the reference says so, as an object and as bytes', () => {
    fc.assert(
      fc.property(valid, event, (pattern, subject) => {
        const answer = referenceMatches(parsePattern(pattern, { dialect }), readEvent(subject))
        expect(matches(pattern, subject, { dialect })).toBe(answer)
        expect(matches(pattern, bytesOf(subject), { dialect })).toBe(answer)
        expect(matches(JSON.stringify(pattern), prettyBytesOf(subject), { dialect })).toBe(answer)
      }),
      { numRuns: 1500 },
    )
  })

  test('many rules match exactly as each by itself', () => {
    fc.assert(
      fc.property(
        fc.array(valid, { minLength: 5, maxLength: 40 }),
        fc.array(event, { maxLength: 8 }),
        (list, subjects) => {
          const matcher = compile([...list.entries()], { dialect })
          for (const subject of subjects) {
            const answer = expected(new Map(list.entries()), subject, dialect)
            expect(sorted(matcher.match(subject))).toEqual(answer)
            expect(sorted(matcher.match(bytesOf(subject)))).toEqual(answer)
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  test('rules added and deleted one by one leave what compiling the rest at once gives', () => {
    const steps = fc.array(fc.tuple(fc.nat({ max: 15 }), valid), { minLength: 10, maxLength: 60 })
    fc.assert(
      fc.property(steps, fc.array(event, { minLength: 1, maxLength: 4 }), (list, subjects) => {
        const matcher = compile<number>([], { dialect })
        const current = new Map<number, object>()
        for (const [id, pattern] of list) {
          const isGone = current.delete(id)
          expect(matcher.delete(id)).toBe(isGone)
          if (!isGone) matcher.add(id, pattern)
          if (!isGone) current.set(id, pattern)
          expect(matcher.size).toBe(current.size)
        }
        for (const subject of subjects) {
          expect(sorted(matcher.match(bytesOf(subject)))).toEqual(sorted(expected(current, subject, dialect)))
        }
      }),
      { numRuns: 150 },
    )
  })
})

test('bytes that are no JSON object are refused or match nothing, and never more than that', () => {
  const matcher = compile([
    ['x', { a: [{ exists: true }] }],
    ['y', { a: { b: [{ exists: false }] }, c: [{ wildcard: '*' }] }],
  ])
  const damaged = event.chain(subject => {
    const bytes = bytesOf(subject)
    return fc
      .array(fc.tuple(fc.nat({ max: Math.max(0, bytes.length - 1) }), fc.nat({ max: 255 })), { maxLength: 4 })
      .chain(changes =>
        fc.nat({ max: bytes.length }).map(length => {
          const copy = bytes.slice(0, length)
          for (const [at, byte] of changes) if (at < copy.length) copy[at] = byte
          return copy
        }),
      )
  })
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 64 })), bytes => {
      const outcome = outcomeOf(() => matcher.match(bytes))
      expect(outcome.every(id => id === 'x' || id === 'y' || id === 'pattern.event-not-json')).toBe(true)
    }),
    { numRuns: 3000 },
  )
})
