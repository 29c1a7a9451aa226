import type { AppError, Delivery, Random } from '@millrace/spi'
import type { RetrySpec } from '../resources/index.ts'
import { deadLetterExpired } from './errors.ts'
import { waitMsMax } from './retry.ts'

/** How long a failing dead-letter sink is tried, counted from the end of the longest time that retries may take. */
export const deadLetterAgeMsMax = 7 * 86_400_000

const delayMsMin = 1_000
const delayMsMax = 300_000

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
