import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MinuteRate } from './minute-rate.ts'

test('never more than the rate within any minute, and never less than could go', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 60 }),
      (perMinute, pausesMs) => {
        const rate = new MinuteRate(perMinute)
        const sentMs: number[] = []
        let nowMs = 0
        for (const pauseMs of pausesMs) {
          nowMs += pauseMs
          const within = sentMs.filter(atMs => atMs > nowMs - 60_000)
          const waitMs = rate.take(nowMs)
          expect(waitMs === 0).toBe(within.length < perMinute)
          if (waitMs === 0) sentMs.push(nowMs)
          else expect(waitMs).toBe(within[0]! + 60_000 - nowMs)
        }
      },
    ),
  )
})
