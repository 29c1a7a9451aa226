import type { AppError, Delivery, Random } from '@millrace/spi'
import type { RetrySpec } from '../resources/index.ts'
import { deadLetterExpired } from './errors.ts'
import { waitMsMax } from './retry.ts'

/**
 * Added to `Delivery.attempts` of a delivery whose retries are used up and whose dead letter could not be written yet,
 * so that after a restart nobody tries its target again. Far above any number of retries (at most 1,000).
 */
const deadLetterMark = 1_000_000

/** How long a failing dead-letter sink is tried, counted from the end of the longest time that retries may take. */
export const deadLetterAgeMsMax = 7 * 86_400_000

const delayMsMin = 1_000
const delayMsMax = 300_000

export function isDeadLetter(delivery: Delivery): boolean {
  return delivery.attempts >= deadLetterMark
}

export function toDeadLetter(attempts: number): number {
  return withoutMark(attempts) + deadLetterMark
}

export function withoutMark(attempts: number): number {
  return attempts % deadLetterMark
}

export type DeadLetterDecision =
  | { readonly kind: 'again'; readonly dueAtMs: number }
  | { readonly kind: 'expired'; readonly error: AppError }

/** When a dead letter that could not be written is tried again: 1 s to 5 minutes, jittered, for about a week. Pure. */
export function deadLetterDecision(
  retry: RetrySpec,
  delivery: Delivery,
  tries: number,
  nowMs: number,
  error: AppError,
  random: Random,
): DeadLetterDecision {
  const untilMs = delivery.enqueuedAtMs + waitMsMax(retry) + deadLetterAgeMsMax
  const ceiling = Math.min(delayMsMax, delayMsMin * 2 ** Math.min(tries, 20))
  const dueAtMs = nowMs + Math.ceil(delayMsMin + random.next() * (ceiling - delayMsMin))
  return dueAtMs > untilMs ? { kind: 'expired', error: deadLetterExpired(error) } : { kind: 'again', dueAtMs }
}
