import { seededRandom } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { Backoff } from './backoff.ts'

test('pauses double up to the longest, are shortened by half at most, and begin anew after a success', () => {
  const backoff = new Backoff(seededRandom(1), 100, 1_000)
  const pauses = Array.from({ length: 50 }, () => backoff.next())
  const whole = pauses.map((_pause, failures) => Math.min(1_000, 100 * 2 ** failures))
  for (const [index, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual((whole[index] ?? 0) / 2)
    expect(pause).toBeLessThanOrEqual(whole[index] ?? 0)
  }
  expect(backoff.failures).toBe(50)
  backoff.reset()
  expect(backoff.next()).toBeLessThanOrEqual(100)
})
