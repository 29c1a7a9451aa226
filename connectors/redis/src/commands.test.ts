import { type OutgoingRecord, optionsParser } from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { commandsOf } from './commands.ts'
import { RedisSinkOptions } from './options.ts'

const parse = optionsParser('redis', RedisSinkOptions)

function words(given: object, record: Partial<OutgoingRecord> = {}): string[] {
  const commands = commandsOf(outgoing('a', record), parse(given) as RedisSinkOptions)
  return commands.map(command => command.map(String).join(' '))
}

const body = Buffer.from('{"b":1,"a":null,"c":{"d":true}}')

describe('commands of a record', () => {
  test('an entry of a stream has the body in one field', () => {
    expect(words({ key: 'k', bodyField: 'text', lengthMax: 9 }, { body })).toEqual([
      `XADD k MAXLEN ~ 9 * text ${body.toString()}`,
    ])
  })

  test('an entry of fields has the members of the body, without those that are null', () => {
    expect(words({ key: 'k', entry: 'fields' }, { body })).toEqual(['XADD k * b 1 c {"d":true}'])
  })

  test('parameters name the key and the fields', () => {
    const parameters = { key: 'other', 'columns.x': '1', 'columns.y': '' }
    expect(words({ key: 'k' }, { body, parameters })).toEqual(['XADD other * x 1 y '])
  })

  test('a hash gets the members of the body, and loses those that are null', () => {
    expect(words({ key: 'k', type: 'hash' }, { body })).toEqual(['HSET k b 1 c {"d":true}', 'HDEL k a'])
    expect(words({ key: 'k', type: 'hash' }, { body: Buffer.from('{"a":null}') })).toEqual(['HDEL k a'])
  })

  test.each([
    [{}, ['RPUSH k 1']],
    [{ end: 'left' }, ['LPUSH k 1']],
    [{ lengthMax: 5 }, ['RPUSH k 1', 'LTRIM k -5 -1']],
    [{ end: 'left', lengthMax: 5 }, ['LPUSH k 1', 'LTRIM k 0 4']],
  ])('a list with %o', (given, expected) => {
    expect(words({ key: 'k', type: 'list', ...given }, { body: Buffer.from('1') })).toEqual(expected)
  })

  test('a channel gets the body', () => {
    expect(words({ key: 'k', type: 'channel' }, { body: Buffer.from('1') })).toEqual(['PUBLISH k 1'])
  })

  test.each([
    [{}, {}, 'no key'],
    [{ key: 'k' }, { parameters: { key: '' } }, 'no key'],
    [{ key: 'k', type: 'hash' }, { body: Buffer.from('[]') }, 'the body is a JSON array'],
    [{ key: 'k', entry: 'fields' }, { body: Buffer.from('{"a":null}') }, 'all fields of the record are null'],
  ])('%o with %o is refused', (given, record, message) => {
    expect(() => words(given, record)).toThrow(
      expect.objectContaining({ code: 'sink.rejected', message: expect.stringContaining(message) }),
    )
  })
})
