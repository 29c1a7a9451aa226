import { expect, test } from 'vitest'
import { readAnswer } from './answer.ts'

const event = (id: string, more: object = {}): { id: string; event: Uint8Array } => ({
  id,
  event: Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id,
      source: '/s',
      type: 't',
      time: '2026-01-01T00:00:00Z',
      ...more,
    }),
  ),
})

const given = [event('a'), event('b')]

const answer = (value: unknown): Uint8Array =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))

const read = (value: unknown) =>
  readAnswer(answer(value), given).map(made => JSON.parse(Buffer.from(made.event).toString()) as object)

test('complete events keep their bytes, large numbers included', () => {
  const text =
    '{"specversion":"1.0","id":"x","source":"/s","type":"t","time":"2026-01-01T00:00:00Z","data":12345678901234567890}'
  const [made] = readAnswer(answer(`[${text}]`), given)
  expect(Buffer.from(made!.event).toString()).toBe(text)
})

test('as many as were given inherit from the event at their place', () => {
  expect(read([{ data: 1 }, { data: 2, type: 'u' }])).toEqual([
    { specversion: '1.0', id: 'a', source: '/s', type: 't', time: '2026-01-01T00:00:00Z', data: 1 },
    { specversion: '1.0', id: 'b', source: '/s', type: 'u', time: '2026-01-01T00:00:00Z', data: 2 },
  ])
})

test('fewer or more inherit from the first, with ids of their own that stay the same', () => {
  expect(read([{ data: 1 }])).toMatchObject([{ id: 'a-0' }])
  expect(read([{ data: 1 }, { id: 'c' }, { data: 3 }])).toMatchObject([
    { id: 'a-0' },
    { id: 'c' },
    { id: 'a-2' },
  ])
})

test('a missing time is inherited as well', () => {
  const [made] = read([{ specversion: '1.0', id: 'x', source: '/s', type: 't' }])
  expect(made).toMatchObject({ time: '2026-01-01T00:00:00Z' })
})

test('no events are an answer', () => {
  expect(read([])).toEqual([])
})

test.each([
  ['no JSON', 'hello'],
  ['an object', '{}'],
  ['nothing', ''],
  ['an array of values', '[1]'],
  ['an event that is none', [{ id: 5 }]],
])('%s is refused', (_, value) => {
  expect(() => read(value)).toThrow(expect.objectContaining({ code: 'stream.answer-invalid' }))
})

test('more events than a batch may become are refused', () => {
  expect(() => read(`[${'{},'.repeat(10_000)}{}]`)).toThrow(
    expect.objectContaining({ code: 'stream.answer-too-large' }),
  )
})
