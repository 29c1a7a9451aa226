import type { PatternOptions } from './dialect.ts'
import { readEvent, type EventInput } from './event-input.ts'
import type { ParsedPattern } from './language/condition.ts'
import { patternLimits } from './limits.ts'
import { parsePattern, type PatternInput } from './parse-pattern.ts'
import { PatternError } from './pattern-error.ts'
import { referenceMatches } from './reference.ts'

/** A rule as `compile` takes it: an id, its pattern, and options that override those of the matcher. */
export type Rule<Id> = readonly [id: Id, pattern: PatternInput, options?: PatternOptions]

/** Many rules, held against an event at once. */
export class Matcher<Id> {
  readonly #options: PatternOptions
  readonly #rules = new Map<Id, ParsedPattern>()

  constructor(options: PatternOptions = {}) {
    this.#options = options
  }

  /** How many rules there are. */
  get size(): number {
    return this.#rules.size
  }

  has(id: Id): boolean {
    return this.#rules.has(id)
  }

  /** Adds a rule. Throws {@link PatternError}, and changes nothing, when the pattern is invalid or the id is taken. */
  add(id: Id, pattern: PatternInput, options: PatternOptions = this.#options): void {
    if (this.#rules.has(id)) {
      throw new PatternError(
        'pattern.duplicate-rule',
        '',
        'a rule of this id exists already; delete it first',
      )
    }
    if (this.#rules.size >= patternLimits.rulesMax) {
      throw new PatternError('pattern.too-many-rules', '', `at most ${patternLimits.rulesMax} rules`)
    }
    this.#rules.set(id, parsePattern(pattern, options))
  }

  /** Removes a rule; tells whether there was one. */
  delete(id: Id): boolean {
    return this.#rules.delete(id)
  }

  /** The ids of the rules that match the event, each once, in no stated order. */
  match(event: EventInput): Id[] {
    const root = readEvent(event)
    const found: Id[] = []
    for (const [id, pattern] of this.#rules) if (referenceMatches(pattern, root)) found.push(id)
    return found
  }
}

/** Compiles many rules into one matcher. */
export function compile<Id>(rules: Iterable<Rule<Id>>, options: PatternOptions = {}): Matcher<Id> {
  const matcher = new Matcher<Id>(options)
  for (const [id, pattern, own] of rules) matcher.add(id, pattern, own)
  return matcher
}

/** Whether one pattern matches one event. */
export function matches(pattern: PatternInput, event: EventInput, options: PatternOptions = {}): boolean {
  return referenceMatches(parsePattern(pattern, options), readEvent(event))
}
