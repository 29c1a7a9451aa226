import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '@millrace/spi'
import type { Actor } from './actor.ts'
import { unauthenticated } from './errors.ts'
import type { KnownKey } from './key-directory.ts'

/** Who sent a request: decided once per request, before its body is read. */
export interface Principal {
  readonly account: string
  /** The access key that was presented; safe to log. */
  readonly keyId: string
  /** Who stands behind the key. */
  readonly actor: Actor
  /** Lower-case hex of the SHA-256 that the body must have, where the signature covers it: who reads it compares. */
  readonly contentSha256?: string | undefined
}

/**
 * Decides from the head of a request who sent it. Called for every request but the open ones, before the body is read:
 * it must be quick and do no I/O. Refusals are returned, not thrown: they are ordinary.
 */
export type Authenticator = (
  headers: IncomingHttpHeaders,
  method: string,
  url: string,
) => Principal | AppError

/** One way to present credentials. A scheme is asked only for requests that it claims. */
export interface AuthenticationScheme {
  /** Value of `WWW-Authenticate` by which the scheme is offered. */
  readonly challenge: string
  /** Whether the request presents credentials of this scheme, right or wrong. */
  claims(headers: IncomingHttpHeaders, method: string, url: string): boolean
  readonly authenticate: Authenticator
}

/** Asks the first scheme that claims the request; a request that none claims is refused. */
export function authenticatorOf(schemes: readonly AuthenticationScheme[]): Authenticator {
  return (headers, method, url) => {
    for (const scheme of schemes) {
      if (scheme.claims(headers, method, url)) return scheme.authenticate(headers, method, url)
    }
    return unauthenticated()
  }
}

/** Who sent a request that was signed with this key. */
export function principalOf({ account, accessKeyId, actor }: KnownKey, contentSha256?: string): Principal {
  return { account, keyId: accessKeyId, actor, contentSha256 }
}

export function isPrincipal(decision: Principal | AppError): decision is Principal {
  return !(decision instanceof AppError)
}
