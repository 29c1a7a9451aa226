import type { OutgoingRecord } from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { objectsOf } from './objects.ts'
import { compilePath } from './path-format.ts'

const settings = {
  format: 'json-lines',
  compression: 'none',
  partitionBy: 'event',
  objectBytesMax: 1_000,
} as const
const path = compilePath('{HH}', 'UTC')
const now = Date.parse('2026-01-01T23:00:00Z')

/** An event of a time, with a body of its own. */
function at(id: string, time: string | undefined, body = `{"n":"${id}"}`): OutgoingRecord {
  const event = Buffer.from(JSON.stringify({ specversion: '1.0', id, source: '/s', type: 't', time }))
  return outgoing(id, { event, body: Buffer.from(body) })
}

const of = (records: readonly OutgoingRecord[], change: object = {}) =>
  objectsOf(records, { ...settings, ...change }, path, now)
const textOf = (parts: readonly Uint8Array[]): string => Buffer.concat(parts).toString()

describe('objects of a batch', () => {
  test('records of one path are the lines of one object, in their order', () => {
    const { objects, refused } = of([
      at('a', '2026-01-01T05:00:00Z'),
      at('b', '2026-01-01T06:00:00+00:30'),
      at('c', '2026-01-01T06:00:00Z'),
    ])
    expect(refused.size).toBe(0)
    expect(objects.map(({ indexes, parts }) => [indexes, textOf(parts)])).toEqual([
      [[0, 1], '{"n":"a"}\n{"n":"b"}\n'],
      [[2], '{"n":"c"}\n'],
    ])
    expect(objects[0]?.key).toMatch(/^05\/20260101T050000\.000Z-2-[0-9a-f]{16}\.jsonl$/)
  })

  test('the same records have the same keys whenever they are written, others have others', () => {
    const records = [at('a', '2026-01-01T05:00:00Z'), at('b', '2026-01-01T05:00:01Z')]
    const keysOf = (batch: readonly OutgoingRecord[], nowMs: number) =>
      objectsOf(batch, settings, path, nowMs).objects.map(({ key }) => key)
    const again = records.map(record => ({ ...record, attempt: 2 }))
    expect(keysOf(again, now + 7_200_000)).toEqual(keysOf(records, now))
    expect(keysOf(records.slice(0, 1), now)).not.toEqual(keysOf(records, now))
    expect(keysOf(records.toReversed(), now)).not.toEqual(keysOf(records, now))
  })

  test('an event without a time, and where the options say so, the time of writing makes the path', () => {
    expect(of([at('a', undefined)]).objects[0]?.key).toMatch(/^23\//)
    const byWriting = { partitionBy: 'write' }
    expect(of([at('a', '2026-01-01T05:00:00Z')], byWriting).objects[0]?.key).toMatch(/^23\//)
  })

  test('line breaks between values are spaces, and digits stay what they are', () => {
    const { objects } = of([at('a', undefined, '{\r\n "n": 12345678901234567890\n}')])
    expect(textOf(objects[0]!.parts)).toBe('{   "n": 12345678901234567890 }\n')
  })

  test('an object that is full is followed by another', () => {
    const records = ['a', 'b', 'c'].map(id => at(id, '2026-01-01T05:00:00Z', `"${id.repeat(398)}"`))
    const { objects } = of(records)
    expect(objects.map(({ indexes }) => indexes)).toEqual([[0, 1], [2]])
    expect(new Set(objects.map(({ key }) => key)).size).toBe(2)
  })

  test('what fits no object, and what is no JSON, is refused, and the others go', () => {
    const { objects, refused } = of([
      at('a', undefined, `"${'x'.repeat(1_000)}"`),
      at('b', undefined, 'hush-hush'),
      at('c', undefined),
    ])
    expect(objects.map(({ indexes }) => indexes)).toEqual([[2]])
    expect(refused.get(0)).toMatchObject({ code: 'sink.rejected', retry: { kind: 'never' } })
    expect(refused.get(0)?.message).toContain('has 1003 bytes')
    expect(refused.get(1)?.message).not.toContain('hush')
  })

  test('raw bodies are objects of their own, named by event or target', () => {
    const records = [
      at('x/1', '2026-01-01T05:00:00Z', 'any'),
      { ...at('b', undefined, 'any'), parameters: { key: 'k/b.txt' }, contentType: 'text/plain' },
      { ...at('c', undefined, 'any'), parameters: { path: 'p' } },
    ]
    const { objects } = of(records, { format: 'raw' })
    expect(objects.map(({ key, contentType }) => [key, contentType])).toEqual([
      ['05/x-1', 'application/octet-stream'],
      ['k/b.txt', 'text/plain'],
      ['p/c', 'application/octet-stream'],
    ])
  })
})
