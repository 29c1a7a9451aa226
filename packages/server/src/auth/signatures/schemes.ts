import type { Clock } from '@millrace/spi'
import type { AuthenticationScheme } from '../authenticator.ts'
import type { Keys } from '../keys.ts'
import { acs3Algorithm, createAcs3Verifier } from './acs3-hmac-sha256.ts'
import { createFcNativeVerifier } from './fc-native.ts'

export interface SignedPathOptions {
  readonly credentials: Keys
  readonly clock: Clock
  /** The scheme answers for paths that begin with one of these; elsewhere its credentials count for nothing. */
  readonly pathPrefixes: readonly string[]
  /** Whole paths for which it answers besides. */
  readonly paths?: readonly string[]
}

/**
 * ACS3-HMAC-SHA256 as the official clients sign requests to an API: host, date, nonce, and the hash of the body, which
 * whoever reads the body must compare. A nonce counts once for all the paths of one scheme.
 */
export function acs3Scheme(options: SignedPathOptions): AuthenticationScheme {
  const verifier = createAcs3Verifier(options)
  return {
    challenge: `${acs3Algorithm} realm="millrace"`,
    claims: (headers, _method, url) => isBelow(url, options) && verifier.claims(headers),
    authenticate: (headers, method, url) => verifier.verify(headers, method, url, 'api'),
  }
}

/** `Authorization: FC <key>:<signature>`, and pre-signed URLs. The body is not protected. */
export function fcNativeScheme(options: SignedPathOptions): AuthenticationScheme {
  const verifier = createFcNativeVerifier(options)
  return {
    challenge: 'FC realm="millrace"',
    claims: (headers, _method, url) => isBelow(url, options) && verifier.claims(headers, url),
    authenticate: (headers, method, url) => verifier.verify(headers, method, url, 'api'),
  }
}

function isBelow(url: string, { pathPrefixes, paths = [] }: SignedPathOptions): boolean {
  if (pathPrefixes.some(prefix => url.startsWith(prefix))) return true
  return paths.length > 0 && paths.includes(url.split('?', 1)[0] ?? '')
}
