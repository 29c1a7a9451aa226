import { optionsParser } from '@millrace/spi'
import { expect, test } from 'vitest'
import { connector } from './index.ts'
import { parseEndpoint } from './options.ts'

test.each([
  ['mq', undefined, [{ host: 'mq', port: 5672 }]],
  ['mq', {}, [{ host: 'mq', port: 5671 }]],
  [
    'a:1, b:2',
    undefined,
    [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ],
  ],
  ['[::1]:5673', undefined, [{ host: '::1', port: 5673 }]],
])('the endpoint %s names servers', (endpoint, tls, servers) => {
  const secure = tls === undefined ? {} : { tls: { insecureSkipVerify: false } }
  expect(parseEndpoint({ endpoint, ...secure })).toEqual(servers)
})

test.each(['', 'a:b', 'a:99999', 'amqp://a', 'a,', '::1'])('the endpoint %j is refused', endpoint => {
  const options = optionsParser('rabbitmq', connector.sink!.options)({ endpoint: endpoint || ' ' })
  expect(() => connector.sink?.check?.(options)).toThrow(
    expect.objectContaining({ code: 'options.invalid', message: expect.stringContaining('endpoint') }),
  )
})

test('a queue and an exchange do not go together', () => {
  const options = optionsParser('rabbitmq', connector.sink!.options)({ queue: 'q', exchange: 'x' })
  expect(() => connector.sink?.check?.(options)).toThrow('option queue goes without an exchange')
})

test('a certificate without its key is refused before anybody connects', () => {
  const tls = { certificate: '-----BEGIN CERTIFICATE-----' }
  const options = optionsParser('rabbitmq', connector.source!.options)({ queue: 'q', tls })
  expect(() => connector.source?.check?.(options)).toThrow('option tls.key and tls.certificate go together')
})
