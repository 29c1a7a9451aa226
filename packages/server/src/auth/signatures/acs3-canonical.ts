/**
 * The paths that clients sign for one path. The official ones replace every `+`, `*` and `%7E`; the helper for HTTP
 * triggers replaces `$` besides and only the first of each (function-compute section 2.4, V9), so that a path with
 * several of them is tried in every way, the path as it is included.
 */
export function canonicalPaths(path: string, variant: 'api' | 'trigger'): readonly string[] {
  const given = path === '' ? '/' : path
  if (!replaced.test(given)) return [given]
  const every = given.replaceAll('+', '%20').replaceAll('*', '%2A').replaceAll('%7E', '~')
  if (variant === 'api') return [every]
  const first = given.replace('$', '%24').replace('+', '%20').replace('*', '%2A').replace('%7E', '~')
  return [...new Set([every.replaceAll('$', '%24'), first, given])]
}

const replaced = /[+*$]|%7E/

/** The queries that clients sign for one query: with their names encoded, and, as the JavaScript ones do, without. */
export function canonicalQueries(query: string): readonly string[] {
  if (query === '') return ['']
  const pairs = query
    .split('&')
    .filter(part => part !== '')
    .map(part => {
      const equals = part.indexOf('=')
      const name = equals < 0 ? part : part.slice(0, equals)
      return [decoded(name), equals < 0 ? '' : decoded(part.slice(equals + 1))] as const
    })
  const written = (name: (text: string) => string): string =>
    pairs
      .map(([key, value]) => [name(key), encoded(value)] as const)
      .toSorted(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
      .map(([key, value]) => `${key}=${value}`)
      .join('&')
  return [...new Set([written(encoded), written(key => key)])]
}

/** Percent-encoding of RFC 3986: everything but letters, digits and `-_.~`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** What is no valid escape stays as it is: its signature cannot be right, and nothing is worse for it. */
function decoded(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced.toWellFormed()
  }
}
