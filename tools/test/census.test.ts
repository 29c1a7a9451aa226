import { expect, test } from 'vitest'
import { plant, Tree } from '../tidy/index.ts'
import { census, conformanceCases } from './census.ts'
import type { TestRecord } from './outcome.ts'

const files = {
  'packages/spi/src/conformance/storage/event-log.ts': [
    'export function eventLogSuite() {',
    "  test('an append is read back', async () => {})",
    "  child.on('exit', () => {})",
    '  test(`a batch of ${count} entries is whole`, async () => {})',
    '}',
  ].join('\n'),
  'packages/spi/src/conformance/sink-suite.ts':
    "export const cases = [{ name: 'one outcome per record', run: async () => {} }]\n",
  'storage/memory/package.json': '{}',
}

const where = 'storage/memory/test/conformance.test.ts'
const ran = (name: string, state: TestRecord['state'] = 'passed', reason?: string): TestRecord => ({
  project: 'suite',
  path: where,
  name,
  fullName: name,
  state,
  reason,
})

test('the cases of a kind are read from the suites, as calls and as data', () => {
  using plot = plant(files)
  const tree = new Tree(plot.root)

  expect(conformanceCases(tree, 'storage')).toEqual([
    'an append is read back',
    'a batch of ${count} entries is whole',
  ])
  expect(conformanceCases(tree, 'connector')).toEqual(['one outcome per record'])
})

test('a plug-in that ran every case passes, a stated skip included', () => {
  using plot = plant(files)
  const records = [
    ran('an append is read back'),
    ran('a batch of 3 entries is whole (needs disk: none (yet))', 'skipped', 'needs disk'),
  ]

  expect(census(new Tree(plot.root), records)).toEqual([])
})

test('a missing case, a silent skip and a suite that did not run at all are caught', () => {
  using plot = plant(files)
  const tree = new Tree(plot.root)

  expect(census(tree, [ran('an append is read back')])).toMatchObject([
    { where, what: expect.stringContaining('1 of 2 conformance cases did not run') },
  ])
  const silent = [ran('an append is read back', 'skipped'), ran('a batch of 3 entries is whole')]
  expect(census(tree, silent)).toMatchObject([{ what: 'skipped without a reason: an append is read back' }])
  expect(census(tree, [])).toMatchObject([{ what: 'the conformance suite of this storage did not run' }])
})
