import type { IncomingHttpHeaders } from 'node:http'

const versionHeaders = ['x-acs-version', 'x-mns-version', 'x-log-apiversion'] as const

/** The version of the interface that a request is for: in its path, or in the header that the interface has for it. */
export function apiVersionOf(url = '', headers: IncomingHttpHeaders): string | undefined {
  const [, own, dated, style] =
    /^\/(?:api\/(v\d{1,3})|(\d{4}-\d\d-\d\d)|openapi\/(v\d{1,3}))\//.exec(url) ?? []
  const inHeader = versionHeaders.map(name => headers[name]).find(value => typeof value === 'string')
  return own ?? dated ?? style ?? (typeof inHeader === 'string' ? inHeader : undefined)
}
