import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attemptsMade, isDeadLetter, packTries, unpackTries } from './tries.ts'

const tries = fc.record({
  failures: fc.nat(2_047),
  probes: fc.nat(255),
  unheard: fc.nat(4_095),
  isDeadLetter: fc.boolean(),
})

test('tries survive their number, which fits 32 bits', () => {
  fc.assert(
    fc.property(tries, known => {
      const attempts = packTries(known)
      expect(unpackTries(attempts)).toEqual(known)
      expect(attempts).toBeLessThan(2 ** 32)
      const delivery = { position: 1, attempts, dueAtMs: 0, enqueuedAtMs: 0, lane: undefined }
      expect(isDeadLetter(delivery)).toBe(known.isDeadLetter)
    }),
  )
})

test('counts that run over stay at their largest and do not spill into each other', () => {
  const most = packTries({ failures: 5_000, probes: 5_000, unheard: 50_000, isDeadLetter: false })
  expect(unpackTries(most)).toEqual({ failures: 2_047, probes: 255, unheard: 4_095, isDeadLetter: false })
})

test('attempts that the target did not look at are not among those made', () => {
  expect(attemptsMade({ failures: 2, probes: 3, unheard: 70, isDeadLetter: true })).toBe(5)
})
