import { AppError, type RetryHint, retryBackoff, retryNever } from '@millrace/spi'

/** Which half of the connector failed; the first word of the codes. */
export type Role = 'source' | 'sink'

interface Verdict {
  readonly code: string
  readonly what: string
  readonly retry: RetryHint
}

const unavailable = (what: string): Verdict => ({ code: 'unavailable', what, retry: retryBackoff })
const failed = (what: string): Verdict => ({ code: 'failed', what, retry: retryBackoff })
const missing = (what: string): Verdict => ({ code: 'not-found', what, retry: retryNever })
const rejected = (what: string): Verdict => ({ code: 'rejected', what, retry: retryNever })
const unauthorized = (what: string): Verdict => ({ code: 'unauthorized', what, retry: retryNever })

/** Numbers of errors that MySQL and MariaDB share, unless it says otherwise. */
const numbers: Readonly<Record<number, Verdict>> = {
  1021: failed('has no room left on its disk'),
  1037: failed('has no memory left'),
  1040: unavailable('has no connection left: raise max_connections, or lower poolSize'),
  1041: failed('has no memory left'),
  1044: unauthorized('refused access to the database: GRANT the user what it needs'),
  1045: unauthorized('refused access: look at username and password'),
  1048: rejected('refused the row: a column must not be null'),
  1049: missing('has no such database; create it, or mend the option database'),
  1053: unavailable('is shutting down'),
  1054: rejected('has no such column in the table; add it, or leave it out of the record'),
  1062: rejected('refused the row: a row with the same key is there; mode upsert or ignore allow that'),
  1064: rejected('cannot parse the statement'),
  1105: failed('failed for a reason that it does not name'),
  1114: failed('has a table that is full'),
  1129: unavailable('refuses this host after too many broken connections; FLUSH HOSTS there'),
  1130: unauthorized('allows no connections from this host'),
  1136: rejected('refused the row: it has another number of values than columns'),
  1142: unauthorized('refused access: the user lacks a permission on the table; GRANT it'),
  1143: unauthorized('refused access: the user lacks a permission on a column; GRANT it'),
  1146: missing('has no such table; create it, or mend the option table'),
  1153: rejected('refused the statement: it is above max_allowed_packet'),
  1158: unavailable('closed the connection'),
  1159: unavailable('closed the connection'),
  1160: unavailable('closed the connection'),
  1161: unavailable('closed the connection'),
  1203: unavailable('has no connection left for this user'),
  1205: failed('waited too long for a lock of another transaction'),
  1213: failed('gave up a transaction that collided with another one'),
  1226: unavailable('has given this user all that its limits allow'),
  1227: unauthorized(
    'refused access: the user lacks a privilege; GRANT it (changes need REPLICATION SLAVE and REPLICATION CLIENT)',
  ),
  1236: failed('cannot send its binary log from this position'),
  1264: rejected('refused the row: a number is out of the range of its column'),
  1265: rejected('refused the row: a value does not fit its column'),
  1290: failed('takes no writes: it is read-only'),
  1292: rejected('refused the row: a value is not of the type of its column'),
  1317: failed('gave up the statement: somebody cancelled it'),
  1364: rejected('refused the row: a column has neither a value nor a default'),
  1366: rejected('refused the row: a value is not of the type of its column'),
  1367: rejected('refused the row: a value is not of the type of its column'),
  1370: unauthorized('refused access: the user lacks a permission on a routine; GRANT it'),
  1381: failed('writes no binary log; set log_bin'),
  1406: rejected('refused the row: a text or a binary value is too long for its column'),
  1411: rejected('refused the row: a value is not of the type of its column'),
  1416: rejected('refused the row: a value is no geometry'),
  1451: rejected('refused the row: others refer to what it would change'),
  1452: rejected('refused the row: what it refers to is not there'),
  1644: rejected('refused the row: a trigger or procedure raised an error'),
  1690: rejected('refused the row: a number is out of range'),
  1698: unauthorized('refused access: the user may not log in with a password'),
  1836: failed('takes no writes: it is read-only'),
  1906: rejected('refused the row: it gives a value to a column that is generated'),
  1927: unavailable('closed the connection'),
  3024: failed('gave up the statement: it took too long'),
  3105: rejected('refused the row: it gives a value to a column that is generated'),
  3140: rejected('refused the row: a text is not the JSON that its column wants'),
  3819: rejected('refused the row: it breaks a check'),
  4025: rejected('refused the row: it breaks a check'),
}

/** Classes of SQLSTATE, for numbers that are not above. */
const classes: Readonly<Record<string, Verdict>> = {
  '08': unavailable('closed the connection'),
  22: rejected('refused the row: a value does not fit its column'),
  23: rejected('refused the row: it breaks a constraint'),
  28: unauthorized('refused access: look at username and password'),
  40: failed('gave up a transaction that collided with another one'),
  42: rejected('refused the statement'),
  45: rejected('refused the row: a trigger or procedure raised an error'),
}

const untrusted: Verdict = {
  code: 'untrusted',
  what: 'has a certificate that cannot be verified',
  retry: retryBackoff,
}

