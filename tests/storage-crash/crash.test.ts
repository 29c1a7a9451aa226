import { expect, test } from 'vitest'
import { crashRounds } from './rounds.ts'

test('a killed process leaves a prefix of its writes across all ports, with every acknowledged one', async () => {
  const seed = Number(process.env['CRASH_SEED'] ?? 1)
  let acknowledged = 0
  for await (const round of crashRounds(8, seed)) {
    expect(round.problems, `seed ${seed}, round ${round.round}`).toEqual([])
    acknowledged += round.acknowledged
  }
  expect(acknowledged).toBeGreaterThan(8)
})
