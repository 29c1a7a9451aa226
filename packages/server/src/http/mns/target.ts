/** Where a request goes: its path in parts, and its query. */
export interface RequestTarget {
  /** Path and query as they were sent, which is what is signed. */
  readonly text: string
  /** Parts of the path, decoded. */
  readonly path: readonly string[]
  /** By name in lower case: clients disagree on how they are written. */
  readonly query: ReadonlyMap<string, string>
}

/**
 * Reads a request target. Programs behind a proxy setting send the whole URL; then what comes before the path is not
 * part of the target. A `+` stays a plus: receipt handles of other servers have them, and nothing here has blanks.
 */
export function parseTarget(url: string): RequestTarget {
  const text = url.replace(/^https?:\/\/[^/?#]*/i, '')
  const [path = '', ...rest] = text.split('?')
  const query = new Map<string, string>()
  for (const pair of rest.join('?').split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = equals < 0 ? pair : pair.slice(0, equals)
    query.set(decoded(name).toLowerCase(), equals < 0 ? '' : decoded(pair.slice(equals + 1)))
  }
  const parts = path.split('/').slice(1)
  // A slash at the end means the same.
  if (parts.length > 1 && parts.at(-1) === '') parts.pop()
  return { text, path: parts.map(decoded), query }
}

/** Whether a URL is for this interface. */
export function isMnsUrl(url: string): boolean {
  return mnsPath.test(url)
}

const mnsPath = /^(?:https?:\/\/[^/?#]*)?\/(?:queues|topics)(?:[/?]|$)/i

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
