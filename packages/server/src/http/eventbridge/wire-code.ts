import { eventCode } from './event-code.ts'

/** What an operation is about; the same cause has another name for each. */
export type Subject =
  | 'bus'
  | 'rule'
  | 'target'
  | 'event'
  | 'streaming'
  | 'source'
  | 'connection'
  | 'api-destination'

/** How codes of a subject begin. */
const prefixes: Readonly<Record<Subject, string>> = {
  bus: 'EventBus',
  rule: 'EventRule',
  target: 'EventRule',
  event: 'EventRule',
  streaming: 'EventStreaming',
  source: 'EventSource',
  connection: 'Connection',
  'api-destination': 'ApiDestination',
}

export interface WireCode {
  readonly status: number
  readonly code: string
}

/**
 * The name and status that a code of the platform has in this interface (section 2.6). Total: what has no name of its
 * own is a bad parameter when the caller is to blame, and `InternalError` when not.
 */
export function wireCode(
  code: string,
  details: Readonly<Record<string, unknown>>,
  status: number,
  subject: Subject,
): WireCode {
  const fixed = fixedCodes[code]
  if (fixed !== undefined) return fixed
  const business = businessCode(code, details, subject)
  if (business !== undefined) return { status: 409, code: business }
  if (status >= 500) return { status: status === 503 ? 503 : 500, code: 'InternalError' }
  if (status === 429) return { status, code: 'TooManyRequests' }
  return { status: 409, code: 'RequestParameterInvalid' }
}

const fixedCodes: Readonly<Record<string, WireCode>> = {
  'auth.unauthenticated': { status: 401, code: 'InvalidAccessKeyId' },
  'auth.unknown-key': { status: 403, code: 'InvalidAccessKeyId' },
  'auth.signature-mismatch': { status: 403, code: 'SignatureDoesNotMatch' },
  'auth.signature-expired': { status: 403, code: 'SignatureDoesNotMatch' },
  'auth.nonce-used': { status: 403, code: 'SignatureDoesNotMatch' },
  'auth.key-disabled': { status: 403, code: 'InvalidAccessKeyId' },
  'auth.token-unsupported': { status: 403, code: 'SecurityTokenInvalid' },
  'auth.token-missing': { status: 403, code: 'InvalidStsAccessKeyId' },
  'auth.token-invalid': { status: 403, code: 'SecurityTokenInvalid' },
  'auth.token-mismatch': { status: 403, code: 'SecurityTokenInvalid' },
  'auth.token-expired': { status: 403, code: 'StsAccessIdExpired' },
  'auth.forbidden': { status: 403, code: 'AccessDenied' },
  'role.insufficient': { status: 403, code: 'AccessDenied' },
  'bus.read-only': { status: 403, code: 'AccessDenied' },
  'bus.log-full': { status: 429, code: 'TooManyRequests' },
  'storage.full': { status: 429, code: 'TooManyRequests' },
  'quota.rate-exceeded': { status: 429, code: 'TooManyRequests' },
  'quota.bytes-exceeded': { status: 429, code: 'TooManyRequests' },
}

function businessCode(
  code: string,
  details: Readonly<Record<string, unknown>>,
  subject: Subject,
): string | undefined {
  if (code.startsWith('pattern.')) return patternCode(code)
  if (code.startsWith('cloudevents.')) {
    const { attribute } = details
    return eventCode(code, typeof attribute === 'string' ? attribute : '')
  }
  switch (code) {
    case 'resource.not-found':
      return notFoundCodes[String(details['kind'])]
    case 'resource.in-use':
      return subject === 'connection' ? 'ConnectionBoundApiDestination' : 'RequestParameterInvalid'
    case 'resource.name-invalid':
      return details['kind'] === 'bus' ? 'EventBusNameInvalid' : `${prefixes[subject]}NameInvalid`
    case 'resource.conflict':
      // A revision of 0 was expected by whoever creates; any other means that many change the same rule at once.
      if (details['expected'] !== 0) return 'RequestParameterException'
      return `${prefixes[subject]}AlreadyExist`
    case 'resource.limit-exceeded':
      return details['quota'] === 'targets-per-rule'
        ? 'EventTargetCountExceedLimit'
        : `${prefixes[subject]}CountExceedLimit`
    case 'http.body-too-large':
      return subject === 'event' ? 'EventSizeExceed' : 'RequestParameterInvalid'
    default:
      return namedCodes[code]
  }
}

const notFoundCodes: Readonly<Record<string, string>> = {
  bus: 'EventBusNotExist',
  rule: 'EventRuleNotExisted',
  target: 'EventTargetNotExist',
  stream: 'EventStreamingNotExist',
}

const namedCodes: Readonly<Record<string, string>> = {
  'bus.reserved': 'EventBusNameInvalid',
  'bus.not-empty': 'EventBusRuleNotEmptyForDelete',
  'event.too-large': 'EventSizeExceed',
  'rule.target-duplicate': 'EventRuleTargetIdDuplicate',
  'rule.sink-invalid': 'CreateRelatedResourceFailed',
  'instance.invalid': 'CreateRelatedResourceFailed',
  'role.not-found': 'CreateRelatedResourceFailed',
  'role.not-trusting': 'CreateRelatedResourceFailed',
  'stream.not-found': 'EventStreamingNotExist',
  'options.invalid': 'InvalidConfig',
  'transform.invalid': 'InvalidConfig',
}

function patternCode(code: string): string {
  switch (code) {
    case 'pattern.too-many-rules':
      return 'EventRuleCountExceedLimit'
    case 'pattern.too-many-expressions':
    case 'pattern.too-many-values':
    case 'pattern.too-many-alternatives':
    case 'pattern.too-large':
      return 'EventRuleFilterPatternExceedLimit'
    case 'pattern.event-not-json':
    case 'pattern.event-too-deep':
      return 'EventInvalid'
    default:
      return 'EventRuleFilterPatternSchemaError'
  }
}
