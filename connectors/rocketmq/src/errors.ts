import { AppError, type RetryHint, retryBackoff, retryNever } from '@millrace/spi'
import { CallRefused, ChildMissing, type Fault } from './child/index.ts'

/** Which half of the connector asks. */
export type Side = 'source' | 'sink'

/** What a failure is, apart from the half that it happened in. */
type Kind =
  | 'unavailable'
  | 'timeout'
  | 'throttled'
  | 'rejected'
  | 'failed'
  | 'untrusted'
  | 'unauthorized'
  | 'not-found'
  | 'address-refused'
  | 'lost'
  | 'uncounted'

interface Verdict {
  readonly kind: Kind
  readonly what: string
}

/** Code and verdict on trying again, for each kind. */
const ends: Readonly<Record<Side, Readonly<Record<Kind, readonly [code: string, retry: RetryHint]>>>> = {
  source: {
    unavailable: ['source.unavailable', retryBackoff],
    timeout: ['source.unavailable', retryBackoff],
    throttled: ['source.failed', retryBackoff],
    rejected: ['source.rejected', retryNever],
    failed: ['source.failed', retryBackoff],
    untrusted: ['source.untrusted', retryNever],
    unauthorized: ['source.unauthorized', retryNever],
    'not-found': ['source.not-found', retryNever],
    'address-refused': ['source.rejected', retryNever],
    lost: ['source.lost', retryNever],
    uncounted: ['source.unavailable', { kind: 'uncounted' }],
  },
  sink: {
    unavailable: ['sink.unavailable', retryBackoff],
    timeout: ['sink.timeout', retryBackoff],
    throttled: ['sink.throttled', retryBackoff],
    rejected: ['sink.rejected', retryNever],
    failed: ['sink.failed', retryBackoff],
    // Whoever mends the credentials, the certificate or the topic should find the events waiting.
    untrusted: ['sink.untrusted', retryBackoff],
    unauthorized: ['sink.unauthorized', retryBackoff],
    'not-found': ['sink.failed', retryBackoff],
    'address-refused': ['sink.address-refused', retryNever],
    lost: ['sink.failed', retryBackoff],
    uncounted: ['sink.unavailable', { kind: 'uncounted' }],
  },
}

/** Codes of the protocol, of gRPC and of the client program, one by one; what is missing here goes by {@link familyOf}. */
const verdicts: Readonly<Record<string, Verdict>> = {
  1: { kind: 'unavailable', what: 'was cut off' },
  4: { kind: 'timeout', what: 'did not answer in time' },
  7: { kind: 'unauthorized', what: 'refused the credentials, or what they may do' },
  8: { kind: 'throttled', what: 'asked for fewer or smaller requests' },
  12: { kind: 'rejected', what: 'does not know the request; it must be a gRPC proxy of RocketMQ 5' },
  14: { kind: 'unavailable', what: 'cannot be reached' },
  16: { kind: 'unauthorized', what: 'refused the credentials' },
  40001: { kind: 'rejected', what: 'refused its own address as it was written' },
  40002: { kind: 'rejected', what: 'refused the name of the topic' },
  40003: { kind: 'rejected', what: 'refused the name of the consumer group' },
  40004: { kind: 'rejected', what: 'refused the tag of the message' },
  40005: { kind: 'rejected', what: 'refused the keys of the message' },
  40006: { kind: 'rejected', what: 'refused the message group' },
  40007: { kind: 'rejected', what: 'refused the name of a property' },
  40010: { kind: 'rejected', what: 'refused the filter' },
  40011: { kind: 'rejected', what: 'refused the time of invisibility; its own limits allow another one' },
  40012: { kind: 'rejected', what: 'refused the time of delivery; it may be too far ahead' },
  40013: { kind: 'lost', what: 'does not know the receipt any more; the message has another reader' },
  40014: { kind: 'rejected', what: 'refused the message: its group or time does not go with the topic' },
  40100: { kind: 'unauthorized', what: 'refused the credentials' },
  40200: { kind: 'unauthorized', what: 'refused the account: it is not paid for' },
  40300: { kind: 'unauthorized', what: 'does not allow this to these credentials' },
  40400: { kind: 'not-found', what: 'does not have what was asked for' },
  40402: { kind: 'not-found', what: 'does not have the topic; make it there, or correct the name' },
  40403: { kind: 'not-found', what: 'does not have the consumer group; make it there, or correct the name' },
  40800: { kind: 'timeout', what: 'did not get the request in time' },
  41300: { kind: 'rejected', what: 'refused the message: it is too large' },
  41301: { kind: 'rejected', what: 'refused the body of the message: it is too large' },
  41302: { kind: 'rejected', what: 'refused the message: its body is empty' },
  50002: { kind: 'failed', what: 'has too few copies of its broker' },
  50400: { kind: 'timeout', what: 'got no answer from its broker in time' },
  50401: { kind: 'failed', what: 'could not write to the disk in time' },
  50402: { kind: 'failed', what: 'could not write to the disk of a copy in time' },
  'message-too-large': { kind: 'rejected', what: 'takes no body of that size' },
  'message-type': {
    kind: 'rejected',
    what: 'does not take this type of message in the topic: normal ones, those with a group, and those with a time need topics of their types',
  },
  'group-broken': { kind: 'uncounted', what: 'was not asked: an earlier message of the group must go first' },
  'no-queue': { kind: 'failed', what: 'has no queue of the topic that may be read' },
  'topics-max': { kind: 'failed', what: 'was not asked: the sink writes to too many topics' },
  'sink.address-refused': {
    kind: 'address-refused',
    what: 'has an address that is not public; the operator may allow it',
  },
  ENOTFOUND: { kind: 'unavailable', what: 'has a name that does not resolve' },
  EAI_AGAIN: { kind: 'unavailable', what: 'has a name that could not be resolved now' },
}

