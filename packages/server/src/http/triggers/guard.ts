import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '@millrace/spi'
import type { Acs3Verifier, FcNativeVerifier, Principal } from '../../auth/index.ts'
import type { HttpAuthSpec } from '../../resources/index.ts'
import { triggerError } from './errors.ts'
import { checkJwtSpec, jwtGuard } from './jwt.ts'
import type { PassedClaim } from './passed-claims.ts'
import { basicGuard, bearerGuard } from './secrets.ts'

/** The head of a request, as far as it decides who is let in. */
export interface GuardedRequest {
  readonly headers: IncomingHttpHeaders
  readonly method: string
  /** Path and query as sent: what is signed. */
  readonly url: string
  /** Of the function or the domain, decoded, without the query. */
  readonly path: string
  /** Without `?`. */
  readonly query: string
  /** The body as form fields; `undefined` when it is of another type. The one case in which the body is read first. */
  form(): Promise<URLSearchParams | undefined>
}

/** What is known of a request that was let in. */
export interface Passage {
  readonly claims?: readonly PassedClaim[]
  /** The body must have this SHA-256, in lower-case hex. */
  readonly contentSha256?: string
  /** Who signed it; what they may do is not decided here. */
  readonly principal?: Principal
}

/** Lets a request in, or throws why not. */
export type Guard = (request: GuardedRequest) => Passage | Promise<Passage>

export interface GuardParts {
  readonly acs3: Acs3Verifier
  readonly fcNative: FcNativeVerifier
  readonly clock: Clock
}

/** Refuses settings that could let nobody in, at the time when they are written: `trigger.auth-invalid`. */
export function checkHttpAuth(auth: HttpAuthSpec): void {
  if (auth.kind === 'jwt') checkJwtSpec(auth)
}

/** The guard of a trigger or domain whose functions belong to the account. */
export function createGuard(auth: HttpAuthSpec, account: string, parts: GuardParts): Guard {
  switch (auth.kind) {
    case 'none':
      return () => free
    case 'signature':
      return signatureGuard(account, parts)
    case 'bearer':
      return bearerGuard(auth.tokens)
    case 'basic':
      return basicGuard(auth.users)
    case 'jwt':
      return jwtGuard(auth, parts.clock)
  }
}

const free: Passage = {}

/** A key of the function's account, by either signature (function-compute sections 2.4, step 8, and 2.9). */
function signatureGuard(account: string, { acs3, fcNative }: GuardParts): Guard {
  return ({ headers, method, url }) => {
    const scheme = acs3.claims(headers) ? acs3 : fcNative.claims(headers, url) ? fcNative : undefined
    if (scheme === undefined) {
      throw triggerError('trigger.credentials-missing', 'required HTTP header Date was not specified')
    }
    const verdict = scheme.verify(headers, method, url, 'trigger')
    if (verdict instanceof Error) throw verdict
    if (verdict.account !== account) {
      throw triggerError(
        'trigger.access-denied',
        "the caller is not authorized to perform 'fc:InvokeFunction' on a function of another account",
      )
    }
    const { contentSha256 } = verdict
    return { principal: verdict, ...(contentSha256 === undefined ? {} : { contentSha256 }) }
  }
}
