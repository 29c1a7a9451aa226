/** The path as it is signed: dots resolved, slashes merged, and what was encoded once encoded once more. */
export function awsCanonicalPath(path: string): string {
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') segments.pop()
    else segments.push(awsEncoded(segment))
  }
  if (segments.length === 0) return '/'
  return `/${segments.join('/')}${path.endsWith('/') ? '/' : ''}`
}

/** The query as it is signed: names and values encoded, sorted by both, and an equals sign behind every name. */
export function awsCanonicalQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .filter(part => part !== '')
    .map(part => {
      const equals = part.indexOf('=')
      const name = equals < 0 ? part : part.slice(0, equals)
      return [
        awsEncoded(decoded(name)),
        equals < 0 ? '' : awsEncoded(decoded(part.slice(equals + 1))),
      ] as const
    })
    .toSorted(([leftName, leftValue], [rightName, rightValue]) =>
      leftName === rightName ? compare(leftValue, rightValue) : compare(leftName, rightName),
    )
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** A header's value as it is signed: trimmed, and runs of blanks made one. */
export function awsHeaderText(value: string | readonly string[] | undefined): string {
  const values = value === undefined ? [] : typeof value === 'string' ? [value] : value
  return values.map(text => text.trim().replaceAll(/ +/g, ' ')).join(',')
}

/** Percent-encoding of RFC 3986: everything but letters, digits and `-_.~`. */
function awsEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** What is no valid escape stays as it is: its signature cannot be right, and nothing is worse for it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function compare(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
