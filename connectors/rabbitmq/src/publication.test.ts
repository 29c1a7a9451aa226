import { optionsParser } from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { RabbitSinkOptions } from './options.ts'
import { publication } from './publication.ts'

const parse = optionsParser('rabbitmq', RabbitSinkOptions)
const optionsOf = (given: object): RabbitSinkOptions => parse(given) as RabbitSinkOptions

describe('publication', () => {
  test('a queue is reached by the default exchange, whatever exchange there is', () => {
    const { exchange, routingKey } = publication(outgoing('a'), optionsOf({ queue: 'orders' }))
    expect({ exchange, routingKey }).toEqual({ exchange: '', routingKey: 'orders' })
  })

  test('parameters win over options', () => {
    const parameters = {
      routingKey: 'eu.paid',
      messageId: 'm1',
      correlationId: 'c1',
      expirationMs: '1000',
      priority: '5',
      properties: '{"a":1,"b":"x"}',
      'headers.b': 'y',
    }
    const made = publication(outgoing('a', { parameters }), optionsOf({ exchange: 'x', routingKey: 'r' }))
    expect(made).toEqual({
      exchange: 'x',
      routingKey: 'eu.paid',
      properties: {
        mandatory: true,
        persistent: true,
        messageId: 'm1',
        correlationId: 'c1',
        expiration: 1000,
        priority: 5,
        headers: { a: 1, b: 'y' },
      },
    })
  })

  test.each([
    [{ routingKey: 'k'.repeat(256) }, 'parameter routingKey has 256 bytes, at most 255 are allowed'],
    [{ priority: '256' }, 'parameter priority is not a whole number from 0 to 255'],
    [{ expirationMs: 'soon' }, 'parameter expirationMs is not a whole number'],
    [{ properties: '[1]' }, 'parameter properties is not the text of a JSON object'],
    [{ properties: '{' }, 'parameter properties is not the text of a JSON object'],
  ])('%o cannot be carried', (parameters, message) => {
    expect(() => publication(outgoing('a', { parameters }), optionsOf({}))).toThrow(
      expect.objectContaining({ code: 'sink.rejected', message: expect.stringContaining(message) }),
    )
  })
})
