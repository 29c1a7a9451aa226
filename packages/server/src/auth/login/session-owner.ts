import type { Actor } from '../actor.ts'
import type { KeyDirectory } from '../key-directory.ts'
import type { LoginSource } from './login-source.ts'

/** How somebody proved who they are. */
export type SignInWay = 'password' | 'key' | 'oidc'

/** Who is signed in, and on what that stands: the session ends when any of it is gone. */
export interface SessionOwner {
  readonly account: string
  readonly actor: Actor
  readonly way: SignInWay
  /** As which it was begun, also where a role acts. */
  readonly user?: Made
  readonly role?: Made
  /** The access key by which it was begun. */
  readonly keyId?: string
  /** When the password was set by which it was begun. */
  readonly passwordChangedAtMs?: number
}

/** Of a user or role: one of the same name that was made later is another. */
export interface Made {
  readonly name: string
  readonly createdAtMs: number
}

/** Where it is looked up what a session stands on. */
export interface Standing {
  readonly source: () => LoginSource
  readonly keys: Pick<KeyDirectory, 'find'>
  passwordChangedAtMs(account: string, user: string): number | undefined
}

export function standsStill(owner: SessionOwner, standing: Standing): boolean {
  const { account, user, role, keyId, passwordChangedAtMs } = owner
  const { users, roles } = standing.source()
  const isThere = (made: Made | undefined, all: LoginSource['users']): boolean =>
    made === undefined || all.get(`${account}/${made.name}`)?.createdAtMs === made.createdAtMs
  const isKeyInForce = keyId === undefined || standing.keys.find(keyId).refusal === undefined
  const isPasswordTheSame =
    passwordChangedAtMs === undefined ||
    standing.passwordChangedAtMs(account, user?.name ?? '') === passwordChangedAtMs
  return isThere(user, users) && isThere(role, roles) && isKeyInForce && isPasswordTheSame
}
