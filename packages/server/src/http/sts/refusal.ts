import type { AppError } from '@millrace/spi'
import { rpcCode } from '../rpc-refusal.ts'

/** What a client of this interface is told (identity sections 4.1 and 7.1). */
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

/** The same error in the words of this interface. Total. `status` is that of the platform's own catalogue. */
export function refusalOf({ code, message }: AppError, status: number): Refusal {
  const known = rpcCode(code)
  if (known !== undefined) return new Refusal(known.code, message, known.status)
  const fixed = fixedCodes[code]
  if (fixed !== undefined) return new Refusal(fixed[0], message, fixed[1])
  if (code.startsWith('policy.')) return new Refusal('InvalidParameter.PolicyGrammar', message)
  if (status >= 500) return new Refusal('InternalError', 'The server failed; its log has the cause.', 500)
  return new Refusal('InvalidParameter', message)
}

const fixedCodes: Readonly<Record<string, readonly [code: string, status: number]>> = {
  'auth.unauthenticated': ['MissingAccessKeyId', 400],
  'auth.signature-mismatch': ['SignatureDoesNotMatch', 400],
  'auth.signature-expired': ['InvalidTimeStamp.Expired', 400],
  'auth.nonce-used': ['SignatureNonceUsed', 400],
  'auth.token-unsupported': ['InvalidSecurityToken.Malformed', 400],
  'policy.too-large': ['InvalidParameter.PolicySize', 400],
  'sts.duration-invalid': ['InvalidParameter.DurationSeconds', 400],
  'resource.not-found': ['EntityNotExist.Role', 404],
}
