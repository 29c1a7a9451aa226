import { matches } from '@millrace/pattern'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileTransform } from '../../bus/transform/index.ts'
import { patternOptions } from '../../resources/index.ts'
import { innerSource } from './source-text.ts'
import { innerPattern, outerPatternText, readPattern } from './pattern.ts'

const place = { owner: '111122223333', region: 'us-east-1' }
const shape = compileTransform({
  form: 'AWS',
  value: '$',
  variables: {},
  account: place.owner,
  region: place.region,
})

const word = fc.constantFrom('a', 'b', 'ab', 'a*b', String.raw`c\d`, 'x"y', '')
const resources = fc.array(fc.constantFrom('a', 'b', 'ab', 'a*b', String.raw`c\d`, 'x"y'), { maxLength: 3 })

/** Stored events: of this interface, and of other roads. */
const event = fc.record(
  {
    specversion: fc.constant('1.0'),
    id: fc.constantFrom('1', '2'),
    source: fc.constantFrom('a', 'b', 'a b', String.raw`a\d`),
    type: fc.constantFrom('a', 'b'),
    time: fc.constant('2026-11-23T17:29:58Z'),
    data: fc.record({ a: fc.oneof(word, fc.integer({ min: 0, max: 3 })), b: word }, { requiredKeys: [] }),
    awsaccount: fc.constantFrom(place.owner, '444455556666'),
    awsregion: fc.constantFrom(place.region, 'eu-west-1'),
    resources,
  },
  { requiredKeys: ['specversion', 'id', 'source', 'type', 'time', 'data', 'resources'] },
)

function stored({ resources: list, ...given }: { resources: string[]; source: string }): object {
  const source = innerSource(given.source)
  const rest = { ...given, source, ...(source === given.source ? {} : { awssource: given.source }) }
  const [only, ...others] = list
  if (only === undefined) return rest
  const awsresources = JSON.stringify(list)
  return others.length === 0 ? { ...rest, subject: only, awsresources } : { ...rest, awsresources }
}

const exact = fc.array(word, { minLength: 1, maxLength: 2 })
const textual = fc.array(
  fc.oneof(
    word,
    fc.record({ prefix: fc.constantFrom('a', 'x"') }),
    fc.record({ suffix: fc.constantFrom('b', 'd') }),
    fc.record({ exists: fc.boolean() }),
  ),
  { minLength: 1, maxLength: 2 },
)
const sources = fc.constantFrom(
  ['a b'],
  [{ prefix: 'a ' }],
  [{ suffix: ' b' }],
  [{ wildcard: 'a *' }],
  [{ wildcard: String.raw`a\\*` }],
  [{ 'anything-but': ['a b'] }],
  [{ 'anything-but': { prefix: 'a ' } }],
  [{ 'equals-ignore-case': 'A B' }],
  ['a', String.raw`a\d`],
)
const pattern = fc
  .record(
    {
      source: sources,
      'detail-type': exact,
      detail: fc.record({ a: textual }),
      'detail.b': textual,
      resources: textual,
      account: fc.constantFrom([place.owner], [{ 'anything-but': place.owner }], [{ prefix: '4' }]),
      region: fc.constantFrom([place.region], ['eu-west-1'], [{ exists: true }], [{ exists: false }]),
      version: fc.constantFrom(['0'], ['1']),
      other: fc.constantFrom(['a'], [{ exists: false }]),
      'replay-name': fc.constantFrom(['a'], [{ exists: false }]),
      $or: fc.tuple(
        fc.record({ resources: exact }),
        fc.oneof(fc.record({ account: fc.constant([place.owner]) }), fc.record({ source: exact })),
      ),
    },
    { requiredKeys: [] },
  )
  .filter(made => Object.keys(made).length > 0)

test('a pattern finds in stored events what it would find in the events of this interface', () => {
  fc.assert(
    fc.property(event, pattern, (given, wanted) => {
      const bytes = Buffer.from(JSON.stringify(stored(given)))
      const inner = innerPattern(wanted, place)
      const shown = Buffer.from(shape.apply(bytes)?.bytes ?? []).toString()
      const isFound = matches(inner, bytes, patternOptions({ pattern: inner, dialect: 'standard' }))
      expect(isFound).toBe(matches(wanted, shown))
    }),
    { numRuns: 2_000 },
  )
})

describe('a pattern is told', () => {
  test('as it was written', () => {
    const text = '{ "resources": ["a"], "account": ["111122223333"], "detail": {"n": [3e2]} }'
    const spec = { pattern: innerPattern(readPattern(text), place) }
    expect(outerPatternText(spec, { EventPattern: text }, place)).toBe(text)
  })

  test('in names of this interface when another one has written it, or changed it', () => {
    const spec = { pattern: { type: ['t'], $or: [{ data: { a: [1] } }, { subject: ['s'] }] } }
    const text = '{"detail-type":["t"],"$or":[{"detail":{"a":[1]}},{"resources":["s"]}]}'
    expect(outerPatternText(spec, {}, place)).toBe(text)
    expect(outerPatternText(spec, { EventPattern: '{"source":["old"]}' }, place)).toBe(text)
    expect(outerPatternText({ pattern: {} }, {}, place)).toBeUndefined()
  })
})

test.each([
  ['[]', 'InvalidEventPatternException'],
  ['no', 'InvalidEventPatternException'],
  ['{}', 'pattern.'],
  ['{"a":1}', 'pattern.'],
  ['{"a":[{"unknown":1}]}', 'pattern.'],
])('%s is no pattern', (text, code) => {
  expect(() => readPattern(text)).toThrow(expect.objectContaining({ code: expect.stringContaining(code) }))
})
