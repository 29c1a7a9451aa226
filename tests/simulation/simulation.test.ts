import { describe, expect, test } from 'vitest'
import { plants } from './planted/index.ts'
import { describeFailure } from './report.ts'
import { run } from './run.ts'

const steps = 80
const seeds = 100

describe('the simulation', () => {
  test('the same seed is the same run, to the last write', async () => {
    const [first, second] = [await run({ seed: 7, steps }), await run({ seed: 7, steps })]
    expect(second.hash).toBe(first.hash)
    expect((await run({ seed: 8, steps })).hash).not.toBe(first.hash)
  })

  test.each(plants)('the planted bug $name is found: $fault', { timeout: 60_000 }, async plant => {
    let found: number | undefined
    for (let seed = 1; seed <= seeds && found === undefined; seed++) {
      if ((await run({ seed, steps, plant })).findings.length > 0) found = seed
    }
    expect(found, `no finding in ${seeds} seeds`).toBeDefined()
    expect((await run({ seed: found ?? 0, steps })).findings).toEqual([])
  })

  test.each([47, 93, 97, 100, 101, 185, 202, 224, 227, 242, 262, 363])(
    'seed %i, which once found a bug, breaks no promise',
    async seed => {
      expect((await run({ seed, steps })).findings).toEqual([])
    },
  )

  test('hundreds of seeds break no promise', { timeout: 180_000 }, async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const result = await run({ seed, steps })
      expect(result.findings, describeFailure(result, steps, undefined)).toEqual([])
    }
  })
})
