/** Codes that a client gives by itself, and those of the test kit; all others are the server's. */
export const clientErrorCatalogue = {
  'client.unreachable': { status: 0, description: 'No server answered at the address.' },
  'client.event-invalid': {
    status: 0,
    description:
      'The event was not sent, because it is not as the schema of its type in the catalogue has it.',
  },
  'client.event-too-large': {
    status: 0,
    description: 'The event has more bytes than the publisher may hold; it was not sent.',
  },
  'client.publisher-full': {
    status: 0,
    description: 'The publisher holds as much as it may; the event was not taken.',
  },
  'client.publisher-closed': {
    status: 0,
    description:
      'The publisher is closed; the event was not taken, or not stored before it had to end. `mayBeStored` tells where an answer was missing.',
  },
  'client.publish-deadline': {
    status: 0,
    description:
      'The event was not stored within the time that the publisher has for one. `mayBeStored` tells where an answer was missing.',
  },
  'test.fault': {
    status: 0,
    description: 'A test lets attempts at this target fail.',
  },
  'test.handler-failed': {
    status: 0,
    description: 'The handler that a test put in the place of a function or a target threw.',
  },
  'client.unreadable': {
    status: 0,
    description: 'The answer or the input is not what was expected, such as no JSON.',
  },
} as const

/** What the server answered when it refused, or what kept the request from reaching it. */
export class MillraceError extends Error {
  override readonly name: string = 'MillraceError'
  /** Stable code of the server's catalogue, or or one of this client's own. */
  readonly code: string
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  /** Pause the server asked for before the next try, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** The whole problem document (RFC 9457), with the limit and the value seen where they apply. */
  readonly problem: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    status: number,
    problem: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions & { retryAfterMs?: number | undefined },
  ) {
    super(message, options)
    this.code = code
    this.status = status
    this.problem = problem
    this.retryAfterMs = options?.retryAfterMs
  }
}
