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
const passing = (what: string): Verdict => ({ code: 'failed', what, retry: retryBackoff })
const throttled: Verdict = { code: 'throttled', what: 'asked for fewer requests', retry: retryBackoff }
const timedOut: Verdict = { code: 'timeout', what: 'did not answer in time', retry: retryBackoff }
const noPlace = passing('has the bucket at another address: look at endpoint, region and addressing')
const noToken = unauthorized('refused the session token: is it still valid?')
const damaged = passing('got other bytes than were sent')
const noRoom = passing('has no room left')

/** Error codes of the S3 protocol, and of servers that speak it. */
const services: Readonly<Record<string, Verdict>> = {
  NoSuchBucket: notFound('has no such bucket'),
  InvalidBucketName: notFound('can have no bucket of this name'),
  NoSuchKey: notFound('has no such object'),
  AccessDenied: unauthorized('does not let this access key do it'),
  AllAccessDisabled: unauthorized('lets nobody in any more'),
  InvalidAccessKeyId: unauthorized('does not know the access key'),
  SignatureDoesNotMatch: unauthorized(
    'refused the signature: are the secret of the access key and the region right?',
  ),
  AuthorizationHeaderMalformed: unauthorized('refused the signature: is the region right?'),
  ExpiredToken: noToken,
  InvalidToken: noToken,
  TokenRefreshRequired: noToken,
  RequestTimeTooSkewed: unauthorized('refused the time of the request: is the clock of this machine right?'),
  RequestExpired: unauthorized('refused the time of the request: is the clock of this machine right?'),
  SlowDown: throttled,
  TooManyRequests: throttled,
  RequestLimitExceeded: throttled,
  QpsLimitExceeded: throttled,
  RequestTimeout: passing('gave up waiting for the body'),
  BadDigest: damaged,
  XAmzContentSHA256Mismatch: damaged,
  IncompleteBody: damaged,
  OperationAborted: passing('was busy with the same object'),
  QuotaExceeded: noRoom,
  XMinioStorageFull: noRoom,
  InternalError: passing('had an internal error'),
  ServiceUnavailable: unavailable('is not there for now'),
  PermanentRedirect: noPlace,
  TemporaryRedirect: noPlace,
  EntityTooLarge: rejected('refused an object that is too large'),
  KeyTooLongError: rejected('refused a key that is too long'),
  KeyTooLong: rejected('refused a key that is too long'),
  InvalidObjectState: rejected('has the object in an archive, where it cannot be read'),
  PreconditionFailed: rejected('has another object of this key by now'),
}

/** Codes of sockets, TLS and the client. */
const patterns: readonly (readonly [RegExp, Verdict])[] = [
  [/TIMEOUT|^ETIMEDOUT$/, timedOut],
  [
    /^(ECONN|EPIPE|EHOST|ENET|ENOTFOUND|EAI_|EADDRNOTAVAIL|EMFILE|ENODATA|UND_ERR_(SOCKET|CLOSED|DESTROYED|ABORTED))/,
    unavailable('cannot be reached'),
  ],
  [
    /CERT|HOSTNAME_MISMATCH|ERR_TLS_CERT_ALTNAME|SELF_SIGNED/,
    { code: 'untrusted', what: 'has a certificate that cannot be verified', retry: retryBackoff },
  ],
  [/^(ERR_SSL_|ERR_TLS_|EPROTO)/, unavailable('could not agree on a TLS connection')],
  [/^(HPE_|UND_ERR_)/, passing('answered with something that is not HTTP')],
  [
    /^Z_/,
    { code: 'rejected', what: 'has an object that is not the gzip that it says to be', retry: retryNever },
  ],
]

/** What the service said with its error codes; `details.said` is the code, `details.status` the status. */
export function serviceError(said: string, status: number, role: Role, place: string): AppError {
  const verdict = Object.hasOwn(services, said) ? services[said]! : byStatus(status)
  return roleError(role, verdict, place, { said, status })
}

/** Whatever a request threw; total. */
export function requestError(thrown: unknown, role: Role, place: string): AppError {
  if (thrown instanceof AppError) return thrown
  for (const candidate of [thrown, thrown instanceof Error ? thrown.cause : undefined]) {
    const said: unknown =
      typeof candidate === 'object' && candidate !== null ? Reflect.get(candidate, 'code') : undefined
    if (typeof said !== 'string') continue
    const verdict = patterns.find(([pattern]) => pattern.test(said))?.[1]
    if (verdict !== undefined) return roleError(role, verdict, place, { said }, thrown)
  }
  return new AppError('internal.unexpected', `the request to ${place} failed unforeseen`, retryBackoff, {
    cause: thrown,
  })
}

function byStatus(status: number): Verdict {
  if (status === 401 || status === 403) return unauthorized('refused access')
  if (status === 404) return notFound('has no such bucket or object')
  if (status >= 300 && status < 400) return noPlace
  if (status === 408 || status === 409) return passing('could not do it now')
  if (status === 412) return services['PreconditionFailed']!
  if (status === 413) return services['EntityTooLarge']!
  if (status === 429) return throttled
  if (status === 507) return noRoom
  if (status === 500) return services['InternalError']!
  if (status > 500) return unavailable('is not there for now')
  return rejected('refused the request')
}

function roleError(
  role: Role,
  { code, what, retry }: Verdict,
  place: string,
  details: { readonly said: string; readonly status?: number },
  cause?: unknown,
): AppError {
  const said = [details.status, details.said].filter(part => part !== undefined && part !== '').join(' ')
  return new AppError(
    `${role}.${roleCode(role, code)}`,
    `${place} ${what} (${said})`,
    // What a sink lacks can be made, or mended, while its events wait.
    role === 'sink' && code !== 'rejected' ? retryBackoff : retry,
    { cause, details },
  )
}

/** The two roles have not the same words. */
function roleCode(role: Role, code: string): string {
  if (role === 'sink') return code === 'not-found' ? 'failed' : code
  if (code === 'throttled') return 'failed'
  return code === 'timeout' ? 'unavailable' : code
}
