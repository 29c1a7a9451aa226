import { AppError, type RetryHint, retryBackoff, retryNever } from '@millrace/spi'

/** Which half of the connector failed; the first word of the codes. */
export type Role = 'source' | 'sink'

interface Verdict {
  readonly code: string
  readonly what: string
  readonly retry: RetryHint
  /** The connection leads to a server that cannot help; another one of the endpoint may. */
  readonly leave?: true
}

const unavailable = (what: string): Verdict => ({ code: 'unavailable', what, retry: retryBackoff })
const failed = (what: string): Verdict => ({ code: 'failed', what, retry: retryBackoff })
const rejected = (what: string): Verdict => ({ code: 'rejected', what, retry: retryNever })
const unauthorized = (what: string): Verdict => ({ code: 'unauthorized', what, retry: retryNever })
const missing = (what: string): Verdict => ({ code: 'not-found', what, retry: retryNever })
const elsewhere = (verdict: Verdict): Verdict => ({ ...verdict, leave: true })

/** First words of Redis' error replies. */
const replies: Readonly<Record<string, Verdict>> = {
  WRONGTYPE: rejected('has a value of another type under this key'),
  NOGROUP: missing('has no such stream, or no such consumer group any more'),
  UNBLOCKED: missing('says that the stream was deleted while it was read'),
  NOAUTH: unauthorized('wants a user and password'),
  WRONGPASS: unauthorized('refused the user and password'),
  NOPERM: unauthorized('does not let this user do that: look at its ACL'),
  DENIED: unauthorized('is in protected mode and takes no connections from other machines'),
  OOM: failed('has no memory left (maxmemory) and evicts nothing'),
  MISCONF: failed('takes no writes because it cannot save to its disk'),
  NOREPLICAS: failed('takes no writes because too few replicas follow it'),
  BUSY: failed('is busy with a script'),
  TRYAGAIN: failed('is moving the keys between cluster nodes'),
  READONLY: elsewhere(failed('is a replica that takes no writes')),
  LOADING: elsewhere(unavailable('is still loading its data')),
  MASTERDOWN: elsewhere(unavailable('is a replica that has lost its master')),
  CLUSTERDOWN: elsewhere(unavailable('belongs to a cluster that is down')),
  MOVED: failed('is a cluster node that does not have this key: clusters are not spoken to'),
  ASK: failed('is a cluster node that does not have this key: clusters are not spoken to'),
  CROSSSLOT: rejected('is a cluster node, and the keys are on several nodes'),
}

/** Replies whose first word is the general `ERR`. */
const sentences: readonly (readonly [RegExp, Verdict])[] = [
  [/max number of clients/i, elsewhere(unavailable('has as many connections as it takes'))],
  [/requires the key to exist|no such key/i, missing('has no such stream')],
  [/DB index is out of range|SELECT is not allowed/i, rejected('does not have this database number')],
  [/unknown (sub)?command/i, rejected('does not know a command that is needed: version 6.2 or later is')],
  [
    /without any password configured/i,
    unauthorized('has no password for the default user, and was given one'),
  ],
  [/Protocol error|invalid bulk length/i, rejected('refused a record that is too large')],
]

/** What Node says of sockets and TLS. */
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

/** The client's own errors, which have names of classes and no codes. */
const clientWords =
  /timeout|socket closed|client is closed|client is offline|disconnect|aborted|socket already/i

/**
 * Turns whatever the client threw into an AppError of the role; total. Hosts and keys appear in messages (`place`); names of
 * users and what records hold do not.
 */
export function redisError(thrown: unknown, role: Role, place: string): AppError {
  if (thrown instanceof AppError) return thrown
  const verdict = verdictOf(thrown)
  if (verdict === undefined) {
    return new AppError('internal.unexpected', `${place} failed unforeseen`, retryBackoff, { cause: thrown })
  }
  return roleError(role, verdict, place, thrown)
}

/** A connection that is gone or silent, in the same words. */
export function lostConnection(role: Role, place: string, what: string): AppError {
  return roleError(role, unavailable(what), place, undefined)
}

/** Whether the server answered that another one of the endpoint must be asked. */
export function isElsewhere(thrown: unknown): boolean {
  return !(thrown instanceof AppError) && verdictOf(thrown)?.leave === true
}

/** The first word of an error reply, such as `BUSYGROUP`; the empty text for anything else. */
export function replyWord(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : ''
  return /^-?([A-Z]{2,})\b/.exec(message)?.[1] ?? ''
}

function roleError(role: Role, { code, what, retry }: Verdict, place: string, cause: unknown): AppError {
  // A sink has no code for what is not there; what it lacks can be made while its events wait.
  const name = role === 'sink' && code === 'not-found' ? 'failed' : code
  const verdict = role === 'sink' && name !== 'rejected' ? retryBackoff : retry
  // Replies may quote arguments: what they say is ours to judge, not to hand on.
  return new AppError(`${role}.${name}`, `${place} ${what}`, verdict, isReply(cause) ? undefined : { cause })
}

function verdictOf(thrown: unknown): Verdict | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const code: unknown = Reflect.get(thrown, 'code')
  if (typeof code === 'string') return socketCodes.find(([pattern]) => pattern.test(code))?.[1]
  const message = thrown instanceof Error ? thrown.message : ''
  const bySentence = sentences.find(([pattern]) => pattern.test(message))?.[1]
  if (bySentence !== undefined) return bySentence
  const word = replyWord(thrown)
  if (Object.hasOwn(replies, word)) return replies[word]
  if (isReply(thrown)) return failed('answered with an error that this connector does not know')
  return clientWords.test(message) ? unavailable('closed the connection') : undefined
}

/** Without the client library, which is loaded when it is needed: its replies are the errors that begin with a word in capitals. */
function isReply(thrown: unknown): boolean {
  return replyWord(thrown) !== ''
}
