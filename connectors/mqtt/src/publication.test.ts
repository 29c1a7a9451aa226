import { optionsParser } from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'
import { generate } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { MqttSinkOptions } from './options.ts'
import { packetBytesMax, publication } from './publication.ts'

const parse = optionsParser('mqtt', MqttSinkOptions)
const optionsOf = (given: object): MqttSinkOptions => parse(given) as MqttSinkOptions

describe('publication', () => {
  test('parameters win over options', () => {
    const parameters = { topic: 't', retain: 'true', messageExpirySeconds: '5', 'headers.a': 'b' }
    const made = publication(
      outgoing('a', { parameters }),
      optionsOf({ topic: 'x', messageExpirySeconds: 9 }),
    )
    expect(made).toMatchObject({
      topic: 't',
      retain: true,
      properties: { messageExpiryInterval: 5, userProperties: { a: 'b' } },
    })
  })

  test('a sub topic stands below the topic, with one slash between them', () => {
    const topics = ['a', 'a/', '/a'].flatMap(topic =>
      ['b', '/b'].map(
        subTopic => publication(outgoing('a', { parameters: { subTopic } }), optionsOf({ topic })).topic,
      ),
    )
    expect(topics).toEqual(['a/b', 'a/b', 'a/b', 'a/b', '/a/b', '/a/b'])
  })

  test.each([
    [{}, 'parameter topic is missing'],
    [{ topic: 'a/+' }, 'parameter topic must not have the wildcards'],
    [{ topic: '' }, 'parameter topic must not be empty'],
    [{ topic: 't', retain: 'yes' }, 'parameter retain is neither'],
    [{ topic: 't', messageExpirySeconds: '0' }, 'parameter messageExpirySeconds is not a whole number'],
    [{ topic: 't', userProperties: '[]' }, 'parameter userProperties is not the text of a JSON object'],
    [{ topic: 't', 'headers.a': 'x'.repeat(65_536) }, 'parameter headers.a has 65536 bytes'],
  ])('%o cannot be carried', (parameters, message) => {
    expect(() => publication(outgoing('a', { parameters }), optionsOf({}))).toThrow(
      expect.objectContaining({ code: 'sink.rejected', message: expect.stringContaining(message) }),
    )
  })

  test('no packet is larger than what is held against the limit of the server', () => {
    const parameters = { topic: 'é'.repeat(50), 'headers.ä': 'ö', correlationData: 'c', responseTopic: 'r' }
    const made = publication(outgoing('a', { parameters }), optionsOf({ messageExpirySeconds: 1 }))
    const packet = generate(
      { cmd: 'publish', qos: 1, dup: false, messageId: 65_535, ...made },
      { protocolVersion: 5 },
    )
    expect(packet.length).toBeLessThanOrEqual(packetBytesMax(made))
    expect(packetBytesMax(made)).toBeLessThan(packet.length + 40)
  })
})
