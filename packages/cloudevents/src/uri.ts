import { isIPv6 } from 'node:net'

/**
 * True when the text is a URI-reference by the grammar of RFC 3986, section 4.1. The empty reference is one; that
 * `source` must not be empty is checked elsewhere. With `tolerant`, characters outside ASCII count as unreserved
 * (an IRI of RFC 3987).
 */
export function isUriReference(text: string, tolerant = false): boolean {
  return isReference(text, schemeEnd(text), tolerant)
}

/** True when the text is a URI with a scheme (RFC 3986, section 3; a fragment is allowed). */
export function isUri(text: string, tolerant = false): boolean {
  const scheme = schemeEnd(text)
  return scheme > 0 && isReference(text, scheme, tolerant)
}

/** Index behind the colon of the scheme, or 0 when the text starts with none. */
function schemeEnd(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const kind = kindOf(text.charCodeAt(i))
    if (text.charCodeAt(i) === COLON) return i > 0 ? i + 1 : 0
    if (kind !== ALPHA && !(i > 0 && kind === SCHEME_REST)) return 0
  }
  return 0
}

function isReference(text: string, from: number, tolerant: boolean): boolean {
  let at = from
  let colonAllowed = from > 0
  if (text.startsWith('//', at)) {
    const end = authorityEnd(text, at + 2)
    if (!isAuthority(text.slice(at + 2, end), tolerant)) return false
    at = end
    colonAllowed = true
  }
  let fragment = false
  for (let i = at; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const kind = kindOf(code)
    if (kind === ALPHA || kind === SCHEME_REST || kind === OTHER) continue
    if (code === COLON) {
      // A relative reference must not have a colon in its first segment: it would read as a scheme.
      if (!colonAllowed) return false
    } else if (code === SLASH || code === QUESTION) {
      colonAllowed = true
    } else if (code === HASH) {
      if (fragment) return false
      fragment = true
      colonAllowed = true
    } else if (code === PERCENT) {
      if (!isHex(text.charCodeAt(i + 1)) || !isHex(text.charCodeAt(i + 2))) return false
      i += 2
    } else if (!(tolerant && code >= 0xa0)) {
      return false
    }
  }
  return true
}

function authorityEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === SLASH || code === QUESTION || code === HASH) return i
  }
  return text.length
}

function isAuthority(authority: string, tolerant: boolean): boolean {
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const user = authority.slice(0, authority.length - host.length)
  const pattern = tolerant ? tolerantUserPattern : userPattern
  if (user !== '' && !pattern.test(user.slice(0, -1))) return false
  if (host.startsWith('[')) {
    const address = literalPattern.exec(host)?.[1] ?? ''
    return futureAddressPattern.test(address) || (isIPv6(address) && !address.includes('%'))
  }
  return (tolerant ? tolerantHostPattern : hostPattern).test(host)
}

const userPattern = /^(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*$/
const tolerantUserPattern = /^(?:[A-Za-z0-9._~!$&'()*+,;=:\u00a0-\uffff-]|%[0-9A-Fa-f]{2})*$/
const hostPattern = /^(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*(?::[0-9]*)?$/
const tolerantHostPattern = /^(?:[A-Za-z0-9._~!$&'()*+,;=\u00a0-\uffff-]|%[0-9A-Fa-f]{2})*(?::[0-9]*)?$/
const literalPattern = /^\[([^\]]*)\](?::[0-9]*)?$/
const futureAddressPattern = /^[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+$/

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66)
}

function kindOf(code: number): number {
  return code < 128 ? kinds[code]! : 0
}

const COLON = 0x3a
const SLASH = 0x2f
const QUESTION = 0x3f
const HASH = 0x23
const PERCENT = 0x25

const ALPHA = 1
/** What a scheme may have behind its first letter besides letters. */
const SCHEME_REST = 2
/** The further characters of a path segment, except colon and percent. */
const OTHER = 3

const kinds = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/[A-Za-z]/.test(character)) return ALPHA
  if (/[0-9+.-]/.test(character)) return SCHEME_REST
  return /[_~!$&'()*,;=@]/.test(character) ? OTHER : 0
})
