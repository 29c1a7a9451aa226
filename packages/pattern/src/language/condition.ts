import type { Address, AddressRange } from './address.ts'
import type { Decimal } from './decimal.ts'

/** Numbers between two bounds; an infinite bound is none. */
export interface NumberRange {
  readonly low: number
  readonly lowIncluded: boolean
  readonly high: number
  readonly highIncluded: boolean
}

/** One piece of a wildcard: what stands between its stars. `*a*` has the pieces '', 'a', ''. */
export type WildcardPieces = readonly string[]

/**
 * One requirement on the value of a field, in the language that both dialects are parsed to. A field is satisfied when any
 * of its conditions holds for any of its values; `absent` alone is about the field and not about a value.
 */
export type Condition =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'address'; readonly address: Address }
  | { readonly kind: 'number'; readonly number: Decimal }
  /** A string, number or boolean whose text is this. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'boolean'; readonly text: 'true' | 'false' }
  | { readonly kind: 'null' }
  | { readonly kind: 'prefix'; readonly text: string }
  | { readonly kind: 'suffix'; readonly text: string }
  | { readonly kind: 'contains'; readonly text: string }
  | { readonly kind: 'wildcard'; readonly pieces: WildcardPieces }
  /** `where` is the end at which the characters stand; `whole` for all of the text. */
  | { readonly kind: 'ignore-case'; readonly where: 'whole' | 'start' | 'end'; readonly text: string }
  | { readonly kind: 'numeric'; readonly ranges: readonly NumberRange[] }
  | { readonly kind: 'cidr'; readonly range: AddressRange }
  | { readonly kind: 'exists' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'anything-but'; readonly excluded: readonly Condition[] }

/** One field of one alternative. */
export interface FieldTest {
  /** The steps joined by dots: how the field is named to a person, and the order in which fields are examined. */
  readonly path: string
  /** The path cut at its dots: a dot inside a member name of a pattern is a step as well. */
  readonly steps: readonly string[]
  readonly conditions: readonly Condition[]
  /** Equal for two tests if and only if they have the same conditions in the same order. */
  readonly signature: string
}

/** A conjunction: all fields must be satisfied. Sorted by path. */
export interface Alternative {
  readonly fields: readonly FieldTest[]
}

/**
 * How values are found in an event.
 *
 * - `leaves`: lists are transparent at every level, a dot in a member name of the event is a step, and what a conjunction finds inside
 *   lists must come from the same elements.
 * - `plain`: steps lead through objects only; a value is a scalar or a list of scalars, and anything else satisfies nothing.
 */
export type Reach = 'leaves' | 'plain'

/** A pattern that has been read and found valid; any alternative suffices. */
export interface ParsedPattern {
  readonly reach: Reach
  readonly alternatives: readonly Alternative[]
}
