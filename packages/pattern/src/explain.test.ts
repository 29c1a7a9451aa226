import { expect, test } from 'vitest'
import { explain, PatternError } from './index.ts'

test('each field is reported with what was wanted, what was found and the verdict', () => {
  const pattern = {
    source: ['shop', { prefix: 'acs.' }],
    data: {
      amount: [{ numeric: ['>', 0, '<=', 5] }],
      gone: [{ exists: false }],
      list: [1],
      user: [{ 'anything-but': ['x'] }],
    },
  }
  const event = { source: 'shop', data: { amount: 7, list: [2, 3] } }

  expect(explain(pattern, event)).toEqual({
    matches: false,
    summary: 'The pattern does not match the event because of "data.amount", "data.list", "data.user".',
    fields: [
      field('data.amount', [{ numeric: ['>', 0, '<=', 5] }], [7], 'different'),
      field('data.gone', [{ exists: false }], [], 'matched'),
      field('data.list', [1], [2, 3], 'different'),
      field('data.user', [{ 'anything-but': ['x'] }], [], 'missing'),
      field('source', ['shop', { prefix: 'acs.' }], ['shop'], 'matched'),
    ],
  })
})

test('a match says so', () => {
  expect(explain({ a: [1] }, new TextEncoder().encode('{"a":1.0}'))).toMatchObject({
    matches: true,
    fields: [{ path: 'a', wanted: [1], found: [1], verdict: 'matched' }],
  })
})

test('values in different elements of a list are the reason when every field by itself is satisfied', () => {
  const explanation = explain({ a: { x: [1], y: [2] } }, { a: [{ x: 1 }, { y: 2 }] })

  expect(explanation.matches).toBe(false)
  expect(explanation.fields.map(each => each.verdict)).toEqual(['matched', 'matched'])
  expect(explanation.summary).toContain('different elements')
})

test('the alternatives of $or are told apart', () => {
  const { fields, matches } = explain({ $or: [{ a: [1] }, { b: [2] }] }, { b: 2 })

  expect(matches).toBe(true)
  expect(fields.map(each => [each.alternative, each.path, each.verdict])).toEqual([
    [0, 'a', 'missing'],
    [1, 'b', 'matched'],
  ])
})

test('an object where the dialect aliyun wants a leaf is not comparable', () => {
  const { fields } = explain(
    { data: { a: [{ exists: false }] } },
    { data: { a: { b: 1 } } },
    { dialect: 'aliyun' },
  )

  expect(fields[0]?.verdict).toBe('not-comparable')
})

test('every kind of condition is written as a pattern writes it', () => {
  const list = [
    '10.0.0.1',
    true,
    null,
    { suffix: 'x' },
    { contains: 'x' },
    { wildcard: 'a*\\*b' },
    { 'equals-ignore-case': 'x' },
    { prefix: { 'equals-ignore-case': 'x' } },
    { numeric: ['=', 5] },
    { numeric: ['<', 5] },
    { exists: true },
    { cidr: '10.0.0.0/24' },
  ]

  const [first] = explain({ a: list }, { a: 1 }).fields

  expect(first?.wanted).toEqual([...list.slice(0, -1), { cidr: '10.0.0.0 to 10.0.0.255' }])
})

test('long values are cut', () => {
  const [first] = explain(
    { a: ['x'] },
    { a: ['y'.repeat(1000), ...Array.from({ length: 50 }, () => 1)] },
  ).fields

  expect(first?.found).toHaveLength(20)
  expect(first?.found[0]).toHaveLength(257)
})

test('many lists are explained without trying the product of their elements', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  const elements = Array.from({ length: 100 }, () => ({ x: 1, y: 0 }))
  const event = Object.fromEntries(names.map(name => [name, elements]))
  const impossible = Object.fromEntries(names.map(name => [name, { x: [1], y: [name === 'h' ? 1 : 0] }]))

  expect(explain(impossible, event).matches).toBe(false)
})

test('an invalid pattern and an event that is no object are refused', () => {
  expect(() => explain({ a: [] }, {})).toThrow(PatternError)
  expect(() => explain({ a: [1] }, '[]')).toThrow(PatternError)
})

function field(path: string, wanted: unknown[], found: unknown[], verdict: string): object {
  return { alternative: 0, path, wanted, found, verdict }
}
