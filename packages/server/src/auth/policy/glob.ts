/**
 * A compiled pattern: `*` is any run of characters, the empty one included, `?` is one character; there are no escapes (identity
 * section 2.2). Plain data, not functions: there may be a hundred thousand of them.
 */
export interface Glob {
  readonly kind: 'all' | 'exact' | 'beginning' | 'pattern'
  readonly text: string
}

/** Fits every text. */
const anything: Glob = { kind: 'all', text: '*' }

/** Most patterns are a plain text or a beginning, and are compared as such. */
export function compileGlob(pattern: string): Glob {
  const star = pattern.indexOf('*')
  if (pattern.includes('?') || (star >= 0 && star < pattern.length - 1))
    return { kind: 'pattern', text: pattern }
  if (star < 0) return { kind: 'exact', text: pattern }
  return star === 0 ? anything : { kind: 'beginning', text: pattern.slice(0, -1) }
}

export function fits({ kind, text: pattern }: Glob, text: string): boolean {
  switch (kind) {
    case 'all':
      return true
    case 'exact':
      return text === pattern
    case 'beginning':
      return text.startsWith(pattern)
    case 'pattern':
      return isMatch(pattern, text)
  }
}

/** Two pointers; a mismatch goes back to the last `*` alone, so the time is at most the product of the two lengths. */
function isMatch(pattern: string, text: string): boolean {
  let place = 0
  let index = 0
  let star = -1
  let resume = 0
  while (index < text.length) {
    const wanted = pattern[place]
    if (wanted === '*') {
      star = place++
      resume = index
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[index])) {
      place++
      index++
    } else if (star >= 0) {
      place = star + 1
      index = ++resume
    } else return false
  }
  while (pattern[place] === '*') place++
  return place === pattern.length
}
