import { hash, timingSafeEqual } from 'node:crypto'
import type { AuthenticationScheme, Principal } from './authenticator.ts'
import type { Credential } from './credentials.ts'
import { unauthenticated } from './errors.ts'

/** Longest header value that is looked at; longer ones are refused unread. */
export const bearerLengthMax = 1_024
/** Verified headers remembered, so that a busy producer is hashed once. All are dropped when there are more. */
export const verifiedHeadersMax = 1_024

interface Known {
  readonly principal: Principal
  readonly secretDigest: Buffer
}

/**
 * `Authorization: Bearer <accessKeyId>.<accessKeySecret>`.
 * Secrets are compared by their SHA-256 in constant time; an unknown key is compared too, with a digest that nothing
 * has, so that the time does not tell whether the key exists. Only headers that were verified are remembered.
 */
export function bearerScheme(credentials: readonly Credential[]): AuthenticationScheme {
  const known = new Map<string, Known>(
    credentials.map(credential => [credential.accessKeyId, knownOf(credential)]),
  )
  const verified = new Map<string, Principal>()
  const nobody = Buffer.alloc(32)

  function verify(header: string): Principal | undefined {
    if (header.length > bearerLengthMax) return undefined
    const parts = bearerExpression.exec(header)
    if (parts === null) return undefined
    const [, keyId = '', secret = ''] = parts
    const candidate = known.get(keyId)
    const isEqual = timingSafeEqual(digest(secret), candidate?.secretDigest ?? nobody)
    return isEqual ? candidate?.principal : undefined
  }

  return {
    challenge: 'Bearer realm="millrace"',
    claims: headers => bearerPrefix.test(headers.authorization ?? ''),
    authenticate(headers) {
      const header = headers.authorization ?? ''
      const remembered = verified.get(header)
      if (remembered !== undefined) return remembered
      const principal = verify(header)
      if (principal === undefined) return unauthenticated()
      if (verified.size >= verifiedHeadersMax) verified.clear()
      verified.set(header, principal)
      return principal
    },
  }
}

/** The id has no dot, so that the first dot ends it; the scheme's name has no case (RFC 9110, section 11.1). */
const bearerExpression = /^bearer +([^.\s]+)\.(\S+)$/i
const bearerPrefix = /^bearer(?: |$)/i

function knownOf(credential: Credential): Known {
  return {
    principal: { account: credential.account, keyId: credential.accessKeyId },
    secretDigest: digest(credential.accessKeySecret),
  }
}

function digest(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}
