import { Automaton, type RuleEntry } from './automaton/index.ts'
import type { PatternOptions } from './dialect.ts'
import type { EventInput } from './event-input.ts'
import { patternLimits } from './limits.ts'
import { parsePattern, type PatternInput } from './parse-pattern.ts'
import { PatternError } from './pattern-error.ts'

/** A rule as `compile` takes it: an id, its pattern, and options that override those of the matcher. */
export type Rule<Id> = readonly [id: Id, pattern: PatternInput, options?: PatternOptions]

/** Many rules, held against an event at once. */
export class Matcher<Id> {
  readonly #options: PatternOptions
  readonly #rules = new Map<Id, Compiled<Id>>()
  /** One automaton for each reach that a rule has asked for. */
  readonly #automata: Array<Automaton<Id>> = []

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
    const parsed = parsePattern(pattern, options)
    let automaton = this.#automata.find(each => each.reach === parsed.reach)
    if (automaton === undefined) {
      automaton = new Automaton(parsed.reach)
      this.#automata.push(automaton)
    }
    this.#rules.set(id, { automaton, entry: automaton.add(id, parsed) })
  }

  /** Removes a rule; tells whether there was one. */
  delete(id: Id): boolean {
    const compiled = this.#rules.get(id)
    if (compiled === undefined) return false
    compiled.automaton.remove(compiled.entry)
    return this.#rules.delete(id)
  }

  /** The ids of the rules that match the event, each once, in no stated order. */
  match(event: EventInput): Id[] {
    const input = typeof event === 'string' ? new TextEncoder().encode(event) : event
    const found: Id[] = []
    for (const automaton of this.#automata) automaton.match(input, found)
    return found
  }
}

interface Compiled<Id> {
  readonly automaton: Automaton<Id>
  readonly entry: RuleEntry<Id>
}

/** Compiles many rules into one matcher. */
export function compile<Id>(rules: Iterable<Rule<Id>>, options: PatternOptions = {}): Matcher<Id> {
  const matcher = new Matcher<Id>(options)
  for (const [id, pattern, own] of rules) matcher.add(id, pattern, own)
  return matcher
}

/** Whether one pattern matches one event. To hold many events against it, compile it once instead. */
export function matches(pattern: PatternInput, event: EventInput, options: PatternOptions = {}): boolean {
  return compile([['', pattern]], options).match(event).length > 0
}
