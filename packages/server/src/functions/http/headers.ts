/** Headers as they came: names and values in turn, as `IncomingMessage.rawHeaders` has them. */
export type RawHeaders = readonly string[]

/** Headers on their way to code or to a client; several values of one name in order. */
export type HeaderMap = Record<string, string | readonly string[]>

/**
 * The form that names of headers have in events: upper case at the beginning and behind each hyphen, lower case
 * elsewhere. A name with other characters than those of a token stays as it is.
 */
export function canonicalHeaderName(name: string): string {
  if (!tokenExpression.test(name)) return name
  let canonical = ''
  let isFirst = true
  for (const character of name) {
    canonical += isFirst ? character.toUpperCase() : character.toLowerCase()
    isFirst = character === '-'
  }
  return canonical
}

const tokenExpression = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Whether code never gets to see a request header (function-compute section 8.2): those that steer the platform, and
 * those that speak of the connection to the platform, not of the request. `name` in lower case.
 */
export function isReservedInRequest(name: string): boolean {
  return name.startsWith('x-fc-') || requestReserved.has(name)
}

const requestReserved: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'expect',
  'upgrade',
  'proxy-connection',
])

/** Whether a response header of code is dropped (function-compute section 8.2). `name` in lower case. */
export function isReservedInResponse(name: string, isOwnUrl: boolean): boolean {
  if (name === 'content-disposition') return isOwnUrl
  return name.startsWith('x-fc-') || responseReserved.has(name)
}

const responseReserved: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'server',
  'transfer-encoding',
  'upgrade',
  'x-millrace-request-id',
])

/** Bytes of all names and values. */
export function rawHeaderBytes(headers: RawHeaders): number {
  let bytes = 0
  // Node gives headers as Latin-1: a character is a byte.
  for (const text of headers) bytes += text.length
  return bytes
}

/** The headers for code that answers HTTP itself: names in lower case, repeated ones as a list. */
export function forwardedHeaders(headers: RawHeaders): HeaderMap {
  const forwarded = Object.create(null) as HeaderMap
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = (headers[index] as string).toLowerCase()
    if (isReservedInRequest(name)) continue
    const value = headers[index + 1] as string
    const before = forwarded[name]
    if (before === undefined) forwarded[name] = value
    else forwarded[name] = typeof before === 'string' ? [before, value] : [...before, value]
  }
  return forwarded
}

/** The headers of an event: canonical names, repeated values joined by commas without spaces. */
export function eventHeaders(headers: RawHeaders): Record<string, string> {
  const joined = Object.create(null) as Record<string, string>
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const given = headers[index] as string
    if (isReservedInRequest(given.toLowerCase())) continue
    const name = canonicalHeaderName(given)
    const before = joined[name]
    const value = headers[index + 1] as string
    joined[name] = before === undefined ? value : `${before},${value}`
  }
  return joined
}
