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
const failed = (what: string): Verdict => ({ code: 'failed', what, retry: retryBackoff })
const missing = (what: string): Verdict => ({ code: 'not-found', what, retry: retryNever })
const rejected = (what: string): Verdict => ({ code: 'rejected', what, retry: retryNever })
const unauthorized = (what: string): Verdict => ({ code: 'unauthorized', what, retry: retryNever })

/** SQLSTATE, or its class of two characters where no code stands for itself (appendix A of the PostgreSQL manual). */
const states: Readonly<Record<string, Verdict>> = {
  '08': unavailable('closed the connection'),
  '0A': rejected('does not support what is asked for'),
  21: rejected('refused the row: it would be written twice'),
  22: rejected('refused the row: a value does not fit its column'),
  22001: rejected('refused the row: a text is too long for its column'),
  22003: rejected('refused the row: a number is out of the range of its column'),
  22007: rejected('refused the row: a text is no date or time'),
  22008: rejected('refused the row: a date or time is out of range'),
  '22P02': rejected('refused the row: a text is not of the type of its column'),
  '22P05': rejected('refused the row: a character cannot be stored in this database'),
  22021: rejected('refused the row: a character, such as U+0000, cannot be stored'),
  23: rejected('refused the row: it breaks a constraint'),
  23502: rejected('refused the row: a column must not be null and has no value'),
  23503: rejected('refused the row: what it refers to is not there'),
  23505: rejected('refused the row: a row with the same key is there; mode upsert or ignore allow that'),
  23514: rejected('refused the row: it breaks a check'),
  '23P01': rejected('refused the row: it breaks an exclusion constraint'),
  25006: failed('takes no writes: it is a standby, or read-only'),
  28: unauthorized('refused access: look at username, password and pg_hba.conf'),
  '3D000': missing('has no such database; create it, or mend the option database'),
  '3F000': missing('has no such schema; create it, or mend the option schema'),
  40: failed('gave up a transaction that collided with another one'),
  42: rejected('refused the statement'),
  42501: unauthorized(
    'refused access: the role lacks a permission; GRANT it, or for changes ALTER ROLE … REPLICATION',
  ),
  42703: rejected('has no such column in the table; add it, or leave it out of the record'),
  42704: missing('has no such object: a slot, a publication or a type; create it, or mend the option'),
  '42P01': missing('has no such table; create it, or mend the options schema and table'),
  '42P10': failed(
    'has no unique index on the conflict columns; create one, or mend the option conflictColumns',
  ),
  42804: rejected('refused the row: a value is not of the type of its column'),
  '428C9': rejected('refused the row: it gives a value to a column that is generated'),
  44: rejected('refused the row: it is outside of the view'),
  53: failed('has no resources left'),
  53300: unavailable('has no connection left: raise max_connections, or lower poolSize'),
  54: rejected('refused the statement: it is above a limit of the server'),
  55: failed('is not ready for what is asked for'),
  55000: rejected(
    'cannot go on from this slot: it was given up, or is of another kind; drop it and begin anew',
  ),
  55006: failed('has the slot in use by another reader'),
  57: unavailable('ended the connection'),
  57014: failed('gave up the statement: it took too long, or somebody cancelled it'),
  '57P04': missing('has dropped the database'),
  58: failed('had a system error'),
  P0: rejected('refused the row: a trigger or function raised an error'),
  XX: failed('had an internal error'),
}

/** Codes of sockets and TLS. */
const patterns: readonly (readonly [RegExp, Verdict])[] = [
  [
    /^(ECONN|EPIPE|EHOST|ENET|ENOTFOUND|EAI_|EADDRNOTAVAIL|EMFILE|ENODATA|ETIMEDOUT)/,
    unavailable('cannot be reached'),
  ],
  [
    /CERT|HOSTNAME_MISMATCH|SELF_SIGNED/,
    { code: 'untrusted', what: 'has a certificate that cannot be verified', retry: retryBackoff },
  ],
  [/^(ERR_SSL_|ERR_TLS_|EPROTO)/, unavailable('could not agree on a TLS connection')],
]

