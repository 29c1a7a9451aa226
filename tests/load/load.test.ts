import { expect, test } from 'vitest'
import { runLoad } from './load.ts'
import { loadReportText } from './report.ts'

test('slow, crashing and hostile functions take nothing from a good one, and leave nothing behind', {
  timeout: 180_000,
}, async () => {
  const report = await runLoad(3_000, 15_000, () => {})

  expect(report.problems, loadReportText(report)).toEqual([])
  expect(report.mixed.answered).toBe(report.mixed.sent)
  for (const calls of report.neighbours) expect(calls.sent).toBeGreaterThan(0)
})
