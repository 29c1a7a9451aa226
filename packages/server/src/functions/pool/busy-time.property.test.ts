import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BusyTime } from './busy-time.ts'

/** Milliseconds in which at least one of the intervals runs, counted one by one. */
function unionMs(intervals: readonly (readonly [number, number])[]): number {
  let count = 0
  for (let ms = 0; ms < 200; ms++) if (intervals.some(([start, end]) => start <= ms && ms < end)) count++
  return count
}

test('what overlapping invocations are billed together is the time of their union', () => {
  const interval = fc.tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 100 }))
  fc.assert(
    fc.property(fc.array(interval, { minLength: 1, maxLength: 12 }), pairs => {
      const intervals = pairs.map(([start, length]) => [start, start + length] as const)
      const moments = intervals.flatMap(([start, end]) => [
        { atMs: start, startedAtMs: undefined },
        { atMs: end, startedAtMs: start },
      ])
      // At one moment ends come before starts: then the second does not overlap the first.
      moments.sort((left, right) => left.atMs - right.atMs || (left.startedAtMs === undefined ? 1 : -1))
      const time = new BusyTime()
      let running = 0
      let billedMs = 0
      for (const { atMs, startedAtMs } of moments) {
        if (startedAtMs === undefined) time.start(atMs, running++)
        else billedMs += time.end(atMs, startedAtMs, --running, atMs - startedAtMs)
      }
      expect(billedMs).toBe(unionMs(intervals))
    }),
  )
})

test('an invocation by itself is billed what the code has measured, finer than the clock', () => {
  const time = new BusyTime()
  time.start(10, 0)
  expect(time.end(11, 10, 0, 0.25)).toBe(0.25)
})
