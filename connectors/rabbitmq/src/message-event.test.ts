import type { ConsumeMessage } from 'amqplib'
import { eventOf } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { messageEvent, type MessageOrigin } from './message-event.ts'

const origin: MessageOrigin = {
  context: { account: '1', region: 'local', instance: 'amqp-cn-1', name: 'stream-1' },
  virtualHost: 'shop',
  queue: 'orders',
  bodyForm: 'json',
}

function message(content: string | Buffer, properties: object = {}): ConsumeMessage {
  const fields = { deliveryTag: 7, exchange: 'x', redelivered: false, routingKey: 'k', consumerTag: 'c' }
  return { content: Buffer.from(content), fields, properties } as unknown as ConsumeMessage
}

describe('events of messages', () => {
  test('have the shape of the compatible protocol, and numbers keep their digits', () => {
    const made = messageEvent(
      message('{"n":12345678901234567890}', {
        messageId: 'm',
        contentEncoding: 'UTF-8',
        timestamp: 1_767_323_045,
      }),
      origin,
      'm',
      0,
    )
    expect(Buffer.from(made.event).toString()).toContain('"body":{"n":12345678901234567890}')
    expect(eventOf(made.event)).toMatchObject({
      id: 'm',
      source: 'stream-1',
      type: 'amqp:Queue:SendMessage',
      subject: 'acs:amqp:local:1:/instances/amqp-cn-1/vhosts/shop/queues/orders',
      time: '2026-01-02T03:04:05.000Z',
      data: {
        envelope: { deliveryTag: 7, exchange: 'x', redeliver: false, routingKey: 'k' },
        props: { messageId: 'm', contentEncoding: 'UTF-8' },
      },
    })
  })

  test('a body that is not JSON has a fault, and is shown as base64', () => {
    const { event, fault } = messageEvent(message('no json'), origin, 'i', 0)
    expect(fault).toMatchObject({ code: 'record.malformed' })
    expect(eventOf(event).data).toMatchObject({ body: Buffer.from('no json').toString('base64') })
  })

  test.each([
    ['text', 'héé "q"', 'héé "q"'],
    ['binary', Buffer.from([0, 255]), 'AP8='],
  ] as const)('the form %s', (bodyForm, content, body) => {
    const { event } = messageEvent(message(content), { ...origin, bodyForm }, 'i', 0)
    expect(eventOf(event).data).toMatchObject({ body })
  })

  test('headers with bytes and long numbers are shown as JSON can', () => {
    const headers = { bytes: Buffer.from('hi'), long: 9_007_199_254_740_993n, list: [Buffer.from('a')] }
    const { event } = messageEvent(message('1', { headers }), origin, 'i', 0)
    expect(eventOf(event).data).toMatchObject({
      props: { headers: { bytes: 'aGk=', long: '9007199254740993', list: ['YQ=='] } },
    })
  })
})
