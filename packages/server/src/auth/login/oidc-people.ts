import { AppError, retryNever } from '@millrace/spi'
import type { LoginSource } from './login-source.ts'
import type { SessionOwner } from './session-owner.ts'

/** Which user or role a person of the OpenID provider is. */
export interface PeopleMap {
  /** The claim that says who somebody is. */
  readonly userClaim: string
  /** Value of that claim → user. Without it the value is the name of the user. */
  readonly users?: ReadonlyMap<string, string>
  /** The claim with the groups of somebody, for those who are no user. */
  readonly roleClaim?: string
  /** Value among those groups → role, the strongest first. */
  readonly roles?: ReadonlyMap<string, string>
}

export type Claims = Readonly<Record<string, unknown>>

/** Everything of `SessionOwner` but its place and way, which are those of all who come from the provider. */
export interface PersonContext {
  readonly account: string
  readonly source: LoginSource
  /** When the session ends at the latest. */
  readonly endsAtMs: number
}

/** The user that a person is, or else the first role of their groups. Throws `login.user-unknown`. */
export function ownerOfPerson(claims: Claims, map: PeopleMap, context: PersonContext): SessionOwner {
  const owner = asUser(claims, map, context) ?? asRole(claims, map, context)
  if (owner !== undefined) return owner
  const groups = map.roleClaim === undefined ? '' : `, and no role to "${map.roleClaim}"`
  throw new AppError(
    'login.user-unknown',
    `the OpenID provider knows you, but no user here belongs to its claim "${map.userClaim}"${groups}`,
    retryNever,
    { details: { path: map.userClaim } },
  )
}

/** Which of the claims are not there that the map asks for. */
export function lacks(claims: Claims, { userClaim, roleClaim }: PeopleMap): boolean {
  return [userClaim, roleClaim].some(claim => claim !== undefined && claims[claim] === undefined)
}

function asUser(
  claims: Claims,
  { userClaim, users }: PeopleMap,
  context: PersonContext,
): SessionOwner | undefined {
  const value = claims[userClaim]
  if (typeof value !== 'string') return undefined
  // An address that nobody has proved to be theirs says nothing about who they are.
  if (userClaim === 'email' && claims['email_verified'] !== true) return undefined
  const name = users === undefined ? value : users.get(value)
  if (name === undefined) return undefined
  const { account, source } = context
  const user = source.users.get(`${account}/${name}`)
  if (user === undefined) return undefined
  return {
    account,
    way: 'oidc',
    actor: { kind: 'user', name },
    user: { name, createdAtMs: user.createdAtMs },
  }
}

function asRole(
  claims: Claims,
  { roleClaim, roles }: PeopleMap,
  context: PersonContext,
): SessionOwner | undefined {
  if (roleClaim === undefined) return undefined
  const value = claims[roleClaim]
  const groups = new Set<unknown>(Array.isArray(value) ? value : [value])
  const { account, source, endsAtMs } = context
  for (const [group, name] of roles ?? []) {
    const role = source.roles.get(`${account}/${name}`)
    if (role === undefined || !groups.has(group)) continue
    return {
      account,
      way: 'oidc',
      actor: { kind: 'session', role: name, session: sessionName(claims['sub']), expiresAtMs: endsAtMs },
      role: { name, createdAtMs: role.createdAtMs },
    }
  }
  return undefined
}

/** Of the subject alone: other claims may be chosen by those whom they name. */
function sessionName(subject: unknown): string {
  const text = typeof subject === 'string' ? subject : ''
  return `oidc-${text.replaceAll(/[^A-Za-z0-9.@_-]/g, '-')}`.slice(0, 64)
}
