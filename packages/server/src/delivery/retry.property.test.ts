import { seededRandom } from '@millrace/spi/conformance'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RetrySpec } from '../resources/index.ts'
import { decideRetry, hintDelayMsMax, pauseMs, unheardMax, waitMsMax } from './retry.ts'

const start = 1_000_000

/** Pauses until the policy gives up, when every attempt fails at once with the given verdict. */
function schedule(
  spec: RetrySpec,
  seed: number,
  hint: Parameters<typeof decideRetry>[1]['hint'] = { kind: 'backoff' },
): number[] {
  const random = seededRandom(seed)
  const pauses: number[] = []
  let nowMs = start
  for (let attempts = 1; attempts <= 2_000; attempts++) {
    const failed = { attempts, enqueuedAtMs: start, nowMs, hint, isFinal: false }
    const decision = decideRetry(spec, failed, random)
    if (decision.kind === 'exhausted') return pauses
    pauses.push(decision.dueAtMs - nowMs)
    nowMs = decision.dueAtMs
  }
  throw new Error('the policy has no end')
}

test('BACKOFF_RETRY is 3 retries, each 10 to 20 s after the last', () => {
  fc.assert(
    fc.property(fc.nat(), seed => {
      const pauses = schedule({ strategy: 'BACKOFF_RETRY' }, seed)
      expect(pauses).toHaveLength(3)
      for (const pause of pauses) {
        expect(pause).toBeGreaterThanOrEqual(10_000)
        expect(pause).toBeLessThanOrEqual(20_000)
      }
    }),
  )
})

test('EXPONENTIAL_DECAY_RETRY is 176 retries, doubling from 1 s to 256 s, then every 512 s', () => {
  const pauses = schedule({ strategy: 'EXPONENTIAL_DECAY_RETRY' }, 1)
  expect(pauses).toHaveLength(176)
  expect(pauses.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map(seconds => seconds * 1_000))
  expect(new Set(pauses.slice(9))).toEqual(new Set([512_000]))
})

const custom = fc.record({
  strategy: fc.constant('CUSTOM' as const),
  retriesMax: fc.nat(40),
  ageMsMax: fc.nat(10_000_000),
  delayMsMin: fc.integer({ min: 1, max: 5_000 }),
  delayMsMax: fc.integer({ min: 1, max: 100_000 }),
})

test('CUSTOM keeps its bounds: number, age, shortest and longest pause', () => {
  fc.assert(
    fc.property(custom, fc.nat(), (spec, seed) => {
      const pauses = schedule(spec, seed)
      expect(pauses.length).toBeLessThanOrEqual(spec.retriesMax)
      expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBeLessThanOrEqual(spec.ageMsMax)
      for (const pause of pauses) {
        expect(pause).toBeGreaterThanOrEqual(spec.delayMsMin)
        expect(pause).toBeLessThanOrEqual(Math.max(spec.delayMsMin, spec.delayMsMax))
      }
    }),
  )
})

test('CUSTOM begins with the shortest pause and may then wait up to twice as long each time', () => {
  fc.assert(
    fc.property(custom, fc.integer({ min: 1, max: 30 }), fc.nat(), (spec, retry, seed) => {
      const pause = pauseMs(spec, retry, seededRandom(seed))
      expect(pause).toBeLessThanOrEqual(spec.delayMsMin * 2 ** (retry - 1))
      if (retry === 1) expect(pause).toBe(spec.delayMsMin)
    }),
  )
})

test('a pause that the target asks for makes it longer, never shorter, and not longer than an hour', () => {
  const hint = (delayMs: number) => ({ kind: 'after', delayMs }) as const
  const spec: RetrySpec = { strategy: 'EXPONENTIAL_DECAY_RETRY' }
  expect(schedule(spec, 1, hint(10)).slice(0, 2)).toEqual([1_000, 2_000])
  expect(schedule(spec, 1, hint(30_000)).slice(0, 2)).toEqual([30_000, 30_000])
  expect(schedule(spec, 1, hint(Number.MAX_SAFE_INTEGER))[0]).toBe(hintDelayMsMax)
})

