import { AppError, type RetryHint, retryBackoff, retryNever } from '@millrace/spi'

/** Which half of the connector failed; the first word of the codes. */
export type Role = 'source' | 'sink'

interface Verdict {
  readonly code: string
  readonly what: string
  /** `source` and `sink` differ where waiting for a change is the engine's business. */
  readonly retry: RetryHint
}

const unavailable = (what: string): Verdict => ({ code: 'unavailable', what, retry: retryBackoff })

/** Reply codes of AMQP 0-9-1 and of RabbitMQ. */
const replies: Readonly<Record<number, Verdict>> = {
  311: { code: 'rejected', what: 'refused a message that is too large', retry: retryNever },
  320: unavailable('closed the connection'),
  402: { code: 'rejected', what: 'does not know the virtual host', retry: retryNever },
  403: {
    code: 'unauthorized',
    what: 'refused access: look at user, password and permissions',
    retry: retryNever,
  },
  404: { code: 'not-found', what: 'has no such queue or exchange', retry: retryNever },
  405: { code: 'failed', what: 'has the queue reserved for another reader', retry: retryBackoff },
  406: { code: 'failed', what: 'says that a precondition failed', retry: retryBackoff },
  501: unavailable('broke off after a malformed frame'),
  504: unavailable('closed the channel'),
  506: unavailable('has no resources left'),
  530: { code: 'unauthorized', what: 'refused access to the virtual host', retry: retryNever },
  541: { code: 'failed', what: 'had an internal error', retry: retryBackoff },
}

/** Codes of sockets and TLS. */
const patterns: readonly (readonly [RegExp, Verdict])[] = [
  [
    /^(ECONN|EPIPE|EHOST|ENET|ENOTFOUND|EAI_|EADDRNOTAVAIL|EMFILE|ENODATA|ETIMEDOUT)/,
    unavailable('cannot be reached'),
  ],
  [
    /CERT|HOSTNAME_MISMATCH|SELF_SIGNED/,
    {
      code: 'untrusted',
      what: 'has a certificate that cannot be verified',
      retry: retryBackoff,
    },
  ],
  [/^(ERR_SSL_|ERR_TLS_|EPROTO)/, unavailable('could not agree on a TLS connection')],
]

const sentences: readonly (readonly [RegExp, Verdict])[] = [
  [/ACCESS[_-]REFUSED|authentication|Handshake terminated by server: 403/i, replies[403]!],
  [/530|NOT[_-]ALLOWED/i, replies[530]!],
  [/ETIMEDOUT|Heartbeat timeout/i, unavailable('does not answer')],
  [/closed|closing|ended|Socket|Unexpected close/i, unavailable('closed the connection')],
]

/**
 * Turns whatever the client threw into an AppError of the role; total. Hosts appear in messages, user names and what
 * messages hold do not.
 */
export function rabbitError(thrown: unknown, role: Role, place: string): AppError {
  if (thrown instanceof AppError) return thrown
  const verdict = verdictOf(thrown)
  if (verdict === undefined) {
    return new AppError('internal.unexpected', `${place} failed unforeseen`, retryBackoff, { cause: thrown })
  }
  return roleError(role, verdict, place, thrown)
}

/** A failure of ours, in the same words. */
export function lostConnection(role: Role, place: string, cause?: unknown): AppError {
  return roleError(role, unavailable('closed the connection'), place, cause)
}

function roleError(role: Role, { code, what, retry }: Verdict, place: string, cause: unknown): AppError {
  // A sink has no code for what is not there; what it lacks can be made while its events wait.
  const name = role === 'sink' && code === 'not-found' ? 'failed' : code
  const verdict = role === 'sink' && name !== 'rejected' ? retryBackoff : retry
  return new AppError(`${role}.${name}`, `${place} ${what}`, verdict, { cause })
}

function verdictOf(thrown: unknown): Verdict | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const code: unknown = Reflect.get(thrown, 'code')
  if (typeof code === 'number') return replies[code] ?? unavailable('closed the channel')
  const message = thrown instanceof Error ? thrown.message : ''
  const bySentence = sentences.find(([pattern]) => pattern.test(message))?.[1]
  if (typeof code === 'string') return patterns.find(([pattern]) => pattern.test(code))?.[1] ?? bySentence
  return bySentence
}
