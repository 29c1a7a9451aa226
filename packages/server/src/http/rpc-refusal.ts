import { hash } from 'node:crypto'
import { AppError } from '@millrace/spi'
import type { Principal } from '../auth/index.ts'

/** What the interfaces of the RPC style call what is wrong with who asks (identity section 7.1): status and code. */
const rpcCodes: Readonly<Record<string, readonly [status: number, code: string]>> = {
  'auth.unknown-key': [404, 'InvalidAccessKeyId.NotFound'],
  'auth.key-disabled': [400, 'InvalidAccessKeyId.Inactive'],
  'auth.token-missing': [400, 'MissingSecurityToken'],
  'auth.token-invalid': [400, 'InvalidSecurityToken.Malformed'],
  'auth.token-mismatch': [400, 'InvalidSecurityToken.MismatchWithAccessKey'],
  'auth.token-expired': [400, 'InvalidSecurityToken.Expired'],
  'auth.forbidden': [403, 'NoPermission'],
  'quota.rate-exceeded': [429, 'Throttling.User'],
}

/** `undefined` for what has no name of this style. */
export function rpcCode(code: string): { readonly status: number; readonly code: string } | undefined {
  const known = rpcCodes[code]
  return known === undefined ? undefined : { status: known[0], code: known[1] }
}

/** What clients keep of a refusal by policy; nothing for other refusals. */
export function deniedDetail({ code, details = {} }: AppError): object {
  if (code !== 'auth.forbidden') return {}
  const [, account = '', kind = '', name = ''] =
    /^acs:ram::(\d+):(root|user|assumed-role)\/?(.*)$/.exec(String(details['principal'])) ?? []
  return {
    AccessDeniedDetail: {
      AuthAction: details['action'],
      AuthPrincipalType: kind === 'assumed-role' ? 'AssumedRoleUser' : 'SubUser',
      AuthPrincipalOwnerId: account,
      AuthPrincipalDisplayName: name.replace('/', ':'),
      NoPermissionType: details['denial'] === 'explicit-deny' ? 'ExplicitDeny' : 'ImplicitDeny',
      PolicyType: policyTypes[String(details['layer'])] ?? 'AccountLevelIdentityBasedPolicy',
    },
  }
}

const policyTypes: Readonly<Record<string, string>> = {
  session: 'SessionPolicy',
  resource: 'AssumeRolePolicy',
  control: 'ControlPolicy',
}

/** The body must be the one that was signed. */
export function checkSignedBody({ contentSha256 }: Principal, body: Buffer): void {
  if (contentSha256 === undefined || hash('sha256', body) === contentSha256) return
  throw new AppError('auth.signature-mismatch', 'the body is not the one whose hash was signed')
}
