import { hash } from 'node:crypto'
import type { Clock } from '@millrace/spi'
import { Authorizer } from './authorizer.ts'
import type { Credential } from './credentials.ts'
import type { IdentitySource } from './identity-source.ts'
import type { KeyDirectory } from './key-directory.ts'
import { AccessKeys } from './keys.ts'
import type { SecretBox } from './secret-box.ts'
import { ServiceRoles } from './service-roles.ts'
import { SessionTokens } from './session-tokens.ts'

/** Who there is, and who may do what. */
export interface Identity {
  readonly keys: KeyDirectory
  readonly authorizer: Authorizer
  readonly sessions: SessionTokens
  /** What parts of the platform do as roles. */
  readonly roles: ServiceRoles
  /** Marks a text so that only this server can have done it, always in the same way: signs what is handed out, such as links. */
  readonly stamp: (text: string) => string
}

export interface IdentityParts {
  /** Keys of accounts themselves. */
  readonly roots: readonly Credential[]
  /** The documents as they are at the moment of the call. */
  readonly source: () => IdentitySource
  readonly secrets: SecretBox
  readonly clock: Clock
}

export function createIdentity({ roots, source, secrets, clock }: IdentityParts): Identity {
  const sessions = new SessionTokens(secrets.forPurpose('security token'), clock, source)
  const authorizer = new Authorizer(source, clock)
  const stamps = secrets.forPurpose('stamp')
  return {
    keys: new AccessKeys({ roots, source, open: sealed => secrets.open(sealed), sessions }),
    authorizer,
    sessions,
    roles: new ServiceRoles(authorizer, sessions, { source, clock }),
    stamp: text => stamps.seal(hash('sha256', text)),
  }
}
