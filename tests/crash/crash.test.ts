import { expect, test } from 'vitest'
import { crashRounds } from './rounds.ts'

test('a server that is killed twice under load loses nothing that it had acknowledged', {
  timeout: 120_000,
}, async () => {
  const report = await crashRounds(2, 1, () => {})
  expect(report.problems).toEqual([])
  expect(report.acknowledged).toBeGreaterThan(0)
  expect(report.delivered).toBeGreaterThan(report.acknowledged)
})
