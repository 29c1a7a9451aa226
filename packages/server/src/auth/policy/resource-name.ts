import { compileGlob, fits, type Glob } from './glob.ts'

/** A resource that a request names: whole, and in its fields service, region, account and the rest behind `acs`. */
export interface ResourceName {
  readonly text: string
  /** Five; fewer for what is no ARN, such as `*`. */
  readonly fields: readonly string[]
}

/** A compiled pattern of resources: of all five fields, or of the whole text. */
export interface ResourcePattern {
  /** For a pattern that has not all fields. */
  readonly whole: Glob | undefined
  readonly fields: readonly Glob[]
}

const fieldCount = 5
const everything: ResourcePattern = { whole: compileGlob('*'), fields: [] }

export function resourceName(text: string): ResourceName {
  return { text, fields: fieldsOf(text) }
}

/** Split at the first four colons: what is behind them may have colons of its own (identity section 3). */
function fieldsOf(text: string): string[] {
  const parts = text.split(':')
  if (parts.length <= fieldCount) return parts
  return [...parts.slice(0, fieldCount - 1), parts.slice(fieldCount - 1).join(':')]
}

/**
 * Field by field, so that a `*` for the region cannot swallow the account. A pattern with fewer fields is compared as one text; `*` and
 * `acs:*` fit everything (identity section 2.2).
 */
export function compileResource(pattern: string): ResourcePattern {
  if (pattern === '*' || pattern === 'acs:*') return everything
  const parts = fieldsOf(pattern)
  if (parts.length < fieldCount) return { whole: compileGlob(pattern), fields: [] }
  return { whole: undefined, fields: parts.map(compileGlob) }
}

export function isResource(
  { whole, fields: patterns }: ResourcePattern,
  { text, fields }: ResourceName,
): boolean {
  if (whole !== undefined) return fits(whole, text)
  if (fields.length !== fieldCount) return false
  // From behind: the rest of a name tells two resources apart, the service and the account seldom do.
  for (let index = fieldCount - 1; index >= 0; index--) {
    const pattern = patterns[index]
    if (pattern !== undefined && !fits(pattern, fields[index] ?? '')) return false
  }
  return true
}
