import { optionsParser } from '@millrace/spi'
import { expect, test } from 'vitest'
import { parseBootstrap } from './bootstrap.ts'
import { checkSinkOptions, checkSourceOptions, topicFault } from './check-options.ts'
import { KafkaSinkOptions, KafkaSourceOptions } from './options.ts'

const parseSource = optionsParser('kafka', KafkaSourceOptions)
const parseSink = optionsParser('kafka', KafkaSinkOptions)
const source = { bootstrap: 'a:1', topic: 't', group: 'g' }

test('what is complete passes, with defaults', () => {
  const options = parseSource(source) as KafkaSourceOptions
  checkSourceOptions(options)
  expect(options).toMatchObject({ start: 'latest', bodyForm: 'json', isolation: 'committed' })
  checkSinkOptions(parseSink({ bootstrap: 'a:1,b' }) as KafkaSinkOptions)
})

test.each([
  [{ bootstrap: 'http://a' }, 'bootstrap'],
  [{ bootstrap: 'a:1,,b:2' }, 'bootstrap'],
  [{ bootstrap: 'a:99999' }, 'bootstrap'],
  [{ topic: 'a b' }, 'topic'],
  [{ topic: '..' }, 'topic'],
  [{ start: { time: 'yesterday' } }, 'start.time'],
  [{ fetchWaitMs: 20_000 }, 'fetchWaitMs'],
  [{ tls: { certificate: 'x' } }, 'tls.key'],
])('%j is refused with the path of the option', (change, path) => {
  const options = parseSource({ ...source, ...change }) as KafkaSourceOptions
  expect(() => checkSourceOptions(options)).toThrow(
    expect.objectContaining({ code: 'options.invalid', details: { component: 'kafka', path } }),
  )
})

test('passwords are marked as secrets', () => {
  expect(JSON.stringify(KafkaSinkOptions)).toMatch(/"password":\{[^}]*"secret":true/)
  expect(JSON.stringify(KafkaSinkOptions)).toMatch(/"token":\{[^}]*"secret":true/)
})

test('addresses have hosts, brackets and ports', () => {
  expect(parseBootstrap('a:1, b.example , [::1]:3')).toEqual([
    { host: 'a', port: 1 },
    { host: 'b.example', port: 9_092 },
    { host: '::1', port: 3 },
  ])
  expect(parseBootstrap('')).toBeUndefined()
})

test('names of topics are those that brokers allow', () => {
  expect(topicFault('orders.v1_x-y')).toBeUndefined()
  for (const topic of ['', '.', '..', 'a/b', 'ü', 'x'.repeat(250)]) expect(topicFault(topic)).toBeDefined()
})
