import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

/** The same rate, one millisecond after the other, in thousandths. */
class Oracle {
  perSecond: number
  level: number
  nowMs = 0

  constructor(perSecond: number) {
    this.perSecond = perSecond
    this.level = perSecond * 1_000
  }

  passTo(nowMs: number): void {
    for (; this.nowMs < nowMs; this.nowMs++) {
      this.level = Math.min(this.perSecond * 1_000, this.level + this.perSecond)
    }
  }

  mayTake(count: number): boolean {
    return this.perSecond > 0 && this.level >= Math.min(count, this.perSecond) * 1_000
  }

  /** Steps of a copy until it may. */
  waitMs(count: number): number {
    const copy = Object.assign(new Oracle(this.perSecond), this)
    let waited = 0
    for (; !copy.mayTake(count); waited++) copy.passTo(copy.nowMs + 1)
    return waited
  }
}

const step = fc.record({
  /** Now and then the clock goes back. */
  passMs: fc.integer({ min: -50, max: 1_500 }),
  count: fc.integer({ min: 0, max: 40 }),
  rate: fc.option(fc.integer({ min: 1, max: 30 }), { freq: 8 }),
})

test('it allows what a bucket filled millisecond by millisecond allows, and says when to come again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.array(step, { maxLength: 40 }), (perSecond, steps) => {
      const bucket = new TokenBucket(perSecond, 0)
      const oracle = new Oracle(perSecond)
      let nowMs = 0
      for (const { passMs, count, rate } of steps) {
        nowMs = Math.max(0, nowMs + passMs)
        oracle.passTo(nowMs)
        if (rate !== null) {
          bucket.setRate(rate, nowMs)
          if (rate > oracle.perSecond) oracle.level += (rate - oracle.perSecond) * 1_000
          oracle.perSecond = rate
          oracle.level = Math.min(oracle.level, rate * 1_000)
        }
        const waitMs = bucket.waitMs(count, nowMs)
        // The bucket tells the wait from when it was last filled, which is later than a clock that went back.
        expect(waitMs).toBe(oracle.waitMs(count))
        if (waitMs > 0) continue
        bucket.take(count)
        oracle.level -= count * 1_000
      }
    }),
  )
})

test('in no stretch of time more is taken than its burst, its rate and one request', () => {
  const takes = fc.array(fc.record({ passMs: fc.nat(400), count: fc.integer({ min: 1, max: 25 }) }), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), takes, (perSecond, steps) => {
      const bucket = new TokenBucket(perSecond, 0)
      const taken: { atMs: number; count: number }[] = []
      let nowMs = 0
      for (const { passMs, count } of steps) {
        nowMs += passMs
        if (bucket.waitMs(count, nowMs) > 0) continue
        bucket.take(count)
        taken.push({ atMs: nowMs, count })
      }
      for (const [first, { atMs: fromMs }] of taken.entries()) {
        let sum = 0
        for (const { atMs, count } of taken.slice(first)) {
          sum += count
          const allowed = perSecond + ((atMs - fromMs) * perSecond) / 1_000
          expect(sum).toBeLessThanOrEqual(allowed + Math.max(0, count - perSecond))
        }
      }
    }),
  )
})

test('whoever has no rate is told to come much later', () => {
  const bucket = new TokenBucket(0, 0)
  expect(bucket.waitMs(1, 1_000_000)).toBe(60_000)
})
