import type { AppError } from '@millrace/spi'
import type { Access, Principal, RequestFacts, RoleService } from '../auth/index.ts'
import { busKey, roleNameOf, type Snapshot } from '../resources/index.ts'
import { arnOf, type Place } from './access.ts'
import type { Services } from './services.ts'

/** That a role is handed to a part of the platform: who does it needs `ram:PassRole` on the role (identity section 2.6). */
interface PassedRole {
  /** A name or an ARN; one of elsewhere means nothing here, and needs nothing. */
  readonly role: string
  readonly service: RoleService
}

type Parts = Pick<Services, 'identity' | 'node' | 'resources'>

/** Throws `auth.forbidden` unless the caller may pass the role; no role needs nothing. */
export function checkPass(
  parts: Parts,
  principal: Principal,
  { role, service }: { readonly role: string | undefined; readonly service: RoleService },
  facts: RequestFacts,
): void {
  const refusal = role === undefined ? undefined : refusalToPass(parts, principal, { role, service }, facts)
  if (refusal !== undefined) throw refusal
}

/**
 * Why a caller may not change what these accesses are about, for the sake of the roles that it has already. Asked after everything
 * else: only who may change it learns that it has one.
 */
export function refusalToRewrite(
  parts: Parts,
  principal: Principal,
  accesses: readonly Access[],
  facts: RequestFacts,
): AppError | undefined {
  const snapshot = parts.resources.snapshots.current()
  for (const access of accesses) {
    const role = roleAtStake(principal.account, access, snapshot)
    const refusal = role === undefined ? undefined : refusalToPass(parts, principal, role, facts)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

function refusalToPass(
  { identity, node }: Parts,
  principal: Principal,
  role: PassedRole,
  facts: RequestFacts,
): AppError | undefined {
  const place = { region: node.region, account: principal.account }
  const passing = principal.actor.kind === 'root' ? undefined : accessToPass(role, place)
  if (passing === undefined) return undefined
  return identity.authorizer.refusal(principal, [passing.access], { ...facts, further: passing.further })
}

/** The permission, and what conditions can ask of it besides. */
function accessToPass(
  { role, service }: PassedRole,
  place: Place,
): { readonly access: Access; readonly further: Readonly<Record<string, string>> } | undefined {
  const name = roleNameOf(place.account, role)
  if (name === undefined) return undefined
  const action = 'ram:PassRole'
  const access = { action, resource: arnOf(action, `role/${name}`, place) }
  return { access, further: { 'acs:service': service } }
}

/** Actions that change a document which may have a role; to create one with a role is asked where the body is known. */
const changing: ReadonlySet<string> = new Set([
  'eventbridge:UpdateRule',
  'eventbridge:PutTargets',
  'eventbridge:UpdateEventStreaming',
  'fc:UpdateFunction',
  'fc:PutFunctionAsyncInvokeConfig',
])

/** The role of what an access changes: whoever rewrites a document with a role puts the role to a use of his own. */
function roleAtStake(
  account: string,
  { action, resource }: Access,
  snapshot: Snapshot,
): PassedRole | undefined {
  if (!changing.has(action)) return undefined
  const [kind = '', first = '', part, second = ''] = (resource.split(':').at(4) ?? '').split('/')
  const key = busKey(account, first)
  if (kind === 'functions') return passed(snapshot.functions.get(key)?.spec.role, 'fc.aliyuncs.com')
  const spec =
    kind === 'eventstreaming'
      ? snapshot.streams.get(key)?.spec
      : part === 'rule'
        ? snapshot.buses.get(key)?.rules.get(second)?.spec
        : undefined
  return passed(spec?.role, 'eventbridge.aliyuncs.com')
}

function passed(role: string | undefined, service: RoleService): PassedRole | undefined {
  return role === undefined ? undefined : { role, service }
}
