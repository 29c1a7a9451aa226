import { outgoing } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { readableLine } from './readable-line.ts'

const options = { output: 'stdout', show: 'body', lengthMax: 20 } as const
const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)
const head = '2026-01-02T03:04:05.000Z test /conformance a'
const line = (body: string, change: object = {}): string =>
  readableLine(outgoing('a', { body: Buffer.from(body) }), nowMs, { ...options, ...change })

test('a line has time, type, source, id and what was made of the event', () => {
  expect(line('{"n":1}')).toBe(`${head} {"n":1}`)
})

test('of what is long only the beginning is shown, in whole characters', () => {
  expect(line('x'.repeat(20))).toBe(`${head} ${'x'.repeat(20)}`)
  expect(line('😀'.repeat(21))).toBe(`${head} ${'😀'.repeat(20)}…`)
})

test('the event, or nothing of it, where that is asked for', () => {
  expect(line('{}', { show: 'event', lengthMax: 1_000 })).toBe(
    `${head} {"specversion":"1.0","id":"a","source":"/conformance","type":"test","data":{"id":"a"}}`,
  )
  expect(line('{}', { show: 'head' })).toBe(head)
})

test('nothing in an event can act on a terminal or begin a line of its own', () => {
  const sly = 'a\u001b[2Jb\n  c\u202ed\u0007'
  expect(line(sly)).toBe(`${head} a\\u001b[2Jb c\\u202ed\\u0007`)
  const record = outgoing('\u001b]0;x\u0007', { type: 'a\r\nb', source: '\u009b1m' })
  expect(readableLine(record, nowMs, { ...options, show: 'head' })).toBe(
    '2026-01-02T03:04:05.000Z a b \\u009b1m \\u001b]0;x\\u0007',
  )
})
