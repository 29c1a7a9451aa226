import type { AppError } from '@millrace/spi'

/** What a client of this interface is told: the names and statuses of section 8.2 of the AWS protocol. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status: number = clientFault) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** The status of nearly every refusal of this interface, whatever it is about. */
const clientFault = 400

export function invalid(message: string): Refusal {
  return new Refusal('ValidationException', message)
}

export function noSuch(what: string): Refusal {
  return new Refusal('ResourceNotFoundException', `${what} does not exist.`)
}

export function alreadyThere(what: string): Refusal {
  return new Refusal('ResourceAlreadyExistsException', `${what} already exists.`)
}

/** The same error in the words of this interface. Total. `status` is that of the platform's own catalogue. */
export function refusalOf(error: AppError, status: number): Refusal {
  const { code, message, details = {} } = error
  if (code.startsWith('pattern.')) {
    return new Refusal('InvalidEventPatternException', `Event pattern is not valid. Reason: ${message}`)
  }
  if (code === 'resource.conflict') {
    // A revision of 0 was expected by whoever creates; any other means that many change the same thing at once.
    const isThere = details['expected'] === 0
    return new Refusal(
      isThere ? 'ResourceAlreadyExistsException' : 'ConcurrentModificationException',
      message,
    )
  }
  if (code === 'auth.forbidden') return new Refusal('AccessDeniedException', deniedText(details))
  const known = fixedCodes[code]
  if (known !== undefined) return new Refusal(known, message)
  if (status === 413) return new Refusal('RequestEntityTooLargeException', message, status)
  if (status === 429) return new Refusal('ThrottlingException', message)
  if (status === 503 || status === 507) return new Refusal('ServiceUnavailable', message, 503)
  if (status >= 500) return new Refusal('InternalException', 'The server failed; its log has the cause.', 500)
  return invalid(message)
}

/** In the words that tools of this interface look for. */
function deniedText({ principal, action, resource, denial }: Readonly<Record<string, unknown>>): string {
  const reason =
    denial === 'explicit-deny'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${String(action)} action`
  return `User: ${String(principal)} is not authorized to perform: ${String(action)} on resource: ${String(resource)} ${reason}`
}

const fixedCodes: Readonly<Record<string, string>> = {
  'auth.unauthenticated': 'MissingAuthenticationTokenException',
  'auth.unknown-key': 'UnrecognizedClientException',
  'auth.key-disabled': 'UnrecognizedClientException',
  'auth.token-unsupported': 'UnrecognizedClientException',
  'auth.token-missing': 'UnrecognizedClientException',
  'auth.token-invalid': 'UnrecognizedClientException',
  'auth.token-mismatch': 'UnrecognizedClientException',
  'auth.token-expired': 'ExpiredTokenException',
  'auth.signature-mismatch': 'InvalidSignatureException',
  'auth.signature-expired': 'InvalidSignatureException',
  'auth.signature-incomplete': 'IncompleteSignatureException',
  'http.invalid-json': 'SerializationException',
  'resource.not-found': 'ResourceNotFoundException',
  'role.insufficient': 'AccessDeniedException',
  'replay.not-found': 'ResourceNotFoundException',
  'resource.limit-exceeded': 'LimitExceededException',
  'replay.too-many': 'LimitExceededException',
}
