import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from './histogram.ts'

test('any percentile is within 1 % of the exact one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 60_000_000_000 }), { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 100, noNaN: true }),
      (values, percent) => {
        const histogram = new Histogram()
        for (const value of values) histogram.record(value)
        const sorted = values.toSorted((left, right) => left - right)
        const exact = sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] ?? 0

        const seen = histogram.percentile(percent)

        expect(seen).toBeGreaterThanOrEqual(exact)
        expect(seen).toBeLessThanOrEqual(exact * 1.01 + 1)
      },
    ),
  )
})

test('count, mean and maximum are exact, and an empty histogram is all zero', () => {
  const histogram = new Histogram()
  expect(histogram.summary()).toEqual({ count: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 })

  for (const value of [1_000, 2_000, 6_000]) histogram.record(value)

  expect(histogram.summary(1_000)).toMatchObject({ count: 3, mean: 3, max: 6 })
})
