import { AppError, type RetryHint, retryBackoff, retryNever } from '@millrace/spi'

/** One kind of failure: the code it gets and what the sentence says of it. */
interface Verdict {
  readonly code: string
  readonly what: string
  readonly retry: RetryHint
}

const unavailable = (what: string): Verdict => ({ code: 'sink.unavailable', what, retry: retryBackoff })
const failed = (what: string): Verdict => ({ code: 'sink.failed', what, retry: retryBackoff })
const untrusted = (what: string): Verdict => ({ code: 'sink.untrusted', what, retry: retryBackoff })

/** Codes of Node and undici, one by one; what is missing here goes by {@link patterns}. */
const verdicts: Readonly<Record<string, Verdict>> = {
  ECONNREFUSED: unavailable('refused the connection'),
  ECONNRESET: unavailable('broke the connection'),
  EPIPE: unavailable('broke the connection'),
  UND_ERR_SOCKET: unavailable('closed the connection before it had answered'),
  EHOSTUNREACH: unavailable('cannot be reached: no route to the host'),
  EHOSTDOWN: unavailable('cannot be reached: the host is down'),
  ENETUNREACH: unavailable('cannot be reached: no route to the network'),
  ENETDOWN: unavailable('cannot be reached: the network is down'),
  EADDRNOTAVAIL: unavailable('cannot be reached: no local port is free'),
  EMFILE: unavailable('cannot be reached: this process has too many files open'),
  ENFILE: unavailable('cannot be reached: this machine has too many files open'),
  ENOTFOUND: unavailable('has a name that does not resolve'),
  ENODATA: unavailable('has a name that does not resolve'),
  EAI_AGAIN: unavailable('has a name that could not be resolved now'),
  UND_ERR_CLOSED: unavailable('was not tried: the sink is closed'),
  UND_ERR_DESTROYED: unavailable('was cut off: the sink is closed'),
  UND_ERR_ABORTED: unavailable('was cut off'),
  UND_ERR_MAX_ORIGINS_REACHED: unavailable('redirects to more origins than are kept at once'),
  ETIMEDOUT: { code: 'sink.timeout', what: 'did not answer in time', retry: retryBackoff },
  UND_ERR_CONNECT_TIMEOUT: {
    code: 'sink.timeout',
    what: 'did not accept the connection in time',
    retry: retryBackoff,
  },
  UND_ERR_HEADERS_TIMEOUT: { code: 'sink.timeout', what: 'did not answer in time', retry: retryBackoff },
  UND_ERR_BODY_TIMEOUT: {
    code: 'sink.timeout',
    what: 'did not finish its answer in time',
    retry: retryBackoff,
  },
  UND_ERR_HEADERS_OVERFLOW: failed('answered with headers that are too large'),
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: failed('answered with another length than it had announced'),
  UND_ERR_RES_EXCEEDED_MAX_SIZE: failed('answered with more than may be read'),
  ERR_IP_BLOCKED: {
    code: 'sink.address-refused',
    what: 'has an address that is not allowed',
    retry: retryNever,
  },
  CERT_HAS_EXPIRED: untrusted('has a certificate that has expired'),
  CERT_NOT_YET_VALID: untrusted('has a certificate that is not valid yet'),
  CERT_REVOKED: untrusted('has a certificate that was revoked'),
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted('has a self-signed certificate'),
  SELF_SIGNED_CERT_IN_CHAIN: untrusted('has a self-signed certificate in its chain'),
  UNABLE_TO_GET_ISSUER_CERT: untrusted('has a certificate of an unknown issuer'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted('has a certificate of an unknown issuer'),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted('has a certificate that cannot be verified'),
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted('has a certificate for another name'),
}

/** Families of codes. */
const patterns: readonly (readonly [RegExp, Verdict])[] = [
  [/^EAI_/, unavailable('has a name that could not be resolved')],
  [/^HPE_/, failed('answered with something that is not HTTP')],
  [
    /CERT|^HOSTNAME_MISMATCH$|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$/,
    untrusted('has a certificate that cannot be verified'),
  ],
  [/^(ERR_SSL_|ERR_TLS_|EPROTO$)/, unavailable('could not agree on a TLS connection')],
]

/**
 * Turns whatever a request threw into an AppError; total. `host` is the only part of the target's address that
 * appears in messages, because paths and queries may hold secrets. What nobody foresaw becomes
 * `internal.unexpected`, and may be tried again.
 */
export function connectionError(thrown: unknown, host: string): AppError {
  if (thrown instanceof AppError) return thrown
  for (const candidate of candidates(thrown)) {
    const code = codeOf(candidate)
    if (code === undefined) continue
    const verdict = verdicts[code] ?? patterns.find(([pattern]) => pattern.test(code))?.[1]
    if (verdict === undefined) continue
    return new AppError(verdict.code, `The target ${host} ${verdict.what} (${code}).`, verdict.retry, {
      cause: thrown,
      details: { host, cause: code },
    })
  }
  return new AppError('internal.unexpected', `The request to ${host} failed unforeseen.`, retryBackoff, {
    cause: thrown,
    details: { host },
  })
}

/** The error, then what it gathers or wraps: connecting to several addresses fails with one error for each. */
function* candidates(thrown: unknown): Generator {
  yield thrown
  if (thrown instanceof AggregateError) yield* thrown.errors
  if (thrown instanceof Error && thrown.cause !== undefined) yield thrown.cause
}

function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  if (typeof thrown.code === 'string') return thrown.code
  // The parser leaves the code out for some of its errors.
  return 'name' in thrown && thrown.name === 'HTTPParserError' ? 'HPE_OTHER' : undefined
}
