import { AppError, type RetryHint, retryBackoff, retryNever } from '@millrace/spi'
import { protocolVerdicts } from './protocol-verdicts.ts'
import { type Verdict, verdictOf } from './verdict.ts'

/** Who asked; sources and sinks have codes of their own. */
export type Role = 'source' | 'sink'

/** Codes of Node, one by one; what is missing here goes by {@link patterns}. */
const nodeVerdicts: Readonly<Record<string, Verdict>> = {
  ECONNREFUSED: verdictOf('unavailable', 'refused the connection'),
  ECONNRESET: verdictOf('unavailable', 'broke the connection'),
  ECONNABORTED: verdictOf('unavailable', 'broke the connection'),
  EPIPE: verdictOf('unavailable', 'broke the connection'),
  EHOSTUNREACH: verdictOf('unavailable', 'cannot be reached: no route to the host'),
  EHOSTDOWN: verdictOf('unavailable', 'cannot be reached: the host is down'),
  ENETUNREACH: verdictOf('unavailable', 'cannot be reached: no route to the network'),
  ENETDOWN: verdictOf('unavailable', 'cannot be reached: the network is down'),
  EADDRNOTAVAIL: verdictOf('unavailable', 'cannot be reached: no local port is free'),
  EMFILE: verdictOf('unavailable', 'cannot be reached: this process has too many files open'),
  ENFILE: verdictOf('unavailable', 'cannot be reached: this machine has too many files open'),
  ENOTFOUND: verdictOf('unavailable', 'has a name that does not resolve'),
  ENODATA: verdictOf('unavailable', 'has a name that does not resolve'),
  EAI_AGAIN: verdictOf('unavailable', 'has a name that could not be resolved now'),
  ETIMEDOUT: verdictOf('timeout', 'did not answer in time'),
}

/** Families of codes of Node. */
const patterns: readonly (readonly [RegExp, Verdict])[] = [
  [/^EAI_/, verdictOf('unavailable', 'has a name that could not be resolved')],
  [
    /CERT|^HOSTNAME_MISMATCH$|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$/,
    verdictOf('untrusted', 'has a certificate that cannot be verified'),
  ],
  [/^(ERR_SSL_|ERR_TLS_|EPROTO$)/, verdictOf('unavailable', 'could not agree on a TLS connection')],
  [
    /^ERR_OSSL_/,
    verdictOf('rejected', 'was not called: the certificate or key of the options cannot be read'),
  ],
]

/** Codes of the client library, for errors that nothing better is known of. */
const libraryVerdicts: Readonly<Record<string, Verdict>> = {
  PLT_KFK_AUTHENTICATION: verdictOf(
    'unauthorized',
    'refused the credentials: check sasl.mechanism, user name and password',
  ),
  PLT_KFK_NETWORK: verdictOf('unavailable', 'closed the connection, or did not answer in time'),
  PLT_KFK_TIMEOUT: verdictOf('timeout', 'did not answer in time'),
  PLT_KFK_UNEXPECTED_CORRELATION_ID: verdictOf('failed', 'answered with something that is not asked for'),
  PLT_KFK_UNSUPPORTED_API: verdictOf('rejected', 'is too old: it lacks a request that is needed'),
}

/** Words of the client library where it has no code. */
const sentences: readonly (readonly [RegExp, Verdict])[] = [
  [
    /Broker requires TLS/,
    verdictOf('rejected', 'wants TLS: set the option tls, or use the port for plain connections'),
  ],
  [
    /TLS handshake failed/,
    verdictOf('rejected', 'does not speak TLS here: leave the option tls out, or use the port for TLS'),
  ],
]

/**
 * Turns whatever was thrown into an AppError; total. `place` says which broker, topic or group it is about, and is all of the
 * options that appears in messages. Of an error that gathers or wraps others, the innermost that is known decides. What
 * nobody foresaw becomes `internal.unexpected`, and may be tried again.
 */