/** Codes of sockets, TLS and the client. */
const patterns: readonly (readonly [RegExp, Verdict])[] = [
  [
    /^(ECONN|EPIPE|EHOST|ENET|ENOTFOUND|EAI_|EADDRNOTAVAIL|EMFILE|ENODATA|ETIMEDOUT)/,
    unavailable('cannot be reached'),
  ],
  [/^(PROTOCOL_|ER_NET_|ERR_STREAM_)/, unavailable('closed the connection')],
  [/CERT|HOSTNAME_MISMATCH|SELF_SIGNED|ALTNAME/, untrusted],
  [/^HANDSHAKE_NO_SSL_SUPPORT/, unavailable('does not speak TLS; take the option tls away')],
  [/^(ERR_SSL_|ERR_TLS_|EPROTO|HANDSHAKE_)/, unavailable('could not agree on a TLS connection')],
  [/^AUTH_/, unauthorized('refused access: its way to log in is not supported')],
]

const lost = unavailable('closed the connection')

/**
 * Turns whatever the client threw into an AppError of the role; total. The server's own message is left out, since it quotes
 * values; number, SQLSTATE and the name of `column` are told.
 */
export function mysqlError(thrown: unknown, role: Role, place: string, column?: string): AppError {
  if (thrown instanceof AppError) return thrown
  const verdict = verdictOf(thrown)
  if (verdict === undefined) {
    return new AppError('internal.unexpected', `${place} failed unforeseen`, retryBackoff, { cause: thrown })
  }
  return roleError(role, verdict, place, thrown, column)
}

/** A failure of ours, in the same words. */
export function lostConnection(role: Role, place: string): AppError {
  return roleError(role, lost, place, undefined)
}

/** Number of what the server said; 0 for all else. */
export function errorNumber(thrown: unknown): number {
  const number = memberOf(thrown, 'errno')
  return typeof number === 'number' && number > 0 && typeof memberOf(thrown, 'sqlState') === 'string'
    ? number
    : 0
}

/** Whether the connection is over, and with it whatever else was to be asked. */
export function isConnectionLost(thrown: unknown): boolean {
  const number = errorNumber(thrown)
  return number === 0 || verdictOf(thrown)?.code === 'unavailable'
}

/** Whether one row of a statement may be to blame for what the server said, so that the others could be written. */
export function isRowFault(thrown: unknown): boolean {
  const number = errorNumber(thrown)
  if (rowless.has(number)) return false
  return verdictOf(thrown)?.code === 'rejected'
}

const rowless: ReadonlySet<number> = new Set([1054, 1064])

/**
 * The column that the server names in its message, when it is one of those given: it ends with the name in quotes, and
 * whatever it quotes of the row comes before.
 */
export function columnAtFault(thrown: unknown, columns: readonly string[]): string | undefined {
  const message = memberOf(thrown, 'sqlMessage')
  if (typeof message !== 'string') return undefined
  const [, ending] = /[cC]olumn (?:`[^`]*`\.)*['`]([^'`]{1,64})['`](?: at row \d+)?$/.exec(message) ?? []
  const [, named] =
    /^(?:Column|Field|Unknown column) '([^']{1,64})' (?:cannot be null|doesn't have|in )/.exec(message) ?? []
  const found = ending ?? named
  return found !== undefined && (columns.includes(found) || named !== undefined) ? found : undefined
}

function roleError(
  role: Role,
  { code, what, retry }: Verdict,
  place: string,
  cause: unknown,
  column?: string,
): AppError {
  const number = errorNumber(cause)
  const state = memberOf(cause, 'sqlState')
  const at = column === undefined ? '' : `, column ${JSON.stringify(column)}`
  const facts = number === 0 ? '' : ` (error ${number}, SQLSTATE ${String(state)}${at})`
  // A sink waits for what somebody may still create; its record is tried again.
  const isWaiting = role === 'sink' && code === 'not-found'
  return new AppError(
    `${role}.${isWaiting ? 'failed' : code}`,
    `${place} ${what}${facts}`,
    isWaiting ? retryBackoff : retry,
    {
      ...(cause === undefined ? {} : { cause }),
      ...(number === 0
        ? {}
        : { details: { errorNumber: number, sqlState: state, ...(column === undefined ? {} : { column }) } }),
    },
  )
}

function verdictOf(thrown: unknown): Verdict | undefined {
  const number = errorNumber(thrown)
  if (number > 0) {
    return (
      numbers[number] ?? classes[String(memberOf(thrown, 'sqlState')).slice(0, 2)] ?? failed('had an error')
    )
  }
  const code = memberOf(thrown, 'code')
  // The client has one code for all that goes wrong with TLS; the words are those of Node.
  if (code === 'HANDSHAKE_SSL_ERROR' && /certificate|altnames/i.test(String(memberOf(thrown, 'message'))))
    return untrusted
  const found = typeof code === 'string' ? patterns.find(([pattern]) => pattern.test(code)) : undefined
  if (found !== undefined) return found[1]
  const message = thrown instanceof Error ? thrown.message : ''
  return /closed state|Connection lost|connection is closed|Can't write/i.test(message) ? lost : undefined
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
