/** One parameter of a query, decoded. */
export type QueryPair = readonly [name: string, value: string]

/** The parameters of a query in order, decoded; `query` without its `?`. What is no valid escape stays as it is. */
export function parseQuery(query: string): QueryPair[] {
  if (query === '') return []
  const pairs: QueryPair[] = []
  for (const part of query.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = equals < 0 ? part : part.slice(0, equals)
    pairs.push([decodeQueryText(name), equals < 0 ? '' : decodeQueryText(part.slice(equals + 1))])
  }
  return pairs
}

/** `queryParameters` of an event: repeated ones joined by commas (function-compute section 8.2). */
export function joinedQuery(query: string): Record<string, string> {
  const joined = Object.create(null) as Record<string, string>
  for (const [name, value] of parseQuery(query)) {
    const before = joined[name]
    joined[name] = before === undefined ? value : `${before},${value}`
  }
  return joined
}

/** A path or text with its escapes resolved; `undefined` when one is broken or they are not UTF-8. */
export function decodePath(path: string): string | undefined {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

function decodeQueryText(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  return decodePath(spaced) ?? spaced
}

/**
 * Whether a decoded path has a segment `.` or `..`, by either slash: such a path means one place to us and may mean
 * another to the code, so that lists of paths would not hold.
 */
export function hasDotSegments(decodedPath: string): boolean {
  return dotSegment.test(decodedPath)
}

const dotSegment = /(?:^|[/\\])\.\.?(?:[/\\]|$)/
