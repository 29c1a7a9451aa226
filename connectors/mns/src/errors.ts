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

/** Codes of the service (section 1.4). */
const services: Readonly<Record<string, Verdict>> = {
  QueueNotExist: notFound('has no such queue'),
  TopicNotExist: notFound('has no such topic'),
  AccessDenied: unauthorized('does not let this access key do it'),
  InvalidAccessKeyId: unauthorized('does not know the access key'),
  SignatureDoesNotMatch: unauthorized('refused the signature: is the secret of the access key right?'),
  InvalidSecurityToken: unauthorized('refused the security token'),
  TimeExpired: unauthorized('refused the time of the request: is the clock of this machine right?'),
  QpsLimitExceeded: { code: 'failed', what: 'asked for fewer requests', retry: retryBackoff },
  InvalidArgument: rejected('refused a value: a message that is too large, a delay or a priority'),
  MalformedXML: rejected('could not read the message'),
  InternalError: { code: 'failed', what: 'had an internal error', retry: retryBackoff },
  InternalServerError: { code: 'failed', what: 'had an internal error', retry: retryBackoff },
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
    /^(HPE_|UND_ERR_)/,
    { code: 'failed', what: 'answered with something that is not HTTP', retry: retryBackoff },
  ],
]

/** What the service said with its error codes. */
export function serviceError(code: string, status: number, role: Role, place: string): AppError {
  const verdict = services[code] ?? byStatus(status)
  return roleError(role, verdict, place, `${status} ${code}`.trim())
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
  if (status === 429) return { code: 'failed', what: 'asked for fewer requests', retry: retryBackoff }
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
  // A sink has no code for what is not there; what it lacks can be made while its events wait.
  const name = role === 'sink' && code === 'not-found' ? 'failed' : code
  const verdict = role === 'sink' && name !== 'rejected' ? retryBackoff : retry
  return new AppError(`${role}.${name}`, `${place} ${what} (${said})`, verdict, { cause })
}
