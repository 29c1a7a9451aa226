import { optionsParser } from '@millrace/spi'
import { expect, test } from 'vitest'
import { connector } from './index.ts'

function check(side: 'source' | 'sink', options: object): () => void {
  const definition = connector[side]!
  return () => definition.check?.(optionsParser('mysql', definition.options)(options))
}

test.each([
  ['sink', {}, 'option table is required for mode insert'],
  ['sink', { mode: 'statement', table: 't' }, 'option table goes without mode statement'],
  ['source', { mode: 'outbox' }, 'option table is required'],
  ['source', { mode: 'outbox', table: 't', committed: 'mark' }, 'option markColumn'],
  ['source', { mode: 'outbox', table: 't', markColumn: 'm' }, 'option markColumn'],
  ['source', { table: 't' }, 'there is tables'],
  ['source', { start: { time: 'yesterday' } }, 'option start.time is no time'],
  ['source', { tls: { key: 'k' } }, 'option tls.key'],
  ['source', { tls: {}, host: '10.0.0.1' }, 'option tls.serverName is required'],
] as const)('the %s refuses %j', (side, options, words) => {
  expect(check(side, options)).toThrow(words)
})

test.each([
  ['sink', { table: 't' }],
  ['sink', { mode: 'statement' }],
  ['source', { tls: {}, host: 'db.example.com' }],
  ['source', { tls: { serverName: 'db.example.com' }, host: '10.0.0.1' }],
  ['source', { mode: 'outbox', table: 't', committed: 'mark', markColumn: 'm' }],
  ['source', { start: { time: '2026-01-01T00:00:00Z' } }],
] as const)('the %s takes %j', (side, options) => {
  expect(check(side, options)).not.toThrow()
})