export function kafkaError(thrown: unknown, role: Role, place: string): AppError {
  if (thrown instanceof AppError) return inRole(thrown, role)
  let known: { readonly verdict: Verdict; readonly cause: string; readonly rank: number } | undefined
  for (const [candidate, depth] of candidates(thrown)) {
    if (candidate instanceof AppError) return inRole(candidate, role)
    const found = judge(candidate)
    if (found === undefined) continue
    const rank = found.certain ? Number.POSITIVE_INFINITY : depth
    if (known === undefined || rank > known.rank) known = { ...found, rank }
  }
  if (known === undefined) {
    return new AppError('internal.unexpected', `The request to ${place} failed unforeseen.`, retryBackoff, {
      cause: thrown,
      details: { place },
    })
  }
  return errorOf(known.verdict, role, place, known.cause, thrown)
}

/** The error for a code that a broker has put into its answer. */
export function protocolError(code: string, role: Role, place: string): AppError {
  const verdict = protocolVerdicts[code] ?? verdictOf('failed', 'answered with a failure')
  return errorOf(verdict, role, place, code, undefined)
}

/** The refusal of a record by its own making; the same record will fail again. */
export function recordRejected(message: string, details: Record<string, unknown> = {}): AppError {
  return new AppError('sink.rejected', message, retryNever, { details })
}

function errorOf(verdict: Verdict, role: Role, place: string, cause: string, thrown: unknown): AppError {
  const [code, retry] = (role === 'source' ? sourceCodes : sinkCodes)[verdict.kind]
  return new AppError(code, `${place} ${verdict.what} (${cause}).`, retry, {
    cause: thrown,
    details: { place, cause },
  })
}

type Codes = Readonly<Record<Verdict['kind'], readonly [string, RetryHint]>>

const sourceCodes: Codes = {
  unavailable: ['source.unavailable', retryBackoff],
  timeout: ['source.unavailable', retryBackoff],
  failed: ['source.failed', retryBackoff],
  throttled: ['source.failed', retryBackoff],
  unauthorized: ['source.unauthorized', retryNever],
  untrusted: ['source.untrusted', retryNever],
  missing: ['source.not-found', retryNever],
  rejected: ['source.rejected', retryNever],
  lost: ['source.lost', retryBackoff],
}

const sinkCodes: Codes = {
  unavailable: ['sink.unavailable', retryBackoff],
  timeout: ['sink.timeout', retryBackoff],
  failed: ['sink.failed', retryBackoff],
  throttled: ['sink.throttled', retryBackoff],
  // Whoever mends credentials or creates the topic should find the events waiting.
  unauthorized: ['sink.unauthorized', retryBackoff],
  untrusted: ['sink.untrusted', retryBackoff],
  missing: ['sink.failed', retryBackoff],
  rejected: ['sink.rejected', retryNever],
  lost: ['sink.failed', retryBackoff],
}

/** The guard of addresses speaks of sinks; what it refuses to a source is a refusal of the source. */
function inRole(error: AppError, role: Role): AppError {
  if (role === 'sink' || error.code !== 'sink.address-refused') return error
  return new AppError('source.rejected', error.message, retryNever, { cause: error })
}

interface Finding {
  readonly verdict: Verdict
  readonly cause: string
  /** Whether nothing that lies deeper tells more. */
  readonly certain: boolean
}

function judge(thrown: unknown): Finding | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const apiId: unknown = Reflect.get(thrown, 'apiId')
  if (typeof apiId === 'string') {
    const verdict = protocolVerdicts[apiId] ?? verdictOf('failed', 'answered with a failure')
    return { verdict, cause: apiId, certain: false }
  }
  const message: unknown = Reflect.get(thrown, 'message')
  const said = sentences.find(([pattern]) => typeof message === 'string' && pattern.test(message))?.[1]
  const code: unknown = Reflect.get(thrown, 'code')
  if (said !== undefined) return { verdict: said, cause: 'TLS', certain: true }
  if (typeof code !== 'string') return undefined
  const verdict =
    nodeVerdicts[code] ?? patterns.find(([pattern]) => pattern.test(code))?.[1] ?? libraryVerdicts[code]
  return verdict && { verdict, cause: code, certain: false }
}

const depthMax = 8

/** The error, then what it gathers or wraps, each with how deep it lies. */
function* candidates(thrown: unknown, depth = 0): Generator<readonly [unknown, number]> {
  if (depth > depthMax || thrown === undefined) return
  yield [thrown, depth]
  if (thrown instanceof AggregateError) {
    for (const inner of thrown.errors) yield* candidates(inner, depth + 1)
  }
  if (thrown instanceof Error) yield* candidates(thrown.cause, depth + 1)
}
