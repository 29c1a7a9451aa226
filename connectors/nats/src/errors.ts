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
const rejected = (what: string): Verdict => ({ code: 'rejected', what, retry: retryNever })
const unauthorized = (what: string): Verdict => ({ code: 'unauthorized', what, retry: retryNever })
const missing = (what: string): Verdict => ({ code: 'not-found', what, retry: retryNever })

const timedOut: Verdict = { code: 'timeout', what: 'did not answer in time', retry: retryBackoff }
const noResponders = failed('has nobody for this subject: no stream takes it, or JetStream is off')

/** Error codes of the JetStream API. */
const apiCodes: Readonly<Record<number, Verdict>> = {
  10008: unavailable('says that JetStream is not available for now'),
  10009: unavailable('says that JetStream has no leader for now'),
  10014: missing('has no such consumer'),
  10023: failed('has no room left for JetStream'),
  10026: failed('has as many consumers as it takes'),
  10027: failed('has as many streams as it takes'),
  10028: failed('has no room left for JetStream in its memory'),
  10039: failed('has JetStream off for this account'),
  10047: failed('has no room left for JetStream'),
  10054: rejected('refused a message that is larger than the stream takes'),
  10059: missing('has no such stream'),
  10060: failed('has another stream for this subject than the option stream says'),
  10065: rejected('has another stream for these subjects'),
  10074: failed('has too few servers for the replicas of the stream'),
  10076: failed('has JetStream off'),
  10077: failed('has a stream that is full, or cannot be written'),
  10109: failed('has a stream that is sealed'),
}

/** What the client's errors are called. */
const names: Readonly<Record<string, Verdict>> = {
  AuthorizationError: unauthorized('refused the credentials'),
  UserAuthenticationExpiredError: unauthorized('says that the credentials have expired'),
  PermissionViolationError: unauthorized('does not let this user do that: look at its permissions'),
  NoResponders: noResponders,
  JetStreamNotEnabled: noResponders,
  TimeoutError: timedOut,
  ClosedConnectionError: unavailable('closed the connection'),
  DrainingConnectionError: unavailable('is no longer connected to'),
  InvalidSubjectError: rejected('refused the subject: it is empty, or has wildcards or spaces'),
  InvalidArgumentError: rejected('refused a message that is too large, or has a header that is none'),
}

/** Names that say little: what their messages say goes first. */
const vagueNames: Readonly<Record<string, Verdict>> = {
  ConnectionError: unavailable('cannot be reached'),
  ProtocolError: unavailable('broke off the connection'),
  RequestError: unavailable('closed the connection'),
}

const socketCodes: readonly (readonly [RegExp, Verdict])[] = [
  [
    /^(ECONN|EPIPE|EHOST|ENET|ENOTFOUND|EAI_|EADDRNOTAVAIL|EMFILE|ENODATA|ETIMEDOUT)/,
    unavailable('cannot be reached'),
  ],
  [
    /CERT|HOSTNAME_MISMATCH|ALTNAME|SELF_SIGNED/,
    { code: 'untrusted', what: 'has a certificate that cannot be verified', retry: retryBackoff },
  ],
  [/^(ERR_SSL_|ERR_TLS_|EPROTO)/, unavailable('could not agree on a TLS connection')],
]

const sentences: readonly (readonly [RegExp, Verdict])[] = [
  [/does not support 'tls'/i, rejected('does not offer TLS, which the option tls asks for')],
  [/tls.*not available/i, rejected('wants TLS: set the option tls')],
  [
    /nkey|seed|jwt|credential|checksum/i,
    unauthorized('cannot be logged in to: the key or credentials are malformed'),
  ],
  [/maximum (connections|subscriptions)/i, unavailable('has as many connections as it takes')],
  [/authoriz|authentic/i, unauthorized('refused the credentials')],
]

/** Texts of status 409, by which the server ends a request for messages. */
const endings: readonly (readonly [RegExp, Verdict])[] = [
  [
    /consumer deleted|stream deleted/i,
    missing('says that the consumer or its stream was deleted while it was read'),
  ],
  [/push based/i, rejected('has a push consumer of this name; a pull consumer is needed')],
  [
    /maxrequestbatch/i,
    rejected('has a consumer that hands out fewer messages at once than the option prefetch says'),
  ],
  [/maxrequestexpires/i, rejected('has a consumer that waits shorter than the option waitMs says')],
  [/maxwaiting/i, failed('has as many readers waiting at the consumer as it takes')],
]

