import type { HttpRequest } from './request.ts'

const followed: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * The request that a redirect asks for; undefined when the answer is none, or one that is not followed: to another
 * scheme than HTTP, from HTTPS down to HTTP, or to nowhere.
 *
 * 303 becomes GET without a body. The others repeat method and body: a GET in the place of an event, as browsers do
 * after 301 and 302, would succeed without having delivered anything. At another origin the request appears without
 * the headers that `isOwn` names, credentials among them.
 */
export function redirectedRequest(
  request: HttpRequest,
  status: number,
  location: string | undefined,
  isOwn: (header: string) => boolean,
): HttpRequest | undefined {
  if (!followed.has(status) || location === undefined) return undefined
  const from = URL.parse(request.path, request.origin)
  const to = from === null ? null : URL.parse(location, from.href)
  if (from === null || to === null || !isFollowable(from, to)) return undefined
  const headers = new Map(request.headers)
  if (to.origin !== from.origin)
    for (const name of request.headers.keys()) if (isOwn(name)) headers.delete(name)
  let { method, body } = request
  if (status === 303 && method !== 'HEAD') {
    method = 'GET'
    body = null
    headers.delete('content-type')
  }
  return { origin: to.origin, path: to.pathname + to.search, method, headers, body }
}

function isFollowable(from: URL, to: URL): boolean {
  return to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')
}
