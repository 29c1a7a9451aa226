import { expect, test } from 'vitest'
import { routes } from './routes.ts'

const own = ['203.0.113.9']

test('the machine and private networks are refused; the operator can open the latter alone', () => {
  const closed = routes('on', { allowPrivate: false, own })
  expect(closed).toContain('route add unreachable 203.0.113.9/32')
  expect(closed).toContain('route add unreachable 192.168.0.0/16')
  expect(routes('on', { allowPrivate: true, own })).toEqual(['route add unreachable 203.0.113.9/32'])
})

test('a list of addresses refuses all others, and a port is kept for both protocols', () => {
  const lines = routes({ allow: ['198.51.100.7:443', '198.51.100.64/26'] }, { allowPrivate: true, own: [] })
  expect(lines).toEqual([
    'rule add pref 999 to 10.0.2.2/32 lookup main',
    'rule add pref 1000 to 198.51.100.7/32 ipproto tcp dport 443 lookup main',
    'rule add pref 1000 to 198.51.100.7/32 ipproto udp dport 443 lookup main',
    'rule add pref 1001 to 198.51.100.64/26 lookup main',
    'rule add pref 20000 unreachable',
  ])
})

test.each(['example.org', '198.51.100.7/33', '198.51.100.7:0', '198.51.100.7:70000', '::1', '1.1.1.1; rule'])(
  'what is no address is refused: %s',
  text => {
    const attempt = (): unknown => routes({ allow: [text] }, { allowPrivate: true, own: [] })
    expect(attempt).toThrow(expect.objectContaining({ code: 'function.network-unavailable' }))
  },
)
