import { createHmac } from 'node:crypto'

/** What of a request is signed. */
export interface SignedParts {
  readonly method: string
  readonly path: string
  /** Values as they are meant, not as they are written in a URL. */
  readonly query: Readonly<Record<string, string>>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** The value of `Authorization`: HMAC-SHA1 over method, digest, type, date, headers of the service, path and query (section 2.3.1). */
export function authorization(
  { method, path, query, headers }: SignedParts,
  accessKeyId: string,
  accessKeySecret: string,
): string {
  const own = Object.keys(headers)
    .filter(name => name.startsWith('x-log-') || name.startsWith('x-acs-'))
    .toSorted()
    .map(name => `${name}:${headers[name]?.trim()}\n`)
  const pairs = Object.entries(query)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
  const text = [
    method,
    headers['content-md5'] ?? '',
    headers['content-type'] ?? '',
    headers.date ?? '',
    `${own.join('')}${path}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`,
  ].join('\n')
  return `LOG ${accessKeyId}:${createHmac('sha1', accessKeySecret).update(text).digest('base64')}`
}
