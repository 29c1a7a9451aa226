import { optionsParser } from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { NatsSinkOptions } from './options.ts'
import { publication } from './publication.ts'

const parse = optionsParser('nats', NatsSinkOptions)
const optionsOf = (given: object): NatsSinkOptions => parse(given) as NatsSinkOptions

describe('publication', () => {
  test('parameters name subject and headers; source and id tell an event that comes again', () => {
    const parameters = { subject: 'a.b', 'headers.X-One': ' 1 ' }
    const body = Buffer.from('hi')
    const record = outgoing('e1', { parameters, body, contentType: 'text/plain' })
    expect(publication(record, optionsOf({ subject: 'other' }))).toEqual({
      subject: 'a.b',
      data: body,
      headers: [
        ['content-type', 'text/plain'],
        ['X-One', '1'],
      ],
      messageId: '/conformance#e1',
    })
  })

  test('an event without a transform is structured, and says so', () => {
    const record = outgoing('e1')
    const made = publication(record, optionsOf({ subject: 's', deduplicate: false }))
    expect(made).toMatchObject({
      data: record.event,
      headers: [['content-type', 'application/cloudevents+json']],
      messageId: undefined,
    })
  })

  test('an event in binary mode has its attributes in headers', () => {
    const body = Buffer.from('not used')
    const { data, headers } = publication(
      outgoing('e1', { body }),
      optionsOf({ subject: 's', mode: 'binary' }),
    )
    expect(Buffer.from(data).toString()).toBe('{"id":"e1"}')
    expect(Object.fromEntries(headers)).toMatchObject({
      'ce-specversion': '1.0',
      'ce-id': 'e1',
      'ce-source': '/conformance',
      'ce-type': 'test',
      'content-type': 'application/json',
    })
  })

  test('an event in structured mode is whole, whatever the transform made', () => {
    const record = outgoing('e1', { body: Buffer.from('not used') })
    const { data } = publication(record, optionsOf({ subject: 's', mode: 'structured' }))
    expect(data).toBe(record.event)
  })

  test.each([
    [{}, 'no subject'],
    [{ subject: 'a.*' }, 'the subject is none'],
    [{ subject: 'a..b' }, 'the subject is none'],
    [{ subject: 'a b' }, 'the subject is none'],
    [{ subject: '' }, 'the subject is none'],
    [{ subject: 'a', 'headers.x y': '1' }, 'the name of a header'],
    [{ subject: 'a', 'headers.x': '1\r\n2' }, 'the header x has several lines'],
  ])('%o cannot be carried', (parameters, message) => {
    expect(() => publication(outgoing('a', { parameters }), optionsOf({}))).toThrow(
      expect.objectContaining({ code: 'sink.rejected', message: expect.stringContaining(message) }),
    )
  })
})
