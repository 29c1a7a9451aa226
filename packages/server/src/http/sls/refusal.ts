import type { AppError } from '@millrace/spi'

/** What a client of this interface is told: the names and statuses of section 2.9 of the compatible protocol. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status: number = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

export function parameterInvalid(message: string): Refusal {
  return new Refusal('ParameterInvalid', message)
}

/** What this server does not do. */
export function notOffered(what: string): Refusal {
  return new Refusal('BadRequest', `this server does not offer ${what}`)
}

/** The same error in the words of this interface. Total. `status` is that of the platform's own catalogue. */
export function refusalOf(error: AppError, status: number): Refusal {
  const { code, message } = error
  const fixed = fixedCodes[code]
  if (fixed !== undefined) return new Refusal(fixed[0], message, fixed[1])
  if (error.details?.['quota'] === 'log-writes-per-second')
    return new Refusal('WriteQuotaExceed', message, 403)
  // An unknown key, a token that does not count, a policy that says no: all of them have one code here.
  if (code.startsWith('auth.')) return new Refusal('Unauthorized', message, 401)
  if (status === 429 || status === 503 || status === 507) return new Refusal('ServerBusy', message, 503)
  if (status >= 500) {
    return new Refusal('InternalServerError', 'The server failed; its log has the cause.', 500)
  }
  return parameterInvalid(message)
}

const fixedCodes: Readonly<Record<string, readonly [string, number]>> = {
  'auth.signature-mismatch': ['SignatureNotMatch', 401],
  'auth.signature-expired': ['RequestTimeExpired', 400],
  'logstore.not-found': ['LogStoreNotExist', 404],
  'logstore.shard-not-found': ['ShardNotExist', 404],
  'resource.limit-exceeded': ['ProjectQuotaExceed', 400],
  'resource.name-invalid': ['LogstoreInfoInvalid', 400],
  'options.invalid': ['LogstoreInfoInvalid', 400],
  'http.body-too-large': ['PostBodyTooLarge', 400],
}
