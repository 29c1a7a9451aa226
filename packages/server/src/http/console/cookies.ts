import type { FastifyReply, FastifyRequest } from 'fastify'

/** Longest header of cookies that is looked at. */
const cookiesLengthMax = 8_192

/** A cookie of the console. Over TLS its name keeps other hosts and other paths from setting it. */
export interface Cookie {
  readonly name: string
  /** `Strict` goes along with requests of our own pages alone; `Lax` also when somebody comes from elsewhere by a link. */
  readonly sameSite: 'Strict' | 'Lax'
  readonly maxAgeSeconds: number
}

export function setCookie(reply: FastifyReply, cookie: Cookie, value: string, isSecure: boolean): void {
  const { name, sameSite, maxAgeSeconds } = cookie
  const attributes = ['Path=/', 'HttpOnly', `SameSite=${sameSite}`, `Max-Age=${maxAgeSeconds}`]
  if (isSecure) attributes.push('Secure')
  // Adds to those that are there.
  void reply.header('set-cookie', [`${nameOf(name, isSecure)}=${value}`, ...attributes].join('; '))
}

export function dropCookie(reply: FastifyReply, cookie: Cookie, isSecure: boolean): void {
  setCookie(reply, { ...cookie, maxAgeSeconds: 0 }, '', isSecure)
}

/** The value; empty when there is none, or when two are there, of which one is not ours. */
export function cookieOf(request: FastifyRequest, { name }: Pick<Cookie, 'name'>, isSecure: boolean): string {
  const header = request.headers.cookie ?? ''
  if (header.length > cookiesLengthMax) return ''
  const start = `${nameOf(name, isSecure)}=`
  const found = header.split(/; */).filter(pair => pair.startsWith(start))
  return found.length === 1 ? (found[0] ?? '').slice(start.length) : ''
}

function nameOf(name: string, isSecure: boolean): string {
  return isSecure ? `__Host-${name}` : name
}