test('the verdict never ends CUSTOM at once and is retried by the named strategies', () => {
  const never = { kind: 'never' } as const
  const bounds = { retriesMax: 5, ageMsMax: 1e9, delayMsMin: 1, delayMsMax: 1 }
  expect(schedule({ strategy: 'CUSTOM', ...bounds }, 1, never)).toEqual([])
  expect(schedule({ strategy: 'BACKOFF_RETRY' }, 1, never)).toHaveLength(3)
})

test('what cannot pass is not retried by any strategy', () => {
  const failed = { attempts: 1, enqueuedAtMs: 0, nowMs: 0, hint: { kind: 'backoff' }, isFinal: true } as const
  for (const strategy of ['BACKOFF_RETRY', 'EXPONENTIAL_DECAY_RETRY'] as const) {
    expect(decideRetry({ strategy }, failed, seededRandom(1))).toEqual({ kind: 'exhausted' })
  }
})

/** Pauses while the target does not look at the record, until the policy gives up. */
function unheardSchedule(spec: RetrySpec): number[] {
  const pauses: number[] = []
  let nowMs = start
  for (let unheard = 1; unheard <= unheardMax + 2; unheard++) {
    const hint = { kind: 'uncounted' } as const
    const failed = { attempts: 0, unheard, enqueuedAtMs: start, nowMs, hint, isFinal: false }
    const decision = decideRetry(spec, failed, seededRandom(1))
    if (decision.kind === 'exhausted') return pauses
    pauses.push(decision.dueAtMs - nowMs)
    nowMs = decision.dueAtMs
  }
  throw new Error('the policy has no end')
}

test('a target that does not look is asked after 0.5, 1, 2, 4, then every 8 s, for 5 hours in all', () => {
  const pauses = unheardSchedule({ strategy: 'EXPONENTIAL_DECAY_RETRY' })
  expect(pauses.slice(0, 6)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000])
  const total = pauses.reduce((sum, pause) => sum + pause, 0)
  expect(Math.abs(total - 5 * 3_600_000)).toBeLessThanOrEqual(8_000)
})

test('what does not count is bounded by the age alone, however few retries there are', () => {
  fc.assert(
    fc.property(custom, fc.nat(2_000), fc.nat(20_000_000), fc.nat(), (spec, unheard, ageMs, seed) => {
      const failed = { attempts: 0, enqueuedAtMs: start, nowMs: start + ageMs, isFinal: false }
      const backoff = { kind: 'backoff' } as const
      for (const attempt of [
        { ...failed, unheard: unheard + 1, hint: { kind: 'uncounted' } as const },
        { ...failed, attempts: spec.retriesMax, hint: backoff, isProbe: true },
      ]) {
        const decision = decideRetry(spec, attempt, seededRandom(seed))
        if (decision.kind === 'again') {
          expect(decision.dueAtMs).toBeGreaterThan(failed.nowMs)
          expect(decision.dueAtMs).toBeLessThanOrEqual(start + waitMsMax(spec))
        } else {
          const pauseMost = Math.max(8_000, spec.delayMsMax, spec.delayMsMin)
          expect(ageMs + pauseMost).toBeGreaterThan(waitMsMax(spec))
        }
      }
    }),
  )
})

test('a record that came too early is tried at its time, whatever the policy', () => {
  const hint = { kind: 'uncounted', delayMs: 3_599_000 } as const
  const spec: RetrySpec = { strategy: 'CUSTOM', retriesMax: 0, ageMsMax: 0, delayMsMin: 1, delayMsMax: 1 }
  const failed = { attempts: 0, enqueuedAtMs: 0, nowMs: 5, hint, isFinal: false }
  expect(decideRetry(spec, failed, seededRandom(1))).toEqual({ kind: 'again', dueAtMs: 3_599_005 })
})
