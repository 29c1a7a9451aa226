import type { AppError } from '@millrace/spi'
import { rpcCode } from '../rpc-refusal.ts'
import { RpcRefusal } from '../rpc-service.ts'

/** The same error in the words of this interface (identity sections 1.3 and 7.1). Total. `status` is that of the platform's own catalogue. */
export function refusalOf(
  { code, message, details = {} }: AppError,
  status: number,
  action: string,
): RpcRefusal {
  const known = rpcCode(code)
  if (known !== undefined) return new RpcRefusal(known.code, message, known.status)
  const fixed = fixedCodes[code]
  if (fixed !== undefined) return new RpcRefusal(fixed[0], message, fixed[1])
  if (code.startsWith('policy.')) return new RpcRefusal('MalformedPolicyDocument', message)
  switch (code) {
    case 'resource.not-found':
      return new RpcRefusal(`EntityNotExist.${entities[String(details['kind'])] ?? 'Entity'}`, message, 404)
    case 'resource.limit-exceeded':
      return new RpcRefusal(`LimitExceeded.${made(action)}`, message, 409)
    case 'resource.in-use':
      return new RpcRefusal(`DeleteConflict.${made(action)}`, message, 409)
    case 'resource.conflict': {
      // A revision of 0 was expected by whoever creates; any other means that many change the same thing at once.
      const isThere = details['expected'] === 0
      return new RpcRefusal(
        isThere ? `EntityAlreadyExists.${made(action)}` : 'ConcurrentModification',
        message,
        409,
      )
    }
  }
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
}

const entities: Readonly<Record<string, string>> = {
  user: 'User',
  group: 'Group',
  role: 'Role',
  policy: 'Policy',
  'policy version': 'Policy.Version',
  key: 'User.AccessKey',
}

/** What an action makes or takes away. */
function made(action: string): string {
  const subject = action.replace(/^[A-Z][a-z]+/, '')
  if (subject === 'AccessKey') return 'User.AccessKey'
  return subject === 'PolicyVersion' ? 'Policy.Version' : subject
}
