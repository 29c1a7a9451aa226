import { eventOf, SourceHost } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { type Message, messageEvent, type MessageOrigin } from './message-event.ts'

const origin: MessageOrigin = {
  context: new SourceHost().context,
  clientId: 'c-0',
  mode: 'cloudevents',
  bodyForm: 'json',
  idProperty: 'id',
  messageBytesMax: 100,
}

function message(payload: string | Buffer, more: Partial<Message> = {}): Message {
  return {
    topic: 'a/b/c',
    payload: Buffer.from(payload),
    qos: 1,
    dup: false,
    retain: false,
    messageId: 7,
    ...more,
  }
}

describe('events of messages', () => {
  test('have the shape of the compatible protocol, and numbers keep their digits', () => {
    const { event } = messageEvent(message('{"n":12345678901234567890}'), origin, 0)
    expect(Buffer.from(event).toString()).toContain('"body":{"n":12345678901234567890}')
    expect(eventOf(event).data).toMatchObject({ props: { firstTopic: 'a', secondTopic: '/b/c' } })
  })

  test('the id is the same when a message comes again, and another for every other message', () => {
    const idOf = (changed: Message): string => messageEvent(changed, origin, 0).id
    const first = idOf(message('1'))
    expect(idOf(message('1', { dup: true }))).toBe(first)
    const others = [message('2'), message('1', { messageId: 8 }), message('1', { topic: 'x' })]
    expect(new Set([first, ...others.map(idOf)]).size).toBe(4)
  })

  test('the user property names the id', () => {
    const properties = { userProperties: { id: ['mine', 'other'] } }
    expect(messageEvent(message('1', { properties }), origin, 0).id).toBe('mine')
  })

  test.each([
    ['no json', 'record.malformed'],
    ['x'.repeat(101), 'record.too-large'],
  ])('a body that cannot be used has a fault', (body, code) => {
    const { event, fault } = messageEvent(message(body), origin, 0)
    expect(fault).toMatchObject({ code })
    eventOf(event)
  })

  test('attributes without a prefix are those of an event; what only looks like one stays a message', () => {
    const userProperties = { specversion: '1.0', id: 'e', source: '/s', type: 't', 'Trace-Id': 'x' }
    const carried = messageEvent(message('1', { properties: { userProperties } }), origin, 0)
    expect(eventOf(carried.event)).toMatchObject({ id: 'e', source: '/s', type: 't' })
    const broken = messageEvent(
      message('1', { properties: { userProperties: { specversion: '1.0' } } }),
      origin,
      0,
    )
    expect(eventOf(broken.event)).toMatchObject({ type: 'mqtt:Topic:SendMessage', data: { body: 1 } })
    expect(broken.fault).toBeUndefined()
  })
})
