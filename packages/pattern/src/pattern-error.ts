/** The stable codes of {@link PatternError}; each is listed with its meaning in `PATTERNS.md`. */
export type PatternErrorCode =
  | 'pattern.not-json'
  | 'pattern.not-an-object'
  | 'pattern.empty-object'
  | 'pattern.field-not-a-list'
  | 'pattern.empty-list'
  | 'pattern.nested-list'
  | 'pattern.not-one-operator'
  | 'pattern.unknown-operator'
  | 'pattern.invalid-operand'
  | 'pattern.empty-operand'
  | 'pattern.invalid-number'
  | 'pattern.empty-range'
  | 'pattern.invalid-address'
  | 'pattern.invalid-wildcard'
  | 'pattern.wildcard-too-complex'
  | 'pattern.mixed-list'
  | 'pattern.invalid-or'
  | 'pattern.too-many-alternatives'
  | 'pattern.too-many-expressions'
  | 'pattern.too-many-values'
  | 'pattern.too-deep'
  | 'pattern.too-large'
  | 'pattern.too-many-rules'
  | 'pattern.duplicate-rule'
  | 'pattern.event-not-json'
  | 'pattern.event-too-deep'

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
