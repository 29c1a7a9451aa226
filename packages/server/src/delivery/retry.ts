import type { Random, RetryHint } from '@millrace/spi'
import type { RetrySpec } from '../resources/index.ts'

/** What a policy is asked after a failed attempt. */
export interface FailedAttempt {
  /** Failed attempts so far that count, this one included if it does. */
  readonly attempts: number
  /** How often in all the target has not looked at the record, this time included. Default 0. */
  readonly unheard?: number
  readonly enqueuedAtMs: number
  readonly nowMs: number
  /** The target's verdict. */
  readonly hint: RetryHint
  /** The failure is the platform's own and cannot pass: a transform that cannot be applied to this event. */
  readonly isFinal: boolean
  /** It was the probe of an open circuit: it says nothing of the delivery, and does not count. Default no. */
  readonly isProbe?: boolean
}

export type RetryDecision =
  | { readonly kind: 'again'; readonly dueAtMs: number }
  /** Retries are used up, by number, by age, or because trying again cannot help. */
  | { readonly kind: 'exhausted' }

/** A target may ask for a longer pause than the policy's, up to this; otherwise one header could park a delivery for good. */
export const hintDelayMsMax = 3_600_000

/** A target that does not look at the record is asked again after 0.5, 1, 2, 4, then every 8 s (function-compute, section 7.3). */
const unheardPauseMsMin = 500
const unheardPauseMsMax = 8_000

/** So often it is asked: the pauses add up to 5 hours. */
export const unheardMax = 2_253

/** How long a delivery of a named strategy may wait behind an open circuit: as long as the longer one's retries take. */
const namedWaitMsMax = 86_400_000

/**
 * When a failed delivery is tried again. Pure.
 *
 * Two kinds of attempts do not count: the probe of an open circuit, and one at which the target did not look at the
 * record. What bounds these is the age, and `unheardMax`.
 *
 * The named strategies have the numbers of section 7.2 of the compatible protocol, which retries all failures alike:
 * a verdict `never` of the target does not end them. `CUSTOM` honours it. A pause that the target asks for moves the
 * due time later than the policy's, never earlier.
 */
export function decideRetry(spec: RetrySpec, failed: FailedAttempt, random: Random): RetryDecision {
  if (failed.isFinal) return { kind: 'exhausted' }
  if (failed.hint.kind === 'never' && spec.strategy === 'CUSTOM') return { kind: 'exhausted' }
  if (failed.hint.kind === 'uncounted') return decideUnheard(spec, failed, failed.hint.delayMs)
  if (failed.isProbe === true) return within(spec, failed, pauseMs(spec, failed.attempts + 1, random))
  if (failed.attempts > retriesMax(spec)) return { kind: 'exhausted' }
  const asked = failed.hint.kind === 'after' ? Math.min(failed.hint.delayMs, hintDelayMsMax) : 0
  const dueAtMs = failed.nowMs + Math.max(Math.ceil(pauseMs(spec, failed.attempts, random)), asked)
  if (spec.strategy === 'CUSTOM' && dueAtMs > failed.enqueuedAtMs + spec.ageMsMax)
    return { kind: 'exhausted' }
  return { kind: 'again', dueAtMs }
}

function decideUnheard(
  spec: RetrySpec,
  { unheard = 1, ...failed }: FailedAttempt,
  delayMs: number | undefined,
): RetryDecision {
  if (delayMs !== undefined)
    return { kind: 'again', dueAtMs: failed.nowMs + Math.min(delayMs, hintDelayMsMax) }
  if (unheard > unheardMax) return { kind: 'exhausted' }
  return within(spec, failed, Math.min(unheardPauseMsMax, unheardPauseMsMin * 2 ** Math.min(unheard - 1, 10)))
}

/** Again after a pause, unless the delivery would be too old by then. */
function within(
  spec: RetrySpec,
  { enqueuedAtMs, nowMs }: Pick<FailedAttempt, 'enqueuedAtMs' | 'nowMs'>,
  pauseMs: number,
): RetryDecision {
  const dueAtMs = nowMs + Math.ceil(pauseMs)
  return dueAtMs > enqueuedAtMs + waitMsMax(spec) ? { kind: 'exhausted' } : { kind: 'again', dueAtMs }
}

/** The pause before retry number `retry`, which counts from 1. */
export function pauseMs(spec: RetrySpec, retry: number, random: Random): number {
  switch (spec.strategy) {
    case 'BACKOFF_RETRY':
      return 10_000 + random.next() * 10_000
    case 'EXPONENTIAL_DECAY_RETRY':
      // 1, 2, 4 … 256 s: nine doubling steps, then 512 s.
      return retry <= 9 ? 2 ** (retry - 1) * 1_000 : 512_000
    case 'CUSTOM': {
      const max = Math.max(spec.delayMsMin, spec.delayMsMax)
      const ceiling = Math.min(max, spec.delayMsMin * 2 ** Math.min(retry - 1, 40))
      // Full jitter within the bounds: the first pause is the minimum, later ones spread over all of the range.
      return spec.delayMsMin + random.next() * (ceiling - spec.delayMsMin)
    }
  }
}

export function retriesMax(spec: RetrySpec): number {
  switch (spec.strategy) {
    case 'BACKOFF_RETRY':
      return 3
    case 'EXPONENTIAL_DECAY_RETRY':
      return 176
    case 'CUSTOM':
      return spec.retriesMax
  }
}

/** Age beyond which a delivery that waits behind an open circuit is given up without an attempt. */
export function waitMsMax(spec: RetrySpec): number {
  return spec.strategy === 'CUSTOM' ? spec.ageMsMax : namedWaitMsMax
}
