import { expect, test } from 'vitest'
import type { RuleSpec, RuleVersion } from '../resources/index.ts'
import { explainEvent } from './explain.ts'

function version(rule: string, pattern: RuleSpec['pattern'], from: number, until: number): RuleVersion {
  const spec: RuleSpec = {
    description: '',
    pattern,
    dialect: 'standard',
    state: 'enabled',
    start: 'tip',
    targets: [],
  }
  return { account: 'acme', bus: 'b', rule, spec, from, until }
}

const bytes = Buffer.from(
  JSON.stringify({ specversion: '1.0', id: 'e', source: '/s', type: 'order.created', data: { price: 5 } }),
)
const entry = { position: 7, bytes, acceptedAtMs: 0 }

test('it tells of each rule that was live at the event whether it matched, and of no other', () => {
  const verdicts = explainEvent(
    [
      version('matching', { type: ['order.created'] }, 1, Number.POSITIVE_INFINITY),
      version('other', { type: ['order.created'], data: { price: [{ numeric: ['>', 10] }] } }, 7, 8),
      version('everything', {}, 1, 100),
      version('before', {}, 1, 7),
      version('after', {}, 8, 100),
    ],
    entry,
  )
  expect(verdicts.map(({ rule, matched }) => [rule, matched])).toEqual([
    ['matching', true],
    ['other', false],
    ['everything', true],
  ])
})
