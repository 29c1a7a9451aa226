import { STATUS_CODES } from 'node:http'
import { AppError, type Outcome, type RetryHint, retryBackoff, retryNever } from '@millrace/spi'

/** What of an answer decides about the delivery. */
export interface Answer {
  readonly status: number
  readonly statusText: string
  /** Value of the `Retry-After` header. */
  readonly retryAfter: string | undefined
}

export interface AnswerContext {
  readonly host: string
  readonly nowMs: number
  readonly retryAfterMsMax: number
}

/**
 * Any 2xx is a success, everything else a failure (section 7.2 of the compatible protocol, whose two strategies retry
 * all failures alike). The verdict counts for strategies that listen to it; the table is in the README.
 */
export function outcomeOf(answer: Answer, context: AnswerContext): Outcome {
  const detail = detailOf(answer)
  if (answer.status >= 200 && answer.status < 300) return { status: 'ok', detail }
  const { code, retry } = verdictOf(answer, context)
  const error = new AppError(code, `The target ${context.host} answered ${detail}.`, retry, {
    details: { host: context.host, status: answer.status },
  })
  return { status: 'failed', error, detail }
}

/** Statuses below 500 that the same event may get over: too early, too many, in the way of others, not there yet. */
const passing: ReadonlySet<number> = new Set([404, 408, 409, 421, 423, 425])

function verdictOf(answer: Answer, context: AnswerContext): { code: string; retry: RetryHint } {
  const { status } = answer
  if (status === 401 || status === 403 || status === 407)
    return { code: 'sink.unauthorized', retry: retryBackoff }
  if (status === 429) return { code: 'sink.throttled', retry: pauseOf(answer, context) }
  if (status === 503) return { code: 'sink.unavailable', retry: pauseOf(answer, context) }
  // A gateway says so of the target behind it: the target is away, whatever the event.
  if (status === 502 || status === 504) return { code: 'sink.unavailable', retry: retryBackoff }
  if (status >= 500 || passing.has(status)) return { code: 'sink.failed', retry: retryBackoff }
  return { code: 'sink.rejected', retry: retryNever }
}

/** The pause that the target asks for, cut to the limit; growing pauses when it names none, or one that is over. */
function pauseOf(answer: Answer, context: AnswerContext): RetryHint {
  const delayMs = retryAfterMs(answer.retryAfter, context.nowMs)
  if (delayMs === undefined || delayMs <= 0) return retryBackoff
  return { kind: 'after', delayMs: Math.min(delayMs, context.retryAfterMsMax) }
}

/**
 * Milliseconds that a `Retry-After` asks for: seconds, or a date in one of the three forms of RFC 9110. Undefined for
 * anything else; negative for a date that is over.
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1_000
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return undefined
  // The oldest form names no zone and means GMT.
  const atMs = Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`)
  return Number.isNaN(atMs) ? undefined : atMs - nowMs
}

/** Such as `200 OK`. The target chooses its reason phrase, so it is cut and cleaned; the standard one stands in for none. */
function detailOf(answer: Answer): string {
  const phrase = answer.statusText.replace(/[^\x20-\x7e]/g, '?') || STATUS_CODES[answer.status] || ''
  return `${answer.status} ${phrase}`.trim().slice(0, 200)
}
