import { optionsParser } from '@millrace/spi'
import { expect, test } from 'vitest'
import { connector } from './index.ts'
import { parseEndpoint } from './options.ts'

function check(side: 'source' | 'sink', given: object): () => void {
  const definition = connector[side]!
  const options = optionsParser('redis', definition.options)(given)
  return () => definition.check?.(options)
}

test.each([
  ['cache', [{ host: 'cache', port: 6379 }]],
  [
    'a:1, b:2',
    [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ],
  ],
  ['[::1]:6380', [{ host: '::1', port: 6380 }]],
])('the endpoint %s names servers', (endpoint, servers) => {
  expect(parseEndpoint(endpoint)).toEqual(servers)
})

test.each([' ', 'a:b', 'a:99999', 'redis://a', 'user@a:1', 'a,', '::1'])(
  'the endpoint %j is refused',
  endpoint => {
    expect(check('sink', { endpoint })).toThrow(
      expect.objectContaining({ code: 'options.invalid', message: expect.stringContaining('endpoint') }),
    )
  },
)

test.each([
  ['sink', { key: 'k', type: 'hash', lengthMax: 5 }, 'option lengthMax is for streams and lists'],
  ['sink', { key: 'k', username: 'u' }, 'option password is missing for the username'],
  ['sink', { key: 'k', tls: { certificate: 'x' } }, 'option tls.key and tls.certificate go together'],
  ['source', { streams: ['a', 'a'] }, 'option streams names a stream twice'],
  ['source', { streams: ['a'], start: { time: 'yesterday' } }, 'option start.time is no RFC 3339 time'],
] as const)('a %s with %o is refused', (side, given, message) => {
  expect(check(side, given)).toThrow(message)
})
