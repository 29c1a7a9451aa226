import { hash, timingSafeEqual } from 'node:crypto'
import { type AuthenticationScheme, type Principal, principalOf } from './authenticator.ts'
import { unauthenticated } from './errors.ts'
import { directoryOf, type Keys } from './keys.ts'
import type { KnownKey } from './key-directory.ts'

/** Longest header value that is looked at; longer ones are refused unread. */
export const bearerLengthMax = 1_024
/** Verified headers remembered, so that a busy producer is hashed once. All are dropped when there are more. */
export const verifiedHeadersMax = 1_024

interface Verified {
  readonly key: KnownKey
  readonly principal: Principal
}

/**
 * `Authorization: Bearer <accessKeyId>.<accessKeySecret>`; temporary credentials have their token in `x-acs-security-token`.
 * Secrets are compared by their SHA-256 in constant time; an unknown key is compared too, with a secret that nobody
 * has, so that the time does not tell whether the key exists. Only headers that were verified are remembered, and they count as
 * long as the key behind them is the same and in force.
 */
export function bearerScheme(credentials: Keys): AuthenticationScheme {
  const keys = directoryOf(credentials)
  const verified = new Map<string, Verified>()

  return {
    challenge: 'Bearer realm="millrace"',
    claims: headers => bearerPrefix.test(headers.authorization ?? ''),
    authenticate(headers) {
      const header = headers.authorization ?? ''
      const parts = header.length > bearerLengthMax ? null : bearerExpression.exec(header)
      if (parts === null) return unauthenticated()
      const [, keyId = '', secret = ''] = parts
      const token = headers['x-acs-security-token']
      const { key, refusal } = keys.find(keyId, typeof token === 'string' ? token : '')
      const remembered = verified.get(header)
      if (refusal === undefined && remembered?.key === key) return remembered.principal
      const isEqual = timingSafeEqual(digest(secret), digest(key.accessKeySecret))
      if (!isEqual || refusal !== undefined) return unauthenticated()
      const principal = principalOf(key)
      // Temporary keys are made anew at each look, and would only drive out the others.
      if (key.actor.kind === 'session') return principal
      if (verified.size >= verifiedHeadersMax) verified.clear()
      verified.set(header, { key, principal })
      return principal
    },
  }
}

/** The id has no dot but that of temporary keys, so that the next one ends it; the scheme's name has no case (RFC 9110, section 11.1). */
const bearerExpression = /^bearer +((?:STS\.)?[^.\s]+)\.(\S+)$/i
const bearerPrefix = /^bearer(?: |$)/i

function digest(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}
