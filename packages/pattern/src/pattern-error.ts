import type { errorCatalogue } from './errors.ts'

/** The stable codes of {@link PatternError}. */
export type PatternErrorCode = keyof typeof errorCatalogue

/**
 * A pattern that cannot be compiled, or an event that is no JSON object. Never worth a retry: the same input fails again.
 * `path` names the place inside the pattern (`data.amount[0].numeric[1]`; empty for the whole), `message` the reason with
 * the limit and the value seen. Neither ever holds a part of an event.
 */
export class PatternError extends Error {
  override readonly name: string = 'PatternError'
  readonly code: PatternErrorCode
  readonly path: string

  constructor(code: PatternErrorCode, path: string, reason: string) {
    super(path === '' ? reason : `${path}: ${reason}`)
    this.code = code
    this.path = path
  }
}
