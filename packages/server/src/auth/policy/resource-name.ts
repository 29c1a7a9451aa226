import { compileGlob, type Fits } from './glob.ts'

/** A resource that a request names: whole, and in its fields service, region, account and the rest behind `acs`. */
export interface ResourceName {
  readonly text: string
  /** Five; fewer for what is no ARN, such as `*`. */
  readonly fields: readonly string[]
}

const fieldCount = 5

export function resourceName(text: string): ResourceName {
  return { text, fields: fieldsOf(text) }
}

/** Split at the first four colons: what is behind them may have colons of its own (identity section 3). */
function fieldsOf(text: string): string[] {
  const parts = text.split(':')
  return parts.length <= fieldCount
    ? parts
    : [...parts.slice(0, fieldCount - 1), parts.slice(fieldCount - 1).join(':')]
}

/**
 * Whether a resource fits a pattern: field by field, so that a `*` for the region cannot swallow the account. A pattern with fewer
 * fields is compared as one text; `*` and `acs:*` fit everything (identity section 2.2).
 */
export function compileResource(pattern: string): (name: ResourceName) => boolean {
  if (pattern === '*' || pattern === 'acs:*') return () => true
  const parts = fieldsOf(pattern)
  if (parts.length < fieldCount) {
    const fits = compileGlob(pattern)
    return ({ text }) => fits(text)
  }
  const checks: [index: number, fits: Fits][] = parts.flatMap((part, index) =>
    part === '*' ? [] : [[index, compileGlob(part)]],
  )
  // From behind: the rest of a name tells two resources apart, the service and the account seldom do.
  const ordered = checks.toReversed()
  return ({ fields }) =>
    fields.length === fieldCount && ordered.every(([index, fits]) => fits(fields[index] ?? ''))
}
