import { isSystemPolicy } from '../../auth/index.ts'
import { notFound, type NamedStore } from '../../resources/index.ts'
import { RpcRefusal } from '../rpc-service.ts'
import type { Services } from '../services.ts'
import { type Call, change, type Operation } from './operation.ts'
import { policySummary } from './policy-view.ts'
import { roleView } from './roles.ts'
import { displayName, userView } from './users.ts'

/** Whoever has policies. */
interface Holder {
  readonly policies: string[]
}
type Kind = 'User' | 'Group' | 'Role'
export const holderKinds = ['User', 'Group', 'Role'] as const

const policyTypes = ['System', 'Custom'] as const

/** Who has which policies. */
export const attachmentOperations: Readonly<Record<string, Operation>> = {
  ...Object.fromEntries(
    holderKinds.flatMap(kind => [
      [`AttachPolicyTo${kind}`, (call: Call) => attach(call, kind)],
      [`DetachPolicyFrom${kind}`, (call: Call) => detach(call, kind)],
      [`ListPoliciesFor${kind}`, (call: Call) => list(call, kind)],
    ]),
  ),
  ListEntitiesForPolicy: call => {
    const { services, account } = call
    const { users, groups, roles } = services.resources
    const { name } = policyOf(call)
    return {
      Users: {
        User: holdersOf(users, account, name).map(user => ({
          UserId: userView(services, account, user).UserId,
          UserName: user.name,
          DisplayName: displayName(user),
        })),
      },
      Groups: {
        Group: holdersOf(groups, account, name).map(group => ({
          GroupName: group.name,
          Comments: group.spec.description,
        })),
      },
      Roles: {
        Role: holdersOf(roles, account, name).map(role => {
          const { RoleId, RoleName, Arn, Description } = roleView(services, account, role)
          return { RoleId, RoleName, Arn, Description }
        }),
      },
    }
  },
}

async function attach(call: Call, kind: Kind): Promise<object> {
  const { services, account, input } = call
  const { name: policy } = policyOf(call)
  const holder = input.name(`${kind}Name`)
  await changePolicies(services, kind, account, holder, policies => {
    if (!policies.includes(policy)) return checkedCount(kind, holder, [...policies, policy])
    const message = `The ${kind.toLowerCase()} ${holder} has the policy ${policy} already.`
    throw new RpcRefusal(`EntityAlreadyExists.${kind}.Policy`, message, 409)
  })
  return {}
}

async function detach(call: Call, kind: Kind): Promise<object> {
  const { services, account, input } = call
  const { name: policy } = policyOf(call)
  const holder = input.name(`${kind}Name`)
  await changePolicies(services, kind, account, holder, policies => {
    if (policies.includes(policy)) return policies.filter(name => name !== policy)
    const message = `The ${kind.toLowerCase()} ${holder} does not have the policy ${policy}.`
    throw new RpcRefusal(`EntityNotExist.${kind}.Policy`, message, 404)
  })
  return {}
}

function list({ services, account, input }: Call, kind: Kind): object {
  const { spec } = storeOf(services, kind).get(account, input.name(`${kind}Name`))
  return { Policies: { Policy: spec.policies.map(name => policySummary(services, account, name)) } }
}

/** The policy that a request names by its type and name. Throws `resource.not-found`. */
export function policyOf({ services, account, input }: Pick<Call, 'services' | 'account' | 'input'>) {
  const type = input.word('PolicyType', policyTypes)
  if (type === undefined) throw new RpcRefusal('MissingParameter', 'The parameter "PolicyType" is needed.')
  const name = input.name('PolicyName')
  if (type === 'Custom') services.resources.policies.get(account, name)
  else if (!isSystemPolicy(name)) throw notFound('policy', name)
  return { type, name }
}

/** Those of a kind that have a policy. */
export function holdersOf<Spec extends Holder>(store: NamedStore<Spec>, account: string, policy: string) {
  return store.all(account).filter(({ spec }) => spec.policies.includes(policy))
}

/** Takes a policy away from all that have it. */
export async function detachFromAll(services: Services, account: string, policy: string): Promise<void> {
  for (const kind of holderKinds) {
    for (const { name } of holdersOf(storeOf(services, kind), account, policy)) {
      await changePolicies(services, kind, account, name, policies => policies.filter(one => one !== policy))
    }
  }
}

/** The store of a kind, as far as it has policies. */
export function storeOf({ resources }: Services, kind: Kind): NamedStore<Holder> {
  const stores = { User: resources.users, Group: resources.groups, Role: resources.roles }
  return stores[kind]
}

async function changePolicies(
  services: Services,
  kind: Kind,
  account: string,
  name: string,
  changed: (policies: readonly string[]) => string[],
): Promise<void> {
  await change(storeOf(services, kind), account, name, spec => ({
    ...spec,
    policies: changed(spec.policies),
  }))
}

/** Policies that one holder has at most. */
const policiesMax = 20

function checkedCount(kind: Kind, holder: string, policies: string[]): string[] {
  if (policies.length <= policiesMax) return policies
  const message = `The ${kind.toLowerCase()} ${holder} has ${policiesMax} policies, which is the most.`
  throw new RpcRefusal(`LimitExceeded.${kind}.Policy`, message, 409)
}
