import { AppError } from '@millrace/spi'

/** What a client of this interface is told: the names and statuses of section 1.4 of the compatible protocol. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status: number) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** What a request is about; the same cause has another name for each. */
export type Subject = 'queue' | 'topic' | 'subscription'

export function invalidArgument(message: string): Refusal {
  return new Refusal('InvalidArgument', message, 400)
}

/** `The value of X should between 1 and 2 seconds`, in the words that users of this interface know. */
export function outOfRange(name: string, low: number, high: number, unit: string): Refusal {
  return invalidArgument(`The value of ${name} should between ${low} and ${high} ${unit}.`)
}

/** The same error in the words of this interface. Total. `status` is that of the platform's own catalogue. */
export function refusalOf(error: AppError, status: number, subject: Subject): Refusal {
  const fixed = fixedCodes[error.code] ?? subjectCode(error, subject)
  if (fixed !== undefined) return new Refusal(fixed.code, error.message, fixed.status)
  if (status === 429) return new Refusal('QpsLimitExceeded', error.message, 400)
  if (status >= 500) {
    const known = status === 503 || status === 507
    return new Refusal(
      'InternalError',
      known ? error.message : 'The server failed; its log has the cause.',
      500,
    )
  }
  return invalidArgument(error.message)
}

/** The code of one failed message of a batch. */
export function failureCode(error: AppError): string {
  return refusalOf(error, 400, 'queue').code
}

interface WireCode {
  readonly code: string
  readonly status: number
}

const fixedCodes: Readonly<Record<string, WireCode>> = {
  'auth.unknown-key': { code: 'InvalidAccessKeyId', status: 403 },
  'auth.signature-mismatch': { code: 'SignatureDoesNotMatch', status: 403 },
  'auth.signature-expired': { code: 'TimeExpired', status: 408 },
  'auth.key-disabled': { code: 'InvalidAccessKeyId', status: 403 },
  'auth.token-unsupported': { code: 'InvalidSecurityToken', status: 403 },
  'auth.token-missing': { code: 'InvalidSecurityToken', status: 403 },
  'auth.token-invalid': { code: 'InvalidSecurityToken', status: 403 },
  'auth.token-mismatch': { code: 'InvalidSecurityToken', status: 403 },
  'auth.token-expired': { code: 'InvalidSecurityToken', status: 403 },
  'auth.forbidden': { code: 'AccessDenied', status: 403 },
  'queue.not-found': { code: 'QueueNotExist', status: 404 },
  'queue.message-not-found': { code: 'MessageNotExist', status: 404 },
  'queue.handle-invalid': { code: 'ReceiptHandleError', status: 400 },
  'topic.not-found': { code: 'TopicNotExist', status: 404 },
  'http.body-too-large': { code: 'InvalidArgument', status: 400 },
  'options.invalid': { code: 'InvalidArgument', status: 400 },
  'resource.limit-exceeded': { code: 'InvalidArgument', status: 400 },
}

function subjectCode({ code, details }: AppError, subject: Subject): WireCode | undefined {
  switch (code) {
    case 'resource.not-found':
      return { code: notExist[String(details?.['kind'])] ?? notExist[subject] ?? '', status: 404 }
    case 'resource.conflict':
      return { code: alreadyExist[subject], status: 409 }
    case 'rule.sink-invalid':
      return subject === 'subscription' ? { code: 'EndpointInvalid', status: 400 } : undefined
    default:
      return undefined
  }
}

const notExist: Readonly<Record<string, string>> = {
  queue: 'QueueNotExist',
  topic: 'TopicNotExist',
  subscription: 'SubscriptionNotExist',
}

const alreadyExist: Readonly<Record<Subject, string>> = {
  queue: 'QueueAlreadyExist',
  topic: 'TopicAlreadyExist',
  subscription: 'SubscriptionAlreadyExist',
}
