import { MillraceError } from '../error.ts'
import type { PublishOutcome } from '../events.ts'

/** What one attempt has brought for one event. */
export type Verdict =
  | { readonly kind: 'stored'; readonly outcome: Extract<PublishOutcome, { position: number }> }
  | { readonly kind: 'refused'; readonly error: MillraceError }
  /** `isUnknown`: there was no answer that can be read, so the event may be stored. */
  | { readonly kind: 'again'; readonly error: MillraceError; readonly isUnknown: boolean }

/** What a failed request means for each of its events: what the answer says of them, or the same for all. */
export function verdictsOf(thrown: unknown, count: number): Verdict[] {
  const error = asMillraceError(thrown)
  const { outcomes } = error.problem
  if (Array.isArray(outcomes) && outcomes.length === count) {
    return (outcomes as PublishOutcome[]).map(each => verdictOf(each, error))
  }
  const again = isWorthRetrying(error)
  const isUnknown = error.status < 400 || error.status >= 500
  return Array.from(
    { length: count },
    (): Verdict => (again ? { kind: 'again', error, isUnknown } : { kind: 'refused', error }),
  )
}

/** What an answer says of one event; `whole` is the refusal of the request, where it was refused as a whole. */
export function verdictOf(outcome: PublishOutcome, whole?: MillraceError): Verdict {
  if (!('error' in outcome)) return { kind: 'stored', outcome }
  const { code, detail, retryable } = outcome.error
  const status = whole?.status ?? 207
  const error = new MillraceError(code, detail, status, {}, { retryAfterMs: whole?.retryAfterMs })
  return retryable === true ? { kind: 'again', error, isUnknown: false } : { kind: 'refused', error }
}

/** Verdict on an answer to a whole request: overload, failures of the server, and no answer are passing. */
function isWorthRetrying({ status }: MillraceError): boolean {
  if (status === 408 || status === 425 || status === 429) return true
  return status < 400 || (status >= 500 && status !== 501)
}

function asMillraceError(thrown: unknown): MillraceError {
  if (thrown instanceof MillraceError) return thrown
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return new MillraceError('client.unreachable', `no answer: ${reason}`, 0, {}, { cause: thrown })
}
