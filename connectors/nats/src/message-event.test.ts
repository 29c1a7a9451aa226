import { eventOf } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { type MessageOrigin, messageEvent } from './message-event.ts'

const delivery = { stream: 'orders', consumer: 'c', count: 2, sequence: 17, takenAtMs: 1_767_323_045_000 }
const origin: MessageOrigin = {
  context: { account: '1', region: 'local', instance: 'nats-1', name: 'stream-1' },
  mode: 'message',
  bodyForm: 'json',
}
const message = (body: string, headers: Record<string, string[]> = {}) => ({
  subject: 'orders.eu',
  data: Buffer.from(body),
  headers: Object.entries(headers),
})
const asEvents: MessageOrigin = { ...origin, mode: 'cloudevents' }

describe('events of messages', () => {
  test('have the message with its place in the stream, and numbers keep their digits', () => {
    const made = messageEvent(message('{"n":12345678901234567890}', { A: ['1', '2'] }), delivery, origin)
    expect(made.fault).toBeUndefined()
    expect(Buffer.from(made.event).toString()).toContain('"body":{"n":12345678901234567890}')
    expect(eventOf(made.event)).toMatchObject({
      id: 'orders:17',
      source: 'stream-1',
      type: 'nats:JetStream:PublishMessage',
      subject: 'acs:nats:local:1:/instances/nats-1/streams/orders/subjects/orders.eu',
      time: '2026-01-02T03:04:05.000Z',
      data: {
        stream: 'orders',
        subject: 'orders.eu',
        sequence: 17,
        deliveryCount: 2,
        headers: { A: '1, 2' },
      },
    })
  })

  test('a body that is not JSON has a fault, and is shown as base64', () => {
    const { event, fault } = messageEvent(message('no json'), delivery, origin)
    expect(fault).toMatchObject({ code: 'record.malformed' })
    expect(eventOf(event).data).toMatchObject({ body: Buffer.from('no json').toString('base64') })
  })

  test('an event in headers is passed on, whichever header has the type of its data', () => {
    const attributes = { 'ce-specversion': ['1.0'], 'Ce-Id': ['e1'], 'ce-source': ['/s'], 'ce-type': ['t'] }
    const told = { 'Content-Type': 'caf%C3%A9', 'ce-datacontenttype': 'café' }
    for (const [type, subject] of Object.entries(told)) {
      const headers = { ...attributes, 'ce-subject': [subject], [type]: ['application/json'] }
      const made = messageEvent(message('{"a":1}', headers), delivery, asEvents)
      expect(made.id).toBe('e1')
      expect(eventOf(made.event)).toMatchObject({
        id: 'e1',
        source: '/s',
        type: 't',
        subject: 'café',
        datacontenttype: 'application/json',
        data: { a: 1 },
      })
    }
  })

  test.each([{}, { 'content-type': ['application/cloudevents+json; charset=UTF-8'] }])(
    'a whole event is passed on with the headers %o',
    headers => {
      const text = '{"specversion":"1.0","id":"e2","source":"/s","type":"t"}'
      const made = messageEvent(message(text, headers), delivery, asEvents)
      expect(made.id).toBe('e2')
      expect(Buffer.from(made.event).toString()).toBe(text)
    },
  )

  test.each([
    ['{"id":"e3"}', {}],
    ['{"specversion":"1.0","id":"e3","source":"/s","type":"t"}', { 'content-type': ['application/json'] }],
    ['1', { 'ce-specversion': ['1.0'], 'ce-id': ['e3'] }],
  ])('%s with %o is no event, and a message like any other', (body, headers) => {
    const made = messageEvent(message(body, headers), delivery, asEvents)
    expect(made.id).toBe('orders:17')
    expect(made.fault).toBeUndefined()
  })
})
