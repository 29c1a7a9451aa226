/**
 * What the engine may do about a failure: never again, again with growing pauses, or again after a stated pause.
 * `uncounted`: the record was not looked at, for want of room or of time; again later, and the attempt counts against no
 * number of retries. With `delayMs` it was merely too early, and nothing has failed.
 */
export type RetryHint =
  | { readonly kind: 'never' }
  | { readonly kind: 'backoff' }
  | { readonly kind: 'after'; readonly delayMs: number }
  | { readonly kind: 'uncounted'; readonly delayMs?: number }

export const retryNever: RetryHint = { kind: 'never' }
export const retryBackoff: RetryHint = { kind: 'backoff' }

/** One line of a catalogue: the HTTP status a code answers with, and a sentence for the reference page. */
export interface ErrorEntry {
  readonly status: number
  readonly description: string
}

/** Stable code → status and description. Each package exports its own; the server merges them. */
export type ErrorCatalogue = Readonly<Record<string, ErrorEntry>>

/**
 * An operating error: something outside went wrong, and the code says what.
 * Bugs are assertions, not AppErrors. The message names cause, limit and value seen; never a secret, never a payload.
 */
export class AppError extends Error {
  override readonly name: string = 'AppError'
  readonly code: string
  readonly retry: RetryHint
  /** Facts for machines: limit, seen, path… Shown to callers; therefore never a secret. */
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(
    code: string,
    message: string,
    retry: RetryHint = retryNever,
    options?: ErrorOptions & { details?: Record<string, unknown> },
  ) {
    super(message, options)
    this.code = code
    this.retry = retry
    this.details = options?.details
  }
}

/** Turns anything thrown into an AppError; an unknown error becomes `internal.unexpected` and keeps its cause. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new AppError('internal.unexpected', message, retryBackoff, { cause: thrown })
}

/** A bug when it fails: throws a plain Error, in production too. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`)
}

/** Codes that every plug-in may use; a connector maps its client's errors onto these. */
export const errorCatalogue: ErrorCatalogue = {
  'internal.unexpected': {
    status: 500,
    description: 'A bug or an unforeseen failure; the log has the cause.',
  },
  'options.invalid': { status: 400, description: 'The options of a component do not fit its schema.' },
  'sink.unavailable': { status: 502, description: 'The target could not be reached.' },
  'sink.timeout': { status: 504, description: 'The target did not answer within the time-out.' },
  'sink.throttled': { status: 429, description: 'The target asked for fewer requests.' },
  'sink.rejected': {
    status: 422,
    description: 'The target refused this event; sending it again cannot help.',
  },
  'sink.failed': { status: 502, description: 'The target answered with a failure that may pass.' },
  'sink.untrusted': { status: 502, description: "The target's certificate could not be verified." },
  'sink.unauthorized': { status: 502, description: 'The target refused the credentials.' },
  'sink.address-refused': {
    status: 403,
    description: 'The target resolves to an address that the operator does not allow.',
  },
  'source.unavailable': { status: 502, description: 'The source could not be reached.' },
  'source.failed': { status: 502, description: 'The source answered with a failure that may pass.' },
  'source.unauthorized': {
    status: 502,
    description: 'The source refused the credentials, or what they may do.',
  },
  'source.untrusted': { status: 502, description: "The source's certificate could not be verified." },
  'source.not-found': {
    status: 502,
    description: 'The topic, queue, table or file of the source is not there.',
  },
  'source.rejected': {
    status: 502,
    description: 'The source refused the request; asking again without a change cannot help.',
  },
  'source.lost': {
    status: 409,
    description: 'The records have another reader by now, who gets them again.',
  },
  'source.closed': { status: 503, description: 'The source is closed or closing.' },
  'record.malformed': {
    status: 422,
    description: 'A record of a source is not in the form that the options say.',
  },
  'record.too-large': { status: 413, description: 'A record is larger than the limit.' },
  'storage.conflict': { status: 409, description: 'The document was changed by another writer in between.' },
  'storage.invalid': {
    status: 400,
    description: 'A key or value is outside the limits of the storage contract.',
  },
  'storage.corrupt': { status: 500, description: 'Stored bytes do not match their checksum.' },
  'storage.full': { status: 507, description: 'The storage has no room left; nothing was written.' },
  'storage.busy': {
    status: 429,
    description: 'More writes wait than the storage takes at once; nothing was written.',
  },
  'storage.in-use': { status: 503, description: 'Another process has the storage open.' },
  'storage.closed': { status: 503, description: 'The storage is closed or closing.' },
  'storage.failed': { status: 500, description: 'The storage driver failed; nothing was acknowledged.' },
}
