import { expect, test } from 'vitest'
import { leftOut, missingServices, noReason } from './left-out.ts'
import type { TestRecord } from './outcome.ts'

const skipped = (name: string, reason?: string): TestRecord => ({
  project: 'suite',
  path: 'a.test.ts',
  name,
  fullName: name,
  state: 'skipped',
  reason,
})

const records = [
  skipped('a', 'needs bubblewrap: not installed'),
  skipped('b', 'needs bubblewrap: not installed'),
  skipped('c', 'needs redis'),
  skipped('d'),
]

test('skips are grouped by reason, with the remedy where one is known', () => {
  const groups = leftOut(records)

  expect(groups.map(({ reason, remedy }) => [reason, remedy])).toEqual([
    ['needs bubblewrap: not installed', 'apt-get install bubblewrap'],
    ['needs redis', undefined],
    [noReason, undefined],
  ])
})

test('a required service that is absent is a failure, an optional one is not', () => {
  const groups = leftOut(records)

  expect(missingServices(groups, undefined)).toEqual([])
  expect(missingServices(groups, 'kafka, redis')).toMatchObject([{ what: expect.stringContaining('redis') }])
  expect(missingServices(groups, 'all')).toHaveLength(2)
})
