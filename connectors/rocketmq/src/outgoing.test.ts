import { outgoing } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { outgoingMessage } from './outgoing.ts'

const nowMs = 1_000_000
const make = (parameters: Record<string, string>, topic: string | undefined = 'orders') =>
  outgoingMessage(outgoing('1', { parameters }), topic, nowMs)

describe('a record as a message', () => {
  test('without parameters is its body in the topic of the options', () => {
    const record = outgoing('1')
    expect(outgoingMessage(record, 'orders', nowMs)).toEqual({
      topic: 'orders',
      body: record.body,
      keys: [],
      properties: {},
    })
  })

  test('takes topic, tag, keys and properties from parameters; empty ones are as good as none', () => {
    const parameters = {
      topic: 'other',
      tags: 'blue',
      keys: ' a  b ',
      properties: '{"n":1,"s":"x","o":{"p":[]}}',
      'properties.s': 'y',
      messageGroup: '',
      delayMs: '',
    }
    expect(make(parameters)).toMatchObject({
      topic: 'other',
      tag: 'blue',
      keys: ['a', 'b'],
      properties: { n: '1', s: 'y', o: '{"p":[]}' },
    })
    expect(make(parameters)).not.toHaveProperty('messageGroup')
  })

  test.each([
    [{ messageGroup: 'g' }, { messageGroup: 'g' }],
    [{ shardingKey: 'g' }, { messageGroup: 'g' }],
    [{ messageGroup: 'g', shardingKey: 'h' }, { messageGroup: 'g' }],
    [{ delayMs: '5000' }, { deliverAtMs: nowMs + 5_000 }],
    [{ deliveryTime: '2026-01-01T00:00:00Z' }, { deliverAtMs: 1_767_225_600_000 }],
    [{ deliveryTime: '1767225600000' }, { deliverAtMs: 1_767_225_600_000 }],
  ])('%j becomes %j', (parameters, expected) => {
    expect(make(parameters)).toMatchObject(expected)
  })

  test('a delay of nothing is no delay', () => {
    expect(make({ delayMs: '0' })).not.toHaveProperty('deliverAtMs')
  })

  test.each([
    [{ topic: 'a b' }, 'topic'],
    [{ deliveryTime: 'soon' }, 'deliveryTime'],
    [{ delayMs: '-1' }, 'delayMs'],
    [{ delayMs: '1.5' }, 'delayMs'],
    [{ delayMs: '1', deliveryTime: '1' }, 'delayMs'],
    [{ messageGroup: 'g', delayMs: '1' }, 'messageGroup'],
    [{ properties: 'secret' }, 'properties'],
    [{ properties: '[]' }, 'properties'],
    [{ 'properties.': 'x' }, 'properties'],
    [{ keys: 'k '.repeat(65) }, 'keys'],
  ])('%j is refused, and trying again cannot help', (parameters, word) => {
    expect(() => make(parameters)).toThrow(
      expect.objectContaining({
        code: 'sink.rejected',
        retry: { kind: 'never' },
        message: expect.stringContaining(word),
      }),
    )
  })

  test('an empty body, and no topic at all, are refused', () => {
    const empty = outgoing('1', { body: new Uint8Array(0) })
    expect(() => outgoingMessage(empty, 'orders', nowMs)).toThrow('empty')
    expect(() => outgoingMessage(outgoing('1'), undefined, nowMs)).toThrow('topic')
  })
})
