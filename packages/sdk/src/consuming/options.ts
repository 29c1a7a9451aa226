import { checkWhole } from '../check-whole.ts'
import type { ClientClock, ClientRandom } from '../clock.ts'
import type { ReceivedMessage } from '../queues.ts'

/**
 * Does what a message is for. When it resolves, the message is deleted; when it rejects, the message comes again, later each
 * time. The signal aborts when the message is about to be handed to others, or when stopping has taken too long.
 */
export type MessageHandler = (message: ReceivedMessage, signal: AbortSignal) => unknown

export interface ConsumeOptions {
  /** Messages handled at once; 8 unless told. */
  readonly concurrencyMax?: number
  /** How long one question waits for messages; 20,000 ms unless told, and less than the `timeoutMs` of the client. */
  readonly waitMs?: number
  /**
   * How long a message stays hidden from others before that is extended, which happens at the half of it. That of the queue
   * unless told: then the key needs the right to read the queue's settings.
   */
  readonly visibilityMs?: number
  /** How long a message of which the handler failed stays away: 1,000 ms, doubled with each receive up to 300,000 ms. */
  readonly retry?: { readonly delayMsMin?: number; readonly delayMsMax?: number }
  /** How long handlers may go on after the end was asked for, before their signal aborts; 10,000 ms unless told. */
  readonly drainMsMax?: number
  /** Told of handlers that failed, and of requests that did; both are tried again. */
  readonly onError?: (error: unknown, message?: ReceivedMessage) => void
  readonly clock?: ClientClock
  readonly random?: ClientRandom
}

export const consumeDefaults = {
  concurrencyMax: 8,
  waitMs: 20_000,
  drainMsMax: 10_000,
} as const satisfies ConsumeOptions

/** Options, with what has a default filled in. */
export type ConsumeSettings = ConsumeOptions & Required<Pick<ConsumeOptions, keyof typeof consumeDefaults>>

export const consumeRetryDefaults = { delayMsMin: 1_000, delayMsMax: 300_000 } as const

/** What a server takes as a time for which a message is hidden. */
const visibilityMsMin = 1_000

/** Throws a RangeError that names an option which is no whole number in its limits. */
export function checkConsumeOptions({ retry, ...options }: ConsumeOptions): void {
  const values = { ...options, ...retry }
  const limits = [
    ['concurrencyMax', 1, 10_000],
    ['waitMs', 0, 30_000],
    ['visibilityMs', visibilityMsMin, 43_200_000],
    ['drainMsMax', 0, 3_600_000],
    ['delayMsMin', visibilityMsMin, 43_200_000],
    ['delayMsMax', visibilityMsMin, 43_200_000],
  ] as const
  for (const [name, least, most] of limits) checkWhole(name, values[name], least, most)
}
