import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchWildcard, parseWildcard } from './wildcard.ts'

/** The same by a regular expression, which may be slow. */
function naive(match: string, path: string): string[] | undefined {
  const isAnchored = match.startsWith('^')
  const literals = (isAnchored ? match.slice(1) : match).split('*')
  const source = literals.map(text => text.replaceAll(/[.+?^${}()|[\]\\/]/g, '\\$&')).join('([^]*)')
  const found = new RegExp((isAnchored ? '^' : '') + source).exec(path)
  return found === null ? undefined : found.slice(1)
}

const text = fc.string({ unit: fc.constantFrom('/', 'a', 'b', '*', '.'), maxLength: 8 })
const path = fc.string({ unit: fc.constantFrom('/', 'a', 'b', '.'), maxLength: 16 })

test('a rule with wildcards finds what the regular expression of the same meaning finds', () => {
  fc.assert(
    fc.property(text, fc.boolean(), path, (rule, isAnchored, given) => {
      const match = isAnchored ? `^${rule}` : rule
      expect(matchWildcard(parseWildcard(match), given)).toEqual(naive(match, given))
    }),
    { numRuns: 3_000 },
  )
})
