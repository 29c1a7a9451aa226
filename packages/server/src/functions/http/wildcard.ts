/**
 * A rule with wildcards: `*` is any text, `^` at the beginning holds it to the start of the path, everything else means
 * itself (function-compute section 9.3). Unlike a regular expression it cannot be slow: each literal is looked for
 * once, the first from the left, the others from the right, which gives each star the most that it can have.
 */
export interface Wildcard {
  readonly isAnchored: boolean
  /** The literals between the stars; one more than there are stars. */
  readonly literals: readonly string[]
}

export function parseWildcard(match: string): Wildcard {
  const isAnchored = match.startsWith('^')
  return { isAnchored, literals: (isAnchored ? match.slice(1) : match).split('*') }
}

/** What each star stands for when the rule is found in the path; `undefined` when it is not. */
export function matchWildcard({ isAnchored, literals }: Wildcard, path: string): string[] | undefined {
  const [first = '', ...others] = literals
  const start = isAnchored ? (path.startsWith(first) ? 0 : -1) : path.indexOf(first)
  if (start < 0) return undefined
  const begin = start + first.length
  const captures: string[] = []
  let end = path.length
  let captureEnd = 0
  for (let index = others.length - 1; index >= 0; index--) {
    const literal = others[index] as string
    const latest = end - literal.length
    const at = latest < begin ? -1 : path.lastIndexOf(literal, latest)
    if (at < begin) return undefined
    // The star behind this literal reaches to the literal found before.
    if (index < others.length - 1) captures.unshift(path.slice(at + literal.length, captureEnd))
    captureEnd = at
    end = at
  }
  if (others.length > 0) captures.unshift(path.slice(begin, captureEnd))
  return captures
}
