import { createHmac } from 'node:crypto'

/** What of a request is signed. */
export interface SignedParts {
  readonly method: string
  /** Path and query exactly as they are sent. */
  readonly target: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** The value of `Authorization`: HMAC-SHA1 over method, digest, type, date, `x-mns-` headers and target (section 1.3). */
export function authorization(
  { method, target, headers }: SignedParts,
  accessKeyId: string,
  accessKeySecret: string,
): string {
  const own = Object.keys(headers)
    .filter(name => name.startsWith('x-mns-'))
    .toSorted()
    .map(name => `${name}:${headers[name]}\n`)
  const text = [
    method,
    headers['content-md5'] ?? '',
    headers['content-type'] ?? '',
    headers.date ?? '',
    `${own.join('')}${target}`,
  ].join('\n')
  return `MNS ${accessKeyId}:${createHmac('sha1', accessKeySecret).update(text).digest('base64')}`
}
