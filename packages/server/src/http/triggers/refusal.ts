import type { Problem } from '../error-body.ts'

/** What a client of a trigger is told, in the form that clients of the compatible interface read. */
export interface Refusal {
  readonly status: number
  readonly body: string
}

/**
 * The answer to a refused request: `Code` and `Message`, and both again by the names that older clients read
 * (function-compute section 2.3).
 */
export function refusalOf({ status, body }: Problem, requestId: string): Refusal {
  const [code, wireStatus] = wireCodes[body.code] ?? [codeByStatus[status] ?? 'InternalServerError', status]
  return { status: wireStatus, body: refusalBody(code, body.detail, requestId) }
}

export function refusalBody(Code: string, Message: string, RequestId: string): string {
  return JSON.stringify({ Code, Message, RequestId, ErrorCode: Code, ErrorMessage: Message })
}

/** Codes of ours that are not told by their status alone (function-compute sections 2.5, 3.5). */
const wireCodes: Readonly<Record<string, readonly [code: string, status: number]>> = {
  'function.not-found': ['FunctionNotFound', 404],
  'function.version-not-found': ['VersionNotFound', 404],
  'function.alias-not-found': ['AliasNotFound', 404],
  'function.payload-too-large': ['InvalidArgument', 400],
  'function.task-exists': ['StatefulAsyncInvocationAlreadyExists', 409],
  'trigger.not-found': ['TriggerNotFound', 404],
  'trigger.credentials-missing': ['MissingRequiredHeader', 400],
  'trigger.upgrade-unsupported': ['NotImplemented', 501],
  'domain.route-not-found': ['DomainRouteNotFound', 404],
  'auth.unknown-key': ['InvalidAccessKeyID', 403],
  'auth.signature-mismatch': ['SignatureNotMatch', 403],
  'auth.key-disabled': ['InvalidAccessKeyID', 403],
  'auth.token-unsupported': ['InvalidSecurityToken', 403],
  'auth.token-missing': ['InvalidSecurityToken', 403],
  'auth.token-invalid': ['InvalidSecurityToken', 403],
  'auth.token-mismatch': ['InvalidSecurityToken', 403],
  'auth.token-expired': ['InvalidSecurityToken', 403],
  'auth.forbidden': ['AccessDenied', 403],
  'http.body-too-large': ['InvalidArgument', 400],
}

const codeByStatus: Readonly<Record<number, string>> = {
  400: 'InvalidArgument',
  401: 'AccessDenied',
  403: 'AccessDenied',
  404: 'PathNotSupported',
  409: 'Conflict',
  429: 'ResourceExhausted',
  500: 'InternalServerError',
  502: 'BadResponse',
  503: 'ResourceThrottled',
  507: 'ResourceExhausted',
}
