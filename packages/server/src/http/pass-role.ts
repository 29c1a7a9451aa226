import type { AppError } from '@millrace/spi'
import type { Access, Principal, RequestFacts, RoleService } from '../auth/index.ts'
import { busKey, roleNameOf, rolesOfRule, rolesOfStream, type Snapshot } from '../resources/index.ts'
import { arnOf, type Place } from './access.ts'
import type { Services } from './services.ts'

/** That a role is handed to a part of the platform: who does it needs `ram:PassRole` on the role (identity section 2.6). */
interface PassedRole {
  /** A name or an ARN; one of elsewhere means nothing here, and needs nothing. */
  readonly role: string
  readonly service: RoleService
}

type Parts = Pick<Services, 'identity' | 'node' | 'resources'>

/** Throws `auth.forbidden` unless the caller may pass the roles; no role needs nothing. */
export function checkPass(
  parts: Parts,
  principal: Principal,
  { roles, service }: { readonly roles: readonly string[]; readonly service: RoleService },
  facts: RequestFacts,
): void {
  for (const role of roles) {
    const refusal = refusalToPass(parts, principal, { role, service }, facts)
    if (refusal !== undefined) throw refusal
  }
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
    for (const role of rolesAtStake(principal.account, access, snapshot)) {
      const refusal = refusalToPass(parts, principal, role, facts)
      if (refusal !== undefined) return refusal
    }
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
  'eventbridge:UpdateEventSource',
  'fc:UpdateFunction',
  'fc:PutFunctionAsyncInvokeConfig',
])

/** The roles of what an access changes: whoever rewrites a document with a role puts the role to a use of his own. */
function rolesAtStake(account: string, { action, resource }: Access, snapshot: Snapshot): PassedRole[] {
  if (!changing.has(action)) return []
  const [kind = '', first = '', part, second = ''] = (resource.split(':').at(4) ?? '').split('/')
  const key = busKey(account, first)
  if (kind === 'functions') {
    const role = snapshot.functions.get(key)?.spec.role
    return role === undefined ? [] : [{ role, service: 'fc.aliyuncs.com' }]
  }
  return wiringRoles().map(role => ({ role, service: 'eventbridge.aliyuncs.com' }))

  function wiringRoles(): string[] {
    if (part === 'rule') {
      const rule = snapshot.buses.get(key)?.rules.get(second)
      return rule === undefined ? [] : rolesOfRule(rule.spec)
    }
    // An event source is a stream of its name.
    const stream = snapshot.streams.get(part === 'eventsource' ? busKey(account, second) : key)
    return stream === undefined ? [] : rolesOfStream(stream.spec)
  }
}