/**
 * Turns whatever a call of the client process threw into an AppError; total. `proxy` says in messages which one it was. What
 * the server wrote stays in the cause, for it may quote what a message holds.
 */
export function rocketmqError(thrown: unknown, side: Side, proxy: string): AppError {
  if (thrown instanceof AppError) return thrown
  if (thrown instanceof CallRefused) return faultError(thrown.fault, side, proxy, thrown)
  if (thrown instanceof ChildMissing) return missingError(thrown, side, proxy)
  const message = `The request to the proxy ${proxy} failed unforeseen.`
  return new AppError('internal.unexpected', message, retryBackoff, { cause: thrown })
}

/** The same for a fault of one element of a call. */
export function faultError(fault: Fault, side: Side, proxy: string, cause: unknown = fault): AppError {
  const { kind, what } = verdictOf(fault)
  const [code, retry] = ends[side][kind]
  const seen = fault.code === undefined ? '' : ` (${fault.code})`
  return new AppError(code, `The proxy ${proxy} ${what}${seen}.`, retry, {
    cause,
    details: { proxy, cause: fault.code ?? fault.name },
  })
}

function verdictOf({ code, message }: Fault): Verdict {
  if (code === 14) {
    // gRPC has one code for all that keeps a connection from being there; the text has the last reason.
    if (/not public/.test(message)) return verdictAt('sink.address-refused')
    if (/certificate|altnames|self.signed/i.test(message)) {
      return { kind: 'untrusted', what: 'has a certificate that cannot be verified' }
    }
    if (/resolution failed|ENOTFOUND/i.test(message)) return verdictAt('ENOTFOUND')
  }
  // A filter that the proxy cannot read is a failure of the proxy, by its code.
  if (code === 50_001 && /parse the consumer's subscription/.test(message)) return verdictAt('40010')
  if (code === undefined) return { kind: 'failed', what: 'could not be asked, for an unforeseen reason' }
  return verdicts[code] ?? familyOf(code)
}

function verdictAt(code: string): Verdict {
  return verdicts[code] ?? familyOf(code)
}

function familyOf(code: string | number): Verdict {
  const family = typeof code === 'number' ? Math.floor(code / 100) : 0
  if (family === 429) return { kind: 'throttled', what: 'asked for fewer requests' }
  if (family === 505 || family === 501) return { kind: 'rejected', what: 'does not support the request' }
  if (family >= 400 && family < 500) return { kind: 'rejected', what: 'refused the request' }
  return { kind: 'failed', what: 'answered with a failure' }
}

function missingError(missing: ChildMissing, side: Side, proxy: string): AppError {
  const { why, cause, delayMs } = missing
  const unavailable = `${side}.unavailable`
  switch (why) {
    case 'gone':
      return new AppError(
        unavailable,
        `The client process for the proxy ${proxy} ended; it is started again.`,
        retryBackoff,
        { cause: missing },
      )
    case 'late':
      return new AppError(
        unavailable,
        `The proxy ${proxy} did not get the client ready in time.`,
        retryBackoff,
        {
          cause: missing,
        },
      )
    case 'pausing': {
      const { code, message, retry } = rocketmqError(cause, side, proxy)
      const later: RetryHint = retry.kind === 'never' ? retry : { kind: 'after', delayMs: delayMs ?? 0 }
      return new AppError(code, message, later, { cause: missing })
    }
    case 'full':
      return new AppError(unavailable, `${missing.message}.`, { kind: 'uncounted' }, { cause: missing })
    case 'closed':
      return closedError(side)
  }
}

/** For what comes, or still waits, after disposal. */
export function closedError(side: Side): AppError {
  return side === 'source'
    ? new AppError('source.closed', 'The source is closed.', retryNever)
    : new AppError('sink.unavailable', 'The sink is closed; nothing was sent.', retryBackoff)
}