/** The client's own errors have no code. */
const sentences: readonly (readonly [RegExp, Verdict])[] = [
  [
    /does not support SSL|error establishing an SSL/,
    unavailable('does not speak TLS; take the option tls away'),
  ],
  [/timeout expired|Query read timeout/, unavailable('does not answer')],
  [
    /SASL|password must be a string|authentication/i,
    unauthorized('refused access: look at username and password'),
  ],
  [
    /Connection terminated|not queryable|connection error|Client was closed|Cannot use a/i,
    unavailable('closed the connection'),
  ],
]

/**
 * Turns whatever the client threw into an AppError of the role; total. The server's own message is left out, since it quotes
 * values; SQLSTATE and the names of column and constraint are told. So is `column`, where the caller knows it better.
 */
export function postgresError(thrown: unknown, role: Role, place: string, column?: string): AppError {
  if (thrown instanceof AppError) return thrown
  const verdict = verdictOf(thrown)
  if (verdict === undefined) {
    return new AppError('internal.unexpected', `${place} failed unforeseen`, retryBackoff, { cause: thrown })
  }
  return roleError(role, verdict, place, thrown, column)
}

/** SQLSTATE of what the server said; the empty text for all else. */
export function sqlState(thrown: unknown): string {
  const code = memberOf(thrown, 'code')
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && memberOf(thrown, 'severity') !== undefined
    ? code
    : ''
}

/** Whether the connection is over, and with it whatever else was to be asked. */
export function isConnectionLost(thrown: unknown): boolean {
  const state = sqlState(thrown)
  if (state === '') return true
  return state.startsWith('08') || (state.startsWith('57P') && state !== '57P05')
}

/** Classes of SQLSTATE that say nothing of the row: every other one would fail alike. */
const rowlessClasses: ReadonlySet<string> = new Set('08 0A 25 28 3D 3F 40 42 53 55 57 58 XX'.split(' '))

/** Whether one row of a statement may be to blame for what the server said, so that the others could be written. */
export function isRowFault(state: string): boolean {
  return !rowlessClasses.has(state.slice(0, 2))
}

/** Place, from 0, of the parameter that the server could not read, where it says so. */
export function parameterAtFault(thrown: unknown): number | undefined {
  const [, place] = /parameter \$(\d+)/.exec(memberOf(thrown, 'where') ?? '') ?? []
  return place === undefined ? undefined : Number(place) - 1
}

function roleError(
  role: Role,
  { code, what, retry }: Verdict,
  place: string,
  cause: unknown,
  known?: string,
): AppError {
  // A sink has no code for what is not there; what it lacks can be made while its events wait.
  const name = role === 'sink' && code === 'not-found' ? 'failed' : code
  const verdict = role === 'sink' && name !== 'rejected' ? retryBackoff : retry
  const state = sqlState(cause)
  const column = known ?? memberOf(cause, 'column')
  const constraint = memberOf(cause, 'constraint')
  const about = [
    ...(column === undefined ? [] : [`column ${column}`]),
    ...(constraint === undefined ? [] : [`constraint ${constraint}`]),
    ...(state === '' ? [] : [`SQLSTATE ${state}`]),
  ]
  const message = `${place} ${what}${about.length === 0 ? '' : ` (${about.join(', ')})`}`
  return new AppError(`${role}.${name}`, message, verdict, {
    // What the server says of a row quotes it, and causes are logged.
    ...(name === 'rejected' ? {} : { cause }),
    ...(state === '' ? {} : { details: { sqlState: state } }),
  })
}

function verdictOf(thrown: unknown): Verdict | undefined {
  const state = sqlState(thrown)
  if (state !== '') return states[state] ?? states[state.slice(0, 2)] ?? failed('answered with an error')
  const code = memberOf(thrown, 'code')
  const byCode = code === undefined ? undefined : patterns.find(([pattern]) => pattern.test(code))?.[1]
  const message = memberOf(thrown, 'message') ?? ''
  return byCode ?? sentences.find(([pattern]) => pattern.test(message))?.[1]
}

function memberOf(thrown: unknown, name: string): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const value: unknown = Reflect.get(thrown, name)
  return typeof value === 'string' ? value : undefined
}
