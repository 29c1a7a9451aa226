import { FakeClock } from '@millrace/spi/conformance'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LoginAttempts } from './attempts.ts'

const limits = { failuresPerNameMax: 3, failuresPerAddressMax: 5, windowMs: 1_000, countedMax: 1_000 }

const step = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  address: fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2'),
  isRight: fc.boolean(),
  passMs: fc.constantFrom(0, 1, 400, 999, 1_000),
})

/** The same by keeping every failure and looking at all of them. */
class Oracle {
  readonly #failures: { readonly key: string; readonly atMs: number; readonly endsAtMs: number }[] = []

  isLocked(key: string, max: number, nowMs: number): boolean {
    return this.#of(key, nowMs).length >= max
  }

  fail(key: string, nowMs: number): void {
    const [first] = this.#of(key, nowMs)
    this.#failures.push({ key, atMs: nowMs, endsAtMs: first?.endsAtMs ?? nowMs + limits.windowMs })
  }

  #of(wanted: string, nowMs: number) {
    return this.#failures.filter(({ key, endsAtMs }) => key === wanted && endsAtMs > nowMs)
  }
}

test('a name and an address are locked after so many failures, and the lock ends by itself', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
      const clock = new FakeClock()
      const attempts = new LoginAttempts(clock, limits)
      const oracle = new Oracle()
      for (const { name, address, isRight, passMs } of steps) {
        await clock.advance(passMs)
        const network = address.replace(/::\d$/, '')
        const nowMs = clock.nowMs()
        const isLocked =
          oracle.isLocked(`name ${name}`, limits.failuresPerNameMax, nowMs) ||
          oracle.isLocked(network, limits.failuresPerAddressMax, nowMs)
        if (isLocked) {
          expect(() => attempts.begin(name, address)).toThrow(/attempts to sign in failed/)
          continue
        }
        const attempt = attempts.begin(name, address)
        if (isRight) attempt.uncount()
        else for (const key of [`name ${name}`, network]) oracle.fail(key, nowMs)
      }
    }),
  )
})

test('attempts at the same time do not get past the limit together', () => {
  const attempts = new LoginAttempts(new FakeClock(), limits)
  for (let turn = 0; turn < limits.failuresPerNameMax; turn++) attempts.begin('a', '192.0.2.1')
  expect(() => attempts.begin('a', '192.0.2.2')).toThrow(
    expect.objectContaining({ code: 'login.too-many-attempts', retry: { kind: 'after', delayMs: 1_000 } }),
  )
})

test('a flood of names is bounded: the oldest is forgotten, and the address is not', () => {
  const attempts = new LoginAttempts(new FakeClock(), { ...limits, countedMax: 4, failuresPerAddressMax: 50 })
  let taken = 0
  try {
    for (; taken < 100; taken++) attempts.begin(`name ${taken}`, '192.0.2.1')
  } catch {
    // Locked.
  }
  expect(taken).toBe(50)
})
