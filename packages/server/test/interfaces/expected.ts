import type { Strangers } from './place.ts'
import type { InterfaceName } from './spoken.ts'

/** Status and code with which each interface refuses everybody, as its documentation has them. */
export const refusals: Readonly<Record<InterfaceName, Readonly<Record<keyof Strangers, string>>>> = {
  // Which part of the credentials is wrong is not told.
  rest: {
    'no one': '401 auth.unauthenticated',
    'an unknown key': '401 auth.unauthenticated',
    'a wrong secret': '401 auth.unauthenticated',
    'a disabled key': '401 auth.unauthenticated',
    'a session that is over': '401 auth.unauthenticated',
    'a session whose role is gone': '401 auth.unauthenticated',
    'a tampered token': '401 auth.unauthenticated',
    'a session without its token': '401 auth.unauthenticated',
    'a user without permission': '403 auth.forbidden',
    'a session without permission': '403 auth.forbidden',
  },
  eventbridge: {
    'no one': '401 InvalidAccessKeyId',
    'an unknown key': '403 InvalidAccessKeyId',
    'a wrong secret': '403 SignatureDoesNotMatch',
    'a disabled key': '403 InvalidAccessKeyId',
    'a session that is over': '403 StsAccessIdExpired',
    'a session whose role is gone': '403 StsAccessIdExpired',
    'a tampered token': '403 SecurityTokenInvalid',
    'a session without its token': '403 InvalidStsAccessKeyId',
    'a user without permission': '403 AccessDenied',
    'a session without permission': '403 AccessDenied',
  },
  rpc: {
    'no one': '401 InvalidAccessKeyId',
    'an unknown key': '404 InvalidAccessKeyId.NotFound',
    'a wrong secret': '403 SignatureDoesNotMatch',
    'a disabled key': '400 InvalidAccessKeyId.Inactive',
    'a session that is over': '400 InvalidSecurityToken.Expired',
    'a session whose role is gone': '400 InvalidSecurityToken.Expired',
    'a tampered token': '400 InvalidSecurityToken.Malformed',
    'a session without its token': '400 MissingSecurityToken',
    'a user without permission': '403 NoPermission',
    'a session without permission': '403 NoPermission',
  },
  sts: rpcStyle(),
  ram: rpcStyle(),
  'ram-signed-v1': rpcStyle(),
  fc3: functionCompute(),
  fc2: functionCompute(),
  mns: {
    'no one': '400 MissingAuthorizationHeader',
    'an unknown key': '403 InvalidAccessKeyId',
    'a wrong secret': '403 SignatureDoesNotMatch',
    'a disabled key': '403 InvalidAccessKeyId',
    'a session that is over': '403 InvalidSecurityToken',
    'a session whose role is gone': '403 InvalidSecurityToken',
    'a tampered token': '403 InvalidSecurityToken',
    'a session without its token': '403 InvalidSecurityToken',
    'a user without permission': '403 AccessDenied',
    'a session without permission': '403 AccessDenied',
  },
  sls: {
    'no one': '400 MissAccessKeyId',
    'an unknown key': '401 Unauthorized',
    'a wrong secret': '401 SignatureNotMatch',
    'a disabled key': '401 Unauthorized',
    'a session that is over': '401 Unauthorized',
    'a session whose role is gone': '401 Unauthorized',
    'a tampered token': '401 Unauthorized',
    'a session without its token': '401 Unauthorized',
    'a user without permission': '401 Unauthorized',
    'a session without permission': '401 Unauthorized',
  },
  aws: {
    'no one': '400 MissingAuthenticationTokenException',
    'an unknown key': '400 UnrecognizedClientException',
    'a wrong secret': '400 InvalidSignatureException',
    'a disabled key': '400 UnrecognizedClientException',
    'a session that is over': '400 ExpiredTokenException',
    'a session whose role is gone': '400 ExpiredTokenException',
    'a tampered token': '400 UnrecognizedClientException',
    'a session without its token': '400 UnrecognizedClientException',
    'a user without permission': '400 AccessDeniedException',
    'a session without permission': '400 AccessDeniedException',
  },
}

function functionCompute() {
  return {
    'no one': '400 MissingRequiredHeader',
    'an unknown key': '403 InvalidAccessKeyID',
    'a wrong secret': '403 SignatureNotMatch',
    'a disabled key': '403 InvalidAccessKeyID',
    'a session that is over': '403 InvalidSecurityToken',
    'a session whose role is gone': '403 InvalidSecurityToken',
    'a tampered token': '403 InvalidSecurityToken',
    'a session without its token': '403 InvalidSecurityToken',
    'a user without permission': '403 AccessDenied',
    'a session without permission': '403 AccessDenied',
  } as const
}

/** The services that share the root. */
function rpcStyle(): Readonly<Record<keyof Strangers, string>> {
  return {
    'no one': '400 MissingAccessKeyId',
    'an unknown key': '404 InvalidAccessKeyId.NotFound',
    'a wrong secret': '400 SignatureDoesNotMatch',
    'a disabled key': '400 InvalidAccessKeyId.Inactive',
    'a session that is over': '400 InvalidSecurityToken.Expired',
    'a session whose role is gone': '400 InvalidSecurityToken.Expired',
    'a tampered token': '400 InvalidSecurityToken.Malformed',
    'a session without its token': '400 MissingSecurityToken',
    'a user without permission': '403 NoPermission',
    'a session without permission': '403 NoPermission',
  }
}
