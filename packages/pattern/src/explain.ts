import type { PatternOptions } from './dialect.ts'
import { readEvent, type EventInput } from './event-input.ts'
import type { Alternative, FieldTest, JsonNode, Reach, Value } from './language/index.ts'
import { matches } from './matcher.ts'
import { parsePattern, type PatternInput } from './parse-pattern.ts'
import { fieldHolds, findValues, type FoundField } from './reference.ts'
import { describeCondition } from './wanted.ts'

/**
 * What became of one field.
 *
 * - `matched`: a value satisfies a condition, or the field is absent as wanted.
 * - `missing`: the event has no value for the field.
 * - `not-comparable`: there is something, but it is an object, an empty list or a list with objects in it.
 * - `different`: the event has values and none satisfies any condition.
 */
export type FieldVerdict = 'matched' | 'missing' | 'not-comparable' | 'different'

/** One field of a pattern, held against an event. */
export interface FieldExplanation {
  /** Which alternative of the pattern the field belongs to, from 0; more than one arise from `$or` only. */
  readonly alternative: number
  /** The member names joined by dots. */
  readonly path: string
  /** The conditions, any of which suffices, written as a pattern writes them. */
  readonly wanted: readonly unknown[]
  /** The values of the event for this field, at most 20; longer strings are cut after 256 characters. */
  readonly found: readonly unknown[]
  readonly verdict: FieldVerdict
}

/** Why a pattern matches an event, or why it does not. */
export interface Explanation {
  readonly matches: boolean
  readonly fields: readonly FieldExplanation[]
  /** A sentence for a person. */
  readonly summary: string
}

const foundMax = 20
const textMax = 256

/** Holds one pattern against one event and reports field by field. Throws {@link PatternError} as `matches` does. */
export function explain(pattern: PatternInput, event: EventInput, options: PatternOptions = {}): Explanation {
  const parsed = parsePattern(pattern, options)
  const root = readEvent(event)
  const fields = parsed.alternatives.flatMap((alternative, index) =>
    alternative.fields.map(field => explainField(field, index, parsed.reach, root)),
  )
  const isMatch = matches(pattern, event, options)
  return { matches: isMatch, fields, summary: summarize(isMatch, parsed.alternatives, fields) }
}

function explainField(
  field: FieldTest,
  alternative: number,
  reach: Reach,
  event: JsonNode,
): FieldExplanation {
  const found = findValues(field, reach, event)
  return {
    alternative,
    path: field.path,
    wanted: field.conditions.map(describeCondition),
    found: found.values.slice(0, foundMax).map(({ value }) => describeValue(value)),
    verdict: verdictOf(field, found),
  }
}

function verdictOf(field: FieldTest, found: FoundField): FieldVerdict {
  if (fieldHolds(field, found)) return 'matched'
  if (found.blocked) return 'not-comparable'
  return found.values.length === 0 ? 'missing' : 'different'
}

function describeValue(value: Value): unknown {
  if (value.type === 'string')
    return value.text.length > textMax ? `${value.text.slice(0, textMax)}…` : value.text
  return JSON.parse(value.text)
}

function summarize(
  isMatch: boolean,
  alternatives: readonly Alternative[],
  fields: readonly FieldExplanation[],
): string {
  if (isMatch) return 'The pattern matches the event.'
  const failed = fields.filter(field => field.verdict !== 'matched')
  const whole = alternatives.findIndex((_, index) => failed.every(field => field.alternative !== index))
  if (whole !== -1) {
    return 'Every field matches by itself, but the values lie in different elements of a list; they must lie in the same.'
  }
  const names = [...new Set(failed.map(field => field.path))].slice(0, 5).map(name => JSON.stringify(name))
  return `The pattern does not match the event because of ${names.join(', ')}.`
}
