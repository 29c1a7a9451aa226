import type { AppError } from '@millrace/spi'
import { rpcCode } from '../rpc-refusal.ts'
import { RpcRefusal } from '../rpc-service.ts'

/** The same error in the words of this interface. Total. `status` is that of the platform's own catalogue. */
export function refusalOf({ code, message }: AppError, status: number): RpcRefusal {
  const known = rpcCode(code)
  if (known !== undefined) return new RpcRefusal(known.code, message, known.status)
  const fixed = fixedCodes[code]
  if (fixed !== undefined) return new RpcRefusal(fixed[0], message, fixed[1])
  if (code.startsWith('policy.')) return new RpcRefusal('InvalidParameter.PolicyGrammar', message)
  if (status === 429) return new RpcRefusal('Throttling.User', message, 429)
  if (status >= 500) return new RpcRefusal('InternalError', 'The server failed; its log has the cause.', 500)
  return new RpcRefusal('InvalidParameter', message)
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
