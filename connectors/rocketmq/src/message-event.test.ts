import { eventOf } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import type { ReceivedMessage } from './client/index.ts'
import { type MessageOrigin, messageEvent } from './message-event.ts'

const origin: MessageOrigin = {
  account: '100',
  region: 'local',
  instance: 'orders-mq',
  stream: 'orders',
  topic: 'shop',
  bodyForm: 'json',
  bodyBytesMax: 10,
}
const message: ReceivedMessage = {
  receipt: {
    messageId: 'ID1',
    topic: 'shop',
    handle: 'h',
    endpoints: { scheme: 1, addressesList: [] },
  },
  body: Buffer.from('{"n":1}'),
  tag: undefined,
  keys: [],
  messageGroup: undefined,
  bornHost: '',
  bornAtMs: undefined,
  storedAtMs: undefined,
  deliveredAtMs: undefined,
  dueAtMs: undefined,
  attempt: 1,
  queueId: 3,
  queueOffset: undefined,
  traceContext: undefined,
  properties: {},
}

test('everything that is known of a message stands in its event', () => {
  const { event, id, fault } = messageEvent(
    {
      ...message,
      tag: 'blue',
      keys: ['a', 'b'],
      messageGroup: 'g',
      bornHost: '10.0.0.1:5',
      bornAtMs: 1_767_225_600_123,
      deliveredAtMs: 1_767_225_601_000,
      dueAtMs: 1_767_225_600_500,
      attempt: 3,
      queueOffset: 7,
      properties: { 'a"b': 'ü' },
    },
    origin,
  )
  expect([id, fault]).toEqual(['ID1', undefined])
  expect(eventOf(event)).toEqual({
    specversion: '1.0',
    id: 'ID1',
    source: 'orders',
    type: 'mq:Topic:SendMessage',
    subject: 'acs:mq:local:100:orders-mq%shop',
    time: '2026-01-01T00:00:00.123Z',
    datacontenttype: 'application/json; charset=utf-8',
    data: {
      topic: 'shop',
      systemProperties: {
        UNIQ_KEY: 'ID1',
        INSTANCE_ID: 'orders-mq',
        KEYS: 'a b',
        TAGS: 'blue',
        __SHARDINGKEY: 'g',
        BORN_HOST: '10.0.0.1:5',
        BORN_TIMESTAMP: '1767225600123',
        TIMER_DELIVER_MS: '1767225600500',
        RECONSUME_TIMES: '2',
        CONSUME_START_TIME: 1_767_225_601_000,
        QUEUE_ID: '3',
        QUEUE_OFFSET: '7',
      },
      userProperties: { 'a"b': 'ü' },
      body: { n: 1 },
      msgId: 'ID1',
    },
  })
})

describe('a body that is not what the options say', () => {
  test('is shown as base64, with its fault', () => {
    const { event, fault } = messageEvent({ ...message, body: Buffer.from('{') }, origin)
    expect(fault).toMatchObject({ code: 'record.malformed' })
    expect(eventOf(event).data).toMatchObject({ body: 'ew==' })
  })

  test.each([
    ['too-large', 'record.too-large'],
    ['checksum', 'record.malformed'],
    ['packing', 'record.malformed'],
  ] as const)('%s is %s, and there is no body to show', (bodyFault, code) => {
    const { event, fault } = messageEvent({ ...message, bodyFault }, origin)
    expect(fault).toMatchObject({ code, retry: { kind: 'never' } })
    expect(eventOf(event).data).toMatchObject({ body: null })
  })
})
