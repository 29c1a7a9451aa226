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
}

export function standsStill(
  { account, user, role, keyId }: SessionOwner,
  { source, keys }: Standing,
): boolean {
  const { users, roles } = source()
  const isUserThere =
    user === undefined || users.get(`${account}/${user.name}`)?.createdAtMs === user.createdAtMs
  const isRoleThere =
    role === undefined || roles.get(`${account}/${role.name}`)?.createdAtMs === role.createdAtMs
  const isKeyInForce = keyId === undefined || keys.find(keyId).refusal === undefined
  return isUserThere && isRoleThere && isKeyInForce
}
