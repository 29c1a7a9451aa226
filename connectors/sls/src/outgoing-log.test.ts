import { outgoing } from '@millrace/spi/conformance'
import { optionsParser } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { groupBytesMax, groupLogsMax, logBatches } from './log-batches.ts'
import { decodeLogGroupList, encodeLogGroup } from './log-group.ts'
import { SlsSinkOptions } from './options.ts'
import { outgoingLog, type OutgoingLog, valueBytesMax } from './outgoing-log.ts'

const nowMs = 1_752_566_400_250
const parse = optionsParser('sls', SlsSinkOptions)

interface Given {
  readonly body?: string | Uint8Array
  readonly parameters?: Readonly<Record<string, string>>
  readonly options?: Readonly<Record<string, unknown>>
}

function logOf({ body = 'hello', parameters = {}, options = {} }: Given): OutgoingLog {
  const complete = parse({ project: 'p', logstore: 'l', ...options }) as SlsSinkOptions
  return outgoingLog(outgoing('e', { body: Buffer.from(body), parameters }), complete, nowMs)
}

/** The log as a reader has it. */
function read(log: OutgoingLog) {
  const group = encodeLogGroup([log.bytes], log.topic, log.source)
  const list = Buffer.concat([Buffer.from([0x0a, group.length]), group])
  return decodeLogGroupList(list)[0]
}

describe('the log of a record', () => {
  test('has the whole body as content, and the time of writing', () => {
    expect(read(logOf({ body: '{"a":1}', options: { topic: 't', source: 's' } }))).toEqual({
      topic: 't',
      source: 's',
      tags: [],
      logs: [{ time: 1_752_566_400, timeNs: 250_000_000, contents: [['content', '{"a":1}']] }],
    })
  })

  test('has what the parameters say', () => {
    const parameters = { topic: 'own', source: 'mine', time: '2025-07-15T08:00:01.5Z' }
    expect(read(logOf({ parameters, options: { topic: 't' } }))).toMatchObject({
      topic: 'own',
      source: 'mine',
      logs: [{ time: 1_752_566_401, timeNs: 500_000_000 }],
    })
    expect(read(logOf({ parameters: { time: '12' } }))?.logs[0]).toMatchObject({ time: 12, timeNs: 0 })
  })

  test('has a field for each column, all of them texts', () => {
    const options = { contentType: 'keyValue' }
    const body = '{"text":"a","number":1e3,"flag":true,"nothing":null,"list":[1,"x"]}'
    expect(read(logOf({ body, options }))?.logs[0]?.contents).toEqual([
      ['text', 'a'],
      ['number', '1e3'],
      ['flag', 'true'],
      ['nothing', ''],
      ['list', '[1,"x"]'],
    ])
    const parameters = { 'columns.amount': '12.50', 'columns.who': 'ü' }
    expect(read(logOf({ parameters, options }))?.logs[0]?.contents).toEqual([
      ['amount', '12.50'],
      ['who', 'ü'],
    ])
  })

  test('with a key has the place of that key', () => {
    expect(logOf({ parameters: { shardKey: 'a' } }).hashKey).toBe('0cc175b9c0f1b6a831c399e269772661')
    expect(logOf({}).hashKey).toBe('')
  })

  test.each<[string, Given, string]>([
    ['that is not UTF-8', { body: Uint8Array.of(0xff) }, 'is not UTF-8'],
    ['that is too large', { body: 'x'.repeat(valueBytesMax + 1) }, `at most ${valueBytesMax}`],
    ['whose topic is too long', { parameters: { topic: 'x'.repeat(129) } }, 'the topic has 129 bytes'],
    ['whose source is too long', { options: { source: 'ü'.repeat(65) } }, 'the source has 130 bytes'],
    ['whose time is none', { parameters: { time: 'soon' } }, 'is no time'],
    ['whose time is before 1970', { parameters: { time: '1969-12-31T00:00:00Z' } }, 'is no time'],
    ['that is no object', { body: '[1]', options: { contentType: 'keyValue' } }, 'a JSON array'],
  ])('%s is refused, without being shown', (_what, given, message) => {
    const thrown = expect.objectContaining({
      code: 'sink.rejected',
      message: expect.stringContaining(message),
    })
    expect(() => logOf(given)).toThrow(thrown)
  })
})

describe('groups', () => {
  const log = (topic: string, bytes = 10, hashKey = ''): OutgoingLog => ({
    bytes: Buffer.alloc(bytes),
    topic,
    source: '',
    hashKey,
  })

  test('hold logs that have topic and key in common, in their order', () => {
    const logs = [log('a'), log('b'), log('a'), log('a', 10, 'k'), log('b')]
    expect(logBatches(logs)).toEqual([[0, 2], [1, 4], [3]])
  })

  test('stay below the limits, and a log that is larger goes alone', () => {
    const many = Array.from({ length: groupLogsMax + 1 }, () => log('a'))
    expect(logBatches(many).map(({ length }) => length)).toEqual([groupLogsMax, 1])
    const large = [
      log('a', groupBytesMax / 2),
      log('a', groupBytesMax / 2),
      log('a', groupBytesMax * 2),
      log('a'),
    ]
    expect(logBatches(large)).toEqual([[0], [1], [2], [3]])
  })
})
