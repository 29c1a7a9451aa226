import { AppError, type RetryHint, retryBackoff, retryNever } from '@millrace/spi'

interface Verdict {
  readonly code: string
  readonly what: string
  readonly retry: RetryHint
}

const passing = (code: string, what: string): Verdict => ({ code, what, retry: retryBackoff })
const refused = (what: string): Verdict => ({ code: 'sink.rejected', what, retry: retryNever })
const unauthorized = passing('sink.unauthorized', 'refused user or password')

/** Reply codes with words of their own (RFC 5321, section 4.2.3; RFC 4954); others go by their first digit. */
const replies: Readonly<Record<number, Verdict>> = {
  421: passing('sink.unavailable', 'closes the connection'),
  450: passing(
    'sink.failed',
    'asks to try again later: a mailbox is busy, or it lets strangers wait at first',
  ),
  451: passing('sink.failed', 'asks to try again later: it had an error, or it lets strangers wait at first'),
  452: passing('sink.failed', 'has no room, or takes fewer recipients at once'),
  454: passing('sink.unavailable', 'cannot log anybody in for now'),
  530: passing('sink.unauthorized', 'wants a user and a password, or TLS'),
  534: unauthorized,
  535: unauthorized,
  538: passing('sink.unauthorized', 'wants TLS before it is told a password'),
  550: refused('refused the message or its recipients: no such mailbox, or not allowed'),
  552: refused('has no room for the message: it is too large, or the mailbox is full'),
  553: refused('does not accept an address'),
  554: refused('refused the message'),
}

const notLetIn = passing('sink.unavailable', 'lets nobody in')

/** Codes of the client. */
const codes: Readonly<Record<string, Verdict>> = {
  EAUTH: unauthorized,
  ENOAUTH: unauthorized,
  EENVELOPE: refused('cannot be given the addresses of the message'),
  EMESSAGE: refused('does not take a message of this size'),
  EPROTOCOL: passing('sink.failed', 'did not answer as SMTP has it, or lets nobody in'),
  ETIMEDOUT: passing('sink.timeout', 'did not answer in time'),
  ECONNECTION: passing('sink.unavailable', 'closed the connection'),
  ETLS: passing('sink.unavailable', 'could not agree on a TLS connection'),
}

const patterns: readonly (readonly [RegExp, Verdict])[] = [
  [
    /CERT|HOSTNAME_MISMATCH|SELF_SIGNED/,
    passing('sink.untrusted', 'has a certificate that cannot be verified'),
  ],
  [
    /^(ESOCKET|EDNS|ECONN|EPIPE|EHOST|ENET|ENOTFOUND|EAI_|EADDRNOTAVAIL|EMFILE|ENFILE|ENODATA)/,
    passing('sink.unavailable', 'cannot be reached'),
  ],
]

/**
 * Turns whatever the client threw into an AppError; total. Of the server's answer only its numbers are shown: the words may
 * repeat addresses.
 */
export function mailError(thrown: unknown, place: string): AppError {
  if (thrown instanceof AppError) return thrown
  const { reply, numbers } = replyOf(thrown)
  const verdict = reply === undefined ? verdictOf(thrown) : replyVerdict(reply, numbers, thrown)
  if (verdict === undefined) {
    return new AppError('internal.unexpected', `${place} failed unforeseen`, retryBackoff, { cause: thrown })
  }
  const shown = numbers === '' ? '' : ` (${numbers})`
  return new AppError(verdict.code, `${place} ${verdict.what}${shown}`, verdict.retry, {
    cause: thrown,
    ...(reply === undefined ? {} : { details: { reply } }),
  })
}

function replyVerdict(reply: number, numbers: string, thrown: unknown): Verdict {
  const code = memberOf(thrown, 'code')
  if (code === 'EAUTH') return reply < 500 ? replies[454]! : (replies[reply] ?? unauthorized)
  // Said before the message: whatever the number, the message is not to blame.
  if (code !== 'EENVELOPE' && code !== 'EMESSAGE') return codes[String(code)] ?? notLetIn
  // Where one of several recipients may come through later, the message is tried again.
  if (reply >= 500 && code === 'EENVELOPE' && refusals(thrown).some(code => code < 500)) {
    return passing('sink.failed', 'asks to try again later for a recipient')
  }
  // Enhanced codes 4.7.x are about policy: too many messages, or too many connections (RFC 3463).
  if (/^4\d\d 4\.7\./.test(numbers)) {
    return passing('sink.throttled', 'asks for fewer messages, or lets strangers wait at first')
  }
  const known = replies[reply]
  if (known !== undefined) return known
  return reply < 500 ? passing('sink.failed', 'asks to try again later') : refused('refused the message')
}

function verdictOf(thrown: unknown): Verdict | undefined {
  const code = memberOf(thrown, 'code')
  if (typeof code !== 'string') return undefined
  const message = thrown instanceof Error ? thrown.message : ''
  // The client puts its own code over that of TLS, whose words stay.
  if (/certificate|altname/i.test(message)) return patterns[0]?.[1]
  return codes[code] ?? patterns.find(([pattern]) => pattern.test(code))?.[1]
}

/** The number of the server's reply, and with the enhanced one behind it. */
function replyOf(thrown: unknown): { reply: number | undefined; numbers: string } {
  const reply = memberOf(thrown, 'responseCode')
  if (typeof reply !== 'number' || reply < 400) return { reply: undefined, numbers: '' }
  const response = memberOf(thrown, 'response')
  const enhanced =
    typeof response === 'string' ? /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1] : ''
  return { reply, numbers: `${reply} ${enhanced ?? ''}`.trim() }
}

function refusals(thrown: unknown): number[] {
  const errors = memberOf(thrown, 'rejectedErrors')
  if (!Array.isArray(errors)) return []
  return errors.map(error => memberOf(error, 'responseCode')).filter(code => typeof code === 'number')
}

function memberOf(thrown: unknown, name: string): unknown {
  return typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, name) : undefined
}
