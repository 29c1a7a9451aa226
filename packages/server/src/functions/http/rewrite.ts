import type { RE2JS } from 're2js'
import { functionError } from '../errors.ts'
import type { DomainRoute } from './routes.ts'
import { matchWildcard, parseWildcard, type Wildcard } from './wildcard.ts'

type RewriteRules = NonNullable<DomainRoute['rewrite']>

/** Path and query of a request, as sent; the query without `?`. */
export interface Place {
  readonly path: string
  readonly query: string
}

/** Where a request goes by the rules of its route. */
export type Rewriter = (place: Place) => Place

/**
 * Makes the rules of a route ready. The equal ones come first, then those with wildcards, then the regular expressions;
 * the first that matches is the only one that counts (function-compute section 9.3). A wildcard puts its replacement
 * in the place of the whole path, a regular expression in the place of what it has found. A replacement may have a
 * query, which then comes before that of the request.
 *
 * Regular expressions are those of RE2, whose time grows with the length of the path and no faster: whoever writes
 * a rule cannot write one that stops the server. Rejects with `domain.invalid` for one that RE2 does not know.
 */
export async function createRewriter(rules: RewriteRules | undefined): Promise<Rewriter> {
  if (rules === undefined) return same
  const equal = new Map(rules.equal.toReversed().map(rule => [rule.match, rule.replacement]))
  const wildcards = rules.wildcard.map(rule => ({ ...rule, wildcard: parseWildcard(rule.match) }))
  const expressions = rules.regex.length === 0 ? [] : await compileAll(rules.regex)
  return ({ path, query }) => {
    const replaced = equal.get(path) ?? byWildcard(wildcards, path) ?? byExpression(expressions, path)
    return replaced === undefined ? { path, query } : placeOf(replaced, query)
  }
}

/** Refuses a domain with a rule that cannot be used, at the time when it is written: `domain.invalid`. */
export async function checkRewrites(routes: readonly DomainRoute[]): Promise<void> {
  for (const { rewrite } of routes) await createRewriter(rewrite)
}

const same: Rewriter = place => place

interface CompiledRule {
  readonly expression: RE2JS
  readonly replacement: string
}

/** The library is loaded by the first route that needs it. */
async function compileAll(rules: RewriteRules['regex']): Promise<CompiledRule[]> {
  const { RE2JS } = await import('re2js')
  return rules.map(({ match, replacement }) => {
    try {
      return { expression: RE2JS.compile(match), replacement }
    } catch (cause) {
      const message = `the regular expression ${match} cannot be used: look-around and back-references are not known`
      throw functionError('domain.invalid', message, { match }, undefined, cause)
    }
  })
}

function byWildcard(
  rules: readonly { readonly wildcard: Wildcard; readonly replacement: string }[],
  path: string,
): string | undefined {
  for (const { wildcard, replacement } of rules) {
    const captures = matchWildcard(wildcard, path)
    if (captures !== undefined) return expand(replacement, [path, ...captures])
  }
  return undefined
}

function byExpression(rules: readonly CompiledRule[], path: string): string | undefined {
  for (const { expression, replacement } of rules) {
    const matcher = expression.matcher(path)
    if (!matcher.find()) continue
    const groups: string[] = []
    for (let index = 0; index <= matcher.groupCount(); index++) groups.push(matcher.group(index) ?? '')
    return path.slice(0, matcher.start()) + expand(replacement, groups) + path.slice(matcher.end())
  }
  return undefined
}

/** `$1`, `$2` … are what was captured, `$0` is the whole match; one that does not exist is empty. */
function expand(replacement: string, groups: readonly string[]): string {
  return replacement.replaceAll(/\$(\d{1,2})/g, (_text, index: string) => groups[Number(index)] ?? '')
}

function placeOf(replaced: string, query: string): Place {
  const mark = replaced.indexOf('?')
  const path = mark < 0 ? replaced : replaced.slice(0, mark)
  const own = mark < 0 ? '' : replaced.slice(mark + 1)
  return {
    path: path.startsWith('/') ? path : `/${path}`,
    query: own === '' || query === '' ? own + query : `${own}&${query}`,
  }
}
