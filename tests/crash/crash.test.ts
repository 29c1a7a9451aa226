import { expect, test } from 'vitest'
import { crashKinds, crashRounds, type CrashKind } from './rounds.ts'

test('a server killed under load, while draining and while starting loses nothing that it had acknowledged', {
  timeout: 300_000,
}, async () => {
  const kinds = new Set<CrashKind>()

  const report = await crashRounds(crashKinds.length, 1, ({ kind }) => kinds.add(kind))

  expect(report.problems).toEqual([])
  expect([...kinds]).toEqual(crashKinds)
  expect(report.acknowledged).toBeGreaterThan(0)
  for (const { arrived } of report.rules) expect(arrived).toBeGreaterThan(0)
})
