import { AppError, type RetryHint, retryBackoff, retryNever } from '@millrace/spi'

/** Which half of the connector failed; the first word of the codes. */
export type Role = 'source' | 'sink'

interface Verdict {
  readonly code: string
  readonly what: string
  readonly retry: RetryHint
}

const unavailable = (what: string): Verdict => ({ code: 'unavailable', what, retry: retryBackoff })
const unauthorized = (what: string): Verdict => ({ code: 'unauthorized', what, retry: retryNever })
const notFound = (what: string): Verdict => ({ code: 'not-found', what, retry: retryNever })
const rejected = (what: string): Verdict => ({ code: 'rejected', what, retry: retryNever })
const failing = (what: string): Verdict => ({ code: 'failed', what, retry: retryBackoff })
const throttled = (what: string): Verdict => ({ code: 'throttled', what, retry: retryBackoff })

const clock = unauthorized('refused the time of the request: is the clock of this machine right?')

/** Codes of the service (section 2.9). */
const services: Readonly<Record<string, Verdict>> = {
  ProjectNotExist: notFound('has no such project'),
  LogStoreNotExist: notFound('has no such log store'),
  ShardNotExist: notFound('has no such shard'),
  LogStoreWithoutShard: failing('has no shard to write to at the moment'),
  Unauthorized: unauthorized('does not know the access key, or does not let it do this'),
  SignatureNotMatch: unauthorized('refused the signature: is the secret of the access key right?'),
  MissAccessKeyId: unauthorized('refused the access key'),
  SecurityTokenExpired: unauthorized('refused the security token, which is too old'),
  RequestTimeTooSkewed: clock,
  RequestTimeExpired: clock,
  InvalidRequestTime: clock,
  ProjectForbidden: failing('has closed the project'),
  WriteQuotaExceed: throttled('has taken all that the project may write at the moment'),
  ShardWriteQuotaExceed: throttled('has taken all that a shard may be written at the moment'),
  ReadQuotaExceed: throttled('has given all that the project may read at the moment'),
  ShardReadQuotaExceed: throttled('has given all that a shard may be read at the moment'),
  ServerBusy: throttled('is busy'),
  InternalServerError: failing('had an internal error'),
  PostBodyTooLarge: rejected('refused a group or a value that is too large'),
  PostBodyInvalid: rejected('could not read the logs, or refused a topic or source'),
  InvalidTimestamp: rejected('refused the time of a log'),
  InvalidEncoding: rejected('refused a text that is not UTF-8'),
  InvalidKey: rejected('refused the name of a field'),
  InvalidCursor: rejected('does not know the cursor: the log store was made anew, or is another one'),
}

/** Codes of sockets, TLS and the client. */
const patterns: readonly (readonly [RegExp, Verdict])[] = [
  [/TIMEOUT|^ETIMEDOUT$/, unavailable('did not answer in time')],
  [
    /^(ECONN|EPIPE|EHOST|ENET|ENOTFOUND|EAI_|EADDRNOTAVAIL|EMFILE|ENODATA|UND_ERR_(SOCKET|CLOSED|DESTROYED|ABORTED))/,
    unavailable('cannot be reached'),
  ],
  [
    /CERT|HOSTNAME_MISMATCH|SELF_SIGNED/,
    { code: 'untrusted', what: 'has a certificate that cannot be verified', retry: retryBackoff },
  ],
  [/^(ERR_SSL_|ERR_TLS_|EPROTO)/, unavailable('could not agree on a TLS connection')],
  [
    /^(HPE_|UND_ERR_|Z_|ERR_ZLIB|ERR_BUFFER_TOO_LARGE)/,
    failing('answered with something that is not its protocol'),
  ],
]

/** What the service said with its error codes. Total. */
export function serviceError(code: string, status: number, role: Role, place: string): AppError {
  const verdict = Object.hasOwn(services, code) ? services[code] : undefined
  // The code of a service that says anything is shown as far as it looks like one.
  const said = /^\w{1,64}$/.test(code) ? `${status} ${code}` : String(status)
  return roleError(role, verdict ?? byStatus(status), place, said)
}

/** Whatever a request threw; total. */
export function requestError(thrown: unknown, role: Role, place: string): AppError {
  if (thrown instanceof AppError) return thrown
  for (const candidate of [thrown, thrown instanceof Error ? thrown.cause : undefined]) {
    const code: unknown =
      typeof candidate === 'object' && candidate !== null ? Reflect.get(candidate, 'code') : undefined
    if (typeof code !== 'string') continue
    const verdict = patterns.find(([pattern]) => pattern.test(code))?.[1]
    if (verdict !== undefined) return roleError(role, verdict, place, code, thrown)
  }
  return new AppError('internal.unexpected', `the request to ${place} failed unforeseen`, retryBackoff, {
    cause: thrown,
  })
}

function byStatus(status: number): Verdict {
  if (status === 401 || status === 403) return unauthorized('refused access')
  if (status === 404) return notFound('has no such address')
  if (status === 413) return rejected('refused a group that is too large')
  if (status === 429) return throttled('asked for fewer requests')
  if (status >= 500) return unavailable('failed')
  return rejected('refused the request')
}

function roleError(
  role: Role,
  { code, what, retry }: Verdict,
  place: string,
  said: string,
  cause?: unknown,
): AppError {
  // A sink has no code for what is not there, which can be made while its events wait; a source none for too many requests.
  const isOther = (role === 'sink' && code === 'not-found') || (role === 'source' && code === 'throttled')
  const name = isOther ? 'failed' : code
  const verdict = role === 'sink' && name !== 'rejected' ? retryBackoff : retry
  return new AppError(`${role}.${name}`, `${place} ${what} (${said})`, verdict, { cause })
}
