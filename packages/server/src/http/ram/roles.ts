import type { Resource, RoleSpec } from '../../resources/index.ts'
import { roleId } from '../principal-ids.ts'
import type { Services } from '../services.ts'
import type { Input } from './input.ts'
import { change, type Operation } from './operation.ts'
import { pageOf, timeText } from './paging.ts'
import { stillHas } from './users.ts'

/** Roles and their trust policies. */
export const roleOperations: Readonly<Record<string, Operation>> = {
  CreateRole: async ({ services, account, input }) => {
    const name = input.name('RoleName')
    const spec = {
      description: input.text('Description') ?? '',
      trust: input.requiredDocument('AssumeRolePolicyDocument'),
      ...sessionOf(input, 'MaxSessionDuration'),
    }
    await services.resources.roles.put(account, name, spec, 0)
    return { Role: roleView(services, account, services.resources.roles.get(account, name)) }
  },
  GetRole: ({ services, account, input }) => {
    const role = services.resources.roles.get(account, input.name('RoleName'))
    return { Role: roleView(services, account, role) }
  },
  ListRoles: ({ services, account, input }) => {
    const page = pageOf(services.resources.roles.all(account), ({ name }) => name, input)
    const Role = page.items.map(role => {
      const { AssumeRolePolicyDocument: _trust, ...rest } = roleView(services, account, role)
      return rest
    })
    return { Roles: { Role }, ...page.members }
  },
  UpdateRole: async ({ services, account, input }) => {
    const name = input.name('RoleName')
    const trust = input.document('NewAssumeRolePolicyDocument')
    const description = input.change('NewDescription')
    const session = sessionOf(input, 'NewMaxSessionDuration')
    await change(services.resources.roles, account, name, spec => ({
      ...spec,
      ...(trust === undefined ? {} : { trust }),
      ...(description === undefined ? {} : { description }),
      ...session,
    }))
    return { Role: roleView(services, account, services.resources.roles.get(account, name)) }
  },
  DeleteRole: async ({ services, account, input }) => {
    const name = input.name('RoleName')
    const { spec, revision } = services.resources.roles.get(account, name)
    if (spec.policies.length > 0) throw stillHas('Role', 'Policy', name)
    await services.resources.roles.delete(account, name, revision)
    return {}
  },
}

function sessionOf(input: Input, name: string): Partial<Pick<RoleSpec, 'sessionSecondsMax'>> {
  const sessionSecondsMax = input.whole(name, 3_600, 43_200)
  return sessionSecondsMax === undefined ? {} : { sessionSecondsMax }
}

export function roleView(services: Services, account: string, role: Resource<RoleSpec>) {
  const { name, spec, createdAtMs, updatedAtMs } = role
  return {
    RoleId: roleId(services.resources.snapshots.current(), account, name),
    RoleName: name,
    Arn: `acs:ram::${account}:role/${name}`,
    Description: spec.description,
    AssumeRolePolicyDocument: JSON.stringify(spec.trust),
    MaxSessionDuration: spec.sessionSecondsMax,
    CreateDate: timeText(createdAtMs),
    UpdateDate: timeText(updatedAtMs),
  }
}
