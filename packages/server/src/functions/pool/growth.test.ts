import { expect, test } from 'vitest'
import { Growth } from './growth.ts'

test('a burst may start at once, then so many a minute, and an idle time fills up to the burst only', () => {
  const growth = new Growth({ burstInstances: 3, growthPerMinute: 60 })
  const taken = (atMs: number, count: number): number =>
    Array.from({ length: count }, () => growth.take(atMs)).filter(Boolean).length
  expect(taken(0, 10)).toBe(3)
  expect(growth.waitMs(0)).toBe(1_000)
  expect(taken(999, 1)).toBe(0)
  expect(taken(1_000, 2)).toBe(1)
  expect(taken(3_500, 5)).toBe(2)
  expect(taken(3_600_000, 10)).toBe(3)
})
