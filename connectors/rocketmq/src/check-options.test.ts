import { optionsParser } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { checkConnection, checkSource } from './check-options.ts'
import {
  RocketmqSinkOptions,
  type RocketmqSinkOptions as SinkOptions,
  RocketmqSourceOptions,
  type RocketmqSourceOptions as SourceOptions,
} from './options.ts'

const source = (change: object): SourceOptions =>
  optionsParser(
    'rocketmq',
    RocketmqSourceOptions,
  )({
    endpoints: ['proxy:8081'],
    topic: 't',
    group: 'g',
    ...change,
  }) as SourceOptions
const sink = (change: object): SinkOptions =>
  optionsParser('rocketmq', RocketmqSinkOptions)({ endpoints: ['proxy:8081'], ...change }) as SinkOptions

describe('addresses', () => {
  test.each(['proxy:8081', '10.0.0.1:80', 'a.b-c.example.com:65535'])('%s is one', endpoint => {
    expect(() => checkConnection(sink({ endpoints: [endpoint] }))).not.toThrow()
  })

  test.each([
    ['proxy', 'host:port'],
    ['proxy:0', 'port'],
    ['proxy:65536', 'port'],
    ['[::1]:8081', 'IPv6'],
    ['::1:8081', 'IPv6'],
    ['http://proxy:8081', 'host'],
    ['a;b:1', 'host'],
    ['user@proxy:1', 'host'],
  ])('%s is refused: %s', (endpoint, word) => {
    expect(() => checkConnection(sink({ endpoints: [endpoint] }))).toThrow(
      expect.objectContaining({ code: 'options.invalid', message: expect.stringContaining(word) }),
    )
  })
})

describe('what goes together', () => {
  test.each([
    [{ accessKey: 'k' }, 'accessSecret'],
    [{ accessSecret: 's' }, 'accessKey'],
    [{ securityToken: 't' }, 'securityToken'],
    [{ tls: { certificate: 'c' } }, 'tls.key'],
  ])('%j is refused', (change, word) => {
    expect(() => checkConnection(sink(change))).toThrow(
      expect.objectContaining({ code: 'options.invalid', message: expect.stringContaining(word) }),
    )
  })

  test('a filter is one of tags or one of SQL', () => {
    expect(() => checkSource(source({ sql: "TAGS = 'a'" }))).not.toThrow()
    expect(() => checkSource(source({ sql: "TAGS = 'a'", tags: 'b' }))).toThrow('sql')
  })
})

describe('the beginning of an unused group is the matter of the server', () => {
  test.each([
    ['earliest', '-s 0'],
    [{ time: '2026-01-01T00:00:00Z' }, '-s 1767225600000'],
  ])('%j is refused with the command that sets it', (start, command) => {
    expect(() => checkSource(source({ start }))).toThrow(
      expect.objectContaining({
        code: 'options.invalid',
        message: expect.stringContaining(`mqadmin resetOffsetByTime -g g -t t ${command}`),
      }),
    )
  })

  test('latest, and no word of it, are fine; a time that is none is told', () => {
    expect(() => checkSource(source({}))).not.toThrow()
    expect(() => checkSource(source({ start: 'latest' }))).not.toThrow()
    expect(() => checkSource(source({ start: { time: 'soon' } }))).toThrow('start.time')
  })
})
