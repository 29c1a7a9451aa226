import { expect, test } from 'vitest'
import type { TestRecord } from './outcome.ts'
import { lastLine, verdictOf } from './verdict.ts'

const record = (state: TestRecord['state']): TestRecord => ({
  project: 'unit',
  path: 'a.test.ts',
  name: 'a',
  fullName: 'a',
  state,
  reason: undefined,
})

test('the last line counts tests by their end', () => {
  const verdict = verdictOf({
    records: [record('passed'), record('passed'), record('skipped')],
    troubles: [],
  })

  expect(lastLine(verdict)).toBe('2 passed, 0 failed, 1 skipped')
  expect(verdict.ok).toBe(true)
})

test('a trouble outside the tests is a failure', () => {
  const verdict = verdictOf({ records: [record('passed')], troubles: [{ where: 'a', what: 'did not load' }] })

  expect(lastLine(verdict)).toBe('1 passed, 1 failed, 0 skipped')
  expect(verdict.ok).toBe(false)
})

test('a run that collected nothing is a failure', () => {
  expect(verdictOf({ records: [], troubles: [] })).toMatchObject({ failed: 1, ok: false })
})
