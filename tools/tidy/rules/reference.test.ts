import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { referenceRule } from './reference.ts'

const pages = [{ path: 'docs/reference/a.md', make: () => 'one\ntwo\n' }]

test('a stale page is caught at its first differing line, a missing one as such', async () => {
  using stale = plant({ 'docs/reference/a.md': 'one\nother\n' })
  using missing = plant({})

  expect(await stale.check(referenceRule(pages))).toMatchObject([{ line: 2, advice: 'npm run generate' }])
  expect(await missing.check(referenceRule(pages))).toMatchObject([{ problem: 'missing' }])
})

test('a page as generated passes', async () => {
  using plot = plant({ 'docs/reference/a.md': 'one\ntwo\n' })

  expect(await plot.check(referenceRule(pages))).toEqual([])
})

test('a page that cannot be made is a finding, not a crash', async () => {
  using plot = plant({})
  const broken = { path: 'a.md', make: () => Promise.reject(new Error('no connector')) }

  expect(await plot.check(referenceRule([broken]))).toMatchObject([
    { problem: 'cannot be made: no connector' },
  ])
})
