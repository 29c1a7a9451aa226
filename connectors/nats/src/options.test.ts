import { optionsParser } from '@millrace/spi'
import { expect, test } from 'vitest'
import { connector } from './index.ts'
import { parseEndpoint } from './options.ts'
import { startPolicy } from './start.ts'

function check(side: 'source' | 'sink', given: object): () => void {
  const definition = connector[side]!
  return () => definition.check?.(optionsParser('nats', definition.options)(given))
}

test.each([
  ['nats', [{ host: 'nats', port: 4222 }]],
  [
    'a:1, b:2',
    [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ],
  ],
  ['[::1]:4223', [{ host: '::1', port: 4223 }]],
])('the endpoint %s names servers', (endpoint, servers) => {
  expect(parseEndpoint(endpoint)).toEqual(servers)
})

test.each([' ', 'a:b', 'a:99999', 'nats://a', 'user@a:1', 'a,', '::1'])(
  'the endpoint %j is refused',
  endpoint => {
    expect(check('sink', { endpoint })).toThrow(
      expect.objectContaining({ code: 'options.invalid', message: expect.stringContaining('endpoint') }),
    )
  },
)

test.each([
  ['sink', { username: 'u' }, 'option password and username go together'],
  ['sink', { token: 't', nkeySeed: 's' }, 'option nkeySeed does not go with token'],
  [
    'sink',
    { username: 'u', password: 'p', credentials: 'c' },
    'option credentials does not go with username',
  ],
  ['sink', { tls: { certificate: 'x' } }, 'option tls.key and tls.certificate go together'],
  ['source', { stream: 's', start: { time: 'yesterday' } }, 'option start.time is no RFC 3339 time'],
  ['source', { stream: 's', streamSubjects: ['a'] }, 'option streamSubjects goes with makeConsumer'],
  ['source', { stream: 'a.b' }, 'option stream'],
  ['source', { stream: 's', consumer: 'c *' }, 'option consumer'],
] as const)('a %s with %o is refused', (side, given, message) => {
  expect(check(side, given)).toThrow(message)
})

test.each([
  ['earliest', { policy: 'all' }],
  ['latest', { policy: 'new' }],
  [{ time: '2026-01-02T03:04:05+01:00' }, { policy: 'by_start_time', time: '2026-01-02T02:04:05.000Z' }],
  [{ time: '2026' }, undefined],
] as const)('the start %o is the policy %o', (start, policy) => {
  expect(startPolicy(start)).toEqual(policy)
})