/**
 * Turns whatever the client threw into an AppError of the role; total. Hosts, streams and subjects appear in messages
 * (`place`); names of users and what messages hold do not.
 */
export function natsError(thrown: unknown, role: Role, place: string): AppError {
  if (thrown instanceof AppError) return thrown
  const verdict = verdictOf(thrown)
  if (verdict === undefined) {
    return new AppError('internal.unexpected', `${place} failed unforeseen`, retryBackoff, { cause: thrown })
  }
  return roleError(role, verdict, place, thrown)
}

/** A connection that is gone or silent, in the same words. */
export function lostConnection(role: Role, place: string, what = 'closed the connection'): AppError {
  return roleError(role, unavailable(what), place, undefined)
}

/** How a request for messages ended, by its status; undefined when that is in good order and another may follow. */
export function endingError(code: number, description: string, place: string): AppError | undefined {
  if (code === 404 || code === 408) return undefined
  if (code === 400) {
    return roleError('source', rejected('did not understand the request for messages'), place, undefined)
  }
  if (code === 503)
    return roleError(
      'source',
      missing('has nobody who hands out messages of this consumer'),
      place,
      undefined,
    )
  const verdict = endings.find(([pattern]) => pattern.test(description))?.[1]
  // A new leader, or a server that stops: the next request finds out.
  return verdict === undefined ? undefined : roleError('source', verdict, place, undefined)
}

/** The error code of a JetStream API error; undefined for anything else. */
export function apiCode(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const code: unknown = Reflect.get(thrown, 'code')
  return typeof code === 'number' && code >= 10_000 ? code : undefined
}

/**
 * Where the halves have no code of this name. What a sink lacks can be made while its events wait; a source that is not answered
 * asks again.
 */
const roleCodes: Readonly<Record<Role, Readonly<Record<string, string>>>> = {
  sink: { 'not-found': 'failed' },
  source: { timeout: 'unavailable' },
}

function roleError(role: Role, { code, what, retry }: Verdict, place: string, cause: unknown): AppError {
  const name = roleCodes[role][code] ?? code
  const verdict = role === 'sink' && name !== 'rejected' ? retryBackoff : retry
  return new AppError(`${role}.${name}`, `${place} ${what}`, verdict, { cause })
}

function verdictOf(thrown: unknown): Verdict | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const code = apiCode(thrown)
  if (code !== undefined) return apiCodes[code] ?? apiVerdict(thrown)
  const socketCode: unknown = Reflect.get(thrown, 'code')
  if (typeof socketCode === 'string') {
    const verdict = socketCodes.find(([pattern]) => pattern.test(socketCode))?.[1]
    if (verdict !== undefined) return verdict
  }
  // Requests and connections fail for the reason that is their cause.
  const byCause = verdictOf(Reflect.get(thrown, 'cause'))
  if (byCause !== undefined) return byCause
  const { name = '', message = '' } = thrown as { name?: string; message?: string }
  // Bugs of ours are errors of the language, whatever they speak of.
  if (/^(Type|Range|Reference|Syntax)Error$/.test(name)) return undefined
  // Their messages hold subjects, which may speak of anything.
  if (Object.hasOwn(names, name)) return names[name]
  const bySentence = sentences.find(([pattern]) => pattern.test(message))?.[1]
  return bySentence ?? (Object.hasOwn(vagueNames, name) ? vagueNames[name] : undefined)
}

/** Codes that are new to us are judged by their HTTP-like status. */
function apiVerdict(thrown: object): Verdict {
  const status: unknown = Reflect.get(thrown, 'status')
  if (status === 503) return unavailable('says that JetStream is not available for now')
  if (status === 404) return missing('has no such stream or consumer')
  return status === 400
    ? rejected('refused the request: an option asks for what this version does not have, or does not allow')
    : failed('answered with an error that this connector does not know')
}
