import { expect, test } from 'vitest'
import { needsOfRule, needsOfStream, roleNeedsOfRule, rolesOfRule, rolesOfStream } from './needs.ts'
import type { RuleSpec } from './rule.ts'
import type { StreamSpec } from './stream.ts'

const send = (queue: string) => ({ action: 'mns:SendMessage', resource: `/queues/${queue}/messages` })
const rule = {
  role: 'own',
  targets: [
    { id: 'a', sink: { queue: 'a' }, deadLetter: { queue: 'dead' } },
    { id: 'b', sink: { queue: 'b' }, deadLetter: { queue: 'dead' }, role: 'other' },
  ],
} as unknown as RuleSpec

test('a rule needs of its own role all but what its targets do by theirs', () => {
  expect(needsOfRule(rule)).toEqual([send('a'), send('dead')])
  expect(roleNeedsOfRule(rule)).toEqual([
    { role: 'own', needs: [send('a'), send('dead')] },
    { role: 'other', needs: [send('b')] },
  ])
  expect(rolesOfRule(rule)).toEqual(['own', 'other'])
})

test('so does a stream', () => {
  const stream = {
    source: { connector: 'kafka', instance: 'k', options: {} },
    functions: [{ function: 'f' }],
    sink: { queue: 'a' },
    roles: { source: 'reader', sink: 'writer' },
  } as unknown as StreamSpec
  expect(needsOfStream(stream)).toEqual([{ action: 'fc:InvokeFunction', resource: 'functions/f' }])
  expect(rolesOfStream(stream)).toEqual(['reader', 'writer'])
})
