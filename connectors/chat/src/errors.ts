import { AppError, type RetryHint, retryBackoff, retryNever } from '@millrace/spi'
import type { ChatVerdict } from './services/index.ts'

/** The error of an answer that is no success. */
export function answerError(verdict: Exclude<ChatVerdict, { kind: 'ok' }>, place: string): AppError {
  return new AppError(`sink.${verdict.kind}`, `${place} ${verdict.what}`, retryOf(verdict))
}

function retryOf({ kind, delayMs }: Exclude<ChatVerdict, { kind: 'ok' }>): RetryHint {
  if (kind === 'rejected') return retryNever
  return delayMs === undefined ? retryBackoff : { kind: 'after', delayMs }
}

interface Verdict {
  readonly code: string
  readonly what: string
  readonly retry: RetryHint
}

const patterns: readonly (readonly [RegExp, Verdict])[] = [
  [
    /^(UND_ERR_CONNECT_TIMEOUT|UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT|ETIMEDOUT)$/,
    { code: 'sink.timeout', what: 'did not answer in time', retry: retryBackoff },
  ],
  [
    /^(UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_|HPE_)/,
    { code: 'sink.failed', what: 'answered with something that is not HTTP', retry: retryBackoff },
  ],
  [
    /^(ECONN|EPIPE|EHOST|ENET|ENOTFOUND|EAI_|EADDRNOTAVAIL|EMFILE|ENFILE|ENODATA|UND_ERR_)/,
    { code: 'sink.unavailable', what: 'cannot be reached, or broke the connection', retry: retryBackoff },
  ],
  [
    /CERT|HOSTNAME_MISMATCH|SELF_SIGNED/,
    { code: 'sink.untrusted', what: 'has a certificate that cannot be verified', retry: retryBackoff },
  ],
  [
    /^(ERR_SSL_|ERR_TLS_|EPROTO)/,
    { code: 'sink.unavailable', what: 'could not agree on a TLS connection', retry: retryBackoff },
  ],
]

/** Turns whatever a request threw into an AppError; total. Nothing of the address but its host is shown. */
export function connectionError(thrown: unknown, place: string): AppError {
  if (thrown instanceof AppError) return thrown
  for (const candidate of candidates(thrown)) {
    const code = codeOf(candidate)
    const verdict = patterns.find(([pattern]) => pattern.test(code))?.[1]
    if (verdict === undefined) continue
    return new AppError(verdict.code, `${place} ${verdict.what} (${code})`, verdict.retry, { cause: thrown })
  }
  return new AppError('internal.unexpected', `the request to ${place} failed unforeseen`, retryBackoff, {
    cause: thrown,
  })
}

/** The error, then what it gathers or wraps: connecting to several addresses fails with one error for each. */
function* candidates(thrown: unknown): Generator {
  yield thrown
  if (thrown instanceof AggregateError) yield* thrown.errors
  if (thrown instanceof Error && thrown.cause !== undefined) yield thrown.cause
}

function codeOf(thrown: unknown): string {
  const code: unknown =
    typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'code') : undefined
  return typeof code === 'string' ? code : ''
}
