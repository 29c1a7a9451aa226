import { AppError, type RetryHint, retryBackoff, retryNever } from '@millrace/spi'

/** Which half of the connector failed; the first word of the codes. */
export type Role = 'source' | 'sink'

interface Verdict {
  readonly code: 'unavailable' | 'failed' | 'rejected' | 'unauthorized' | 'untrusted' | 'throttled'
  readonly what: string
}

const unavailable = (what: string): Verdict => ({ code: 'unavailable', what })
const failed = (what: string): Verdict => ({ code: 'failed', what })
const rejected = (what: string): Verdict => ({ code: 'rejected', what })
const unauthorized = (what: string): Verdict => ({ code: 'unauthorized', what })
const throttled = (what: string): Verdict => ({ code: 'throttled', what })

/** Reason codes of MQTT 5.0, section 2.4, and the return codes 1 to 5 that a server of MQTT 3 answers with. */
const reasons: Readonly<Record<number, Verdict>> = {
  1: rejected('does not speak MQTT 5'),
  2: rejected('does not accept the client id'),
  3: unavailable('is not available'),
  4: unauthorized('refused user or password'),
  5: unauthorized('refused access: look at user, password and rights'),
  128: failed('failed without a reason'),
  129: failed('takes a packet for malformed'),
  130: failed('takes a packet for a breach of the protocol'),
  131: failed('refused for a reason of its own'),
  132: rejected('does not speak MQTT 5'),
  133: rejected('does not accept the client id'),
  134: unauthorized('refused user or password'),
  135: unauthorized('refused access: look at user, password and rights'),
  136: unavailable('is not available'),
  137: unavailable('is busy'),
  138: unauthorized('has banned this client'),
  139: unavailable('is shutting down'),
  140: unauthorized('does not know this way to log in'),
  141: unavailable('heard nothing for too long'),
  142: unavailable('gave the session to another client with the same id'),
  143: rejected('does not accept the topic filter'),
  144: rejected('does not accept the topic'),
  145: failed('has the packet number in use'),
  146: failed('does not know the packet number'),
  147: failed('was sent more at once than it takes'),
  148: failed('does not know the topic alias'),
  149: rejected('refused a message that is too large'),
  150: throttled('takes fewer messages a second'),
  151: throttled('has a quota that is used up'),
  152: unavailable('was told to close the connection'),
  153: rejected('refused the form of the message'),
  154: rejected('keeps no retained messages'),
  155: rejected('does not take messages that are to be confirmed (QoS 1)'),
  156: unavailable('sends its clients to another server'),
  157: unavailable('has moved to another server'),
  158: rejected('has no shared subscriptions'),
  159: unavailable('takes fewer connections a second'),
  160: unavailable('closes connections after a time'),
  161: rejected('has no subscription numbers'),
  162: rejected('has no subscriptions with wildcards'),
}

/** Codes of sockets and TLS. */
const patterns: readonly (readonly [RegExp, Verdict])[] = [
  [
    /^(ECONN|EPIPE|EHOST|ENET|ENOTFOUND|EAI_|EADDRNOTAVAIL|EMFILE|ENFILE|ENODATA|ETIMEDOUT)/,
    unavailable('cannot be reached'),
  ],
  [/_ALERT_.*CERT/, unauthorized('wants another certificate of this client, or one at all')],
  [
    /CERT|HOSTNAME_MISMATCH|SELF_SIGNED/,
    { code: 'untrusted', what: 'has a certificate that cannot be verified' },
  ],
  [/^(ERR_SSL_|ERR_TLS_|EPROTO)/, unavailable('could not agree on a TLS connection')],
]

const sentences: readonly (readonly [RegExp, Verdict])[] = [
  [/connack timeout|Keepalive timeout/i, unavailable('does not answer')],
  [/closed|disconnecting|No connection/i, unavailable('closed the connection')],
  [/protocol error|unrecognized packet|malformed|cannot parse/i, failed('does not keep to the protocol')],
]

/** Turns whatever the client threw into an AppError of the role; total. Hosts appear in messages, users do not. */
export function mqttError(thrown: unknown, role: Role, place: string): AppError {
  if (thrown instanceof AppError) return thrown
  const verdict = verdictOf(thrown)
  if (verdict !== undefined) return roleError(role, verdict, place, thrown)
  return new AppError('internal.unexpected', `${place} failed unforeseen`, retryBackoff, { cause: thrown })
}

/** What a reason code says of one message or subscription. */
export function reasonError(reasonCode: number, role: Role, place: string): AppError {
  return roleError(role, reasonOf(reasonCode), place, undefined)
}

/**
 * A connection that is over. Whatever the reason, the messages under way are not to blame for it, or cannot be told from the
 * one that is: they may be tried again.
 */
export function lostConnection(role: Role, place: string, reasonCode?: number): AppError {
  const what = reasonCode === undefined ? 'closed the connection' : reasonOf(reasonCode).what
  return roleError(role, unavailable(what), place, undefined)
}

function reasonOf(reasonCode: number): Verdict {
  return reasons[reasonCode] ?? failed(`answered with the unknown reason ${reasonCode}`)
}

function roleError(role: Role, { code, what }: Verdict, place: string, cause: unknown): AppError {
  const name = role === 'source' && code === 'throttled' ? 'unavailable' : code
  const details = typeof codeOf(cause) === 'number' ? { reasonCode: codeOf(cause) } : {}
  return new AppError(`${role}.${name}`, `${place} ${what}`, retryOf(role, name), { cause, details })
}

/** What a sink lacks can be mended while its events wait; only what the message itself is to blame for ends it. */
function retryOf(role: Role, code: Verdict['code']): RetryHint {
  if (code === 'rejected') return retryNever
  return role === 'source' && code === 'unauthorized' ? retryNever : retryBackoff
}

function verdictOf(thrown: unknown): Verdict | undefined {
  const code = codeOf(thrown)
  if (typeof code === 'number') return reasonOf(code)
  const message = thrown instanceof Error ? thrown.message : ''
  const bySentence = sentences.find(([pattern]) => pattern.test(message))?.[1]
  if (typeof code !== 'string') return bySentence
  return patterns.find(([pattern]) => pattern.test(code))?.[1] ?? bySentence
}

function codeOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'code') : undefined
}
