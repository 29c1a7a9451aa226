import type { GroupSpec, Resource } from '../../resources/index.ts'
import { groupId } from '../principal-ids.ts'
import { RpcRefusal } from '../rpc-service.ts'
import type { Services } from '../services.ts'
import { type Call, change, type Operation } from './operation.ts'
import { pageOf, timeText } from './paging.ts'
import { checkSameName, displayName, stillHas } from './users.ts'

/** Groups, and who is in them. */
export const groupOperations: Readonly<Record<string, Operation>> = {
  CreateGroup: async ({ services, account, input }) => {
    const name = input.name('GroupName')
    const spec = { description: input.text('Comments') ?? '' }
    await services.resources.groups.put(account, name, spec, 0)
    return { Group: groupView(services, account, services.resources.groups.get(account, name)) }
  },
  GetGroup: ({ services, account, input }) => {
    const group = services.resources.groups.get(account, input.name('GroupName'))
    return { Group: groupView(services, account, group) }
  },
  ListGroups: ({ services, account, input }) => {
    const page = pageOf(services.resources.groups.all(account), ({ name }) => name, input)
    return {
      Groups: { Group: page.items.map(group => groupView(services, account, group)) },
      ...page.members,
    }
  },
  UpdateGroup: async ({ services, account, input }) => {
    const name = input.name('GroupName')
    checkSameName(input, 'NewGroupName', name)
    const description = input.change('NewComments')
    await change(services.resources.groups, account, name, spec =>
      description === undefined ? spec : { ...spec, description },
    )
    return { Group: groupView(services, account, services.resources.groups.get(account, name)) }
  },
  DeleteGroup: async call => {
    const { services, account, input } = call
    const name = input.name('GroupName')
    const { spec, revision } = services.resources.groups.get(account, name)
    if (members(call, name).length > 0) throw stillHas('Group', 'User', name)
    if (spec.policies.length > 0) throw stillHas('Group', 'Policy', name)
    await services.resources.groups.delete(account, name, revision)
    return {}
  },
  AddUserToGroup: async ({ services, account, input }) => {
    const { user, group } = membership({ services, account, input })
    await change(services.resources.users, account, user, spec => {
      if (!spec.groups.includes(group)) return { ...spec, groups: [...spec.groups, group] }
      throw new RpcRefusal('EntityAlreadyExists.User.Group', `The user ${user} is in the group already.`, 409)
    })
    return {}
  },
  RemoveUserFromGroup: async ({ services, account, input }) => {
    const { user, group } = membership({ services, account, input })
    await change(services.resources.users, account, user, spec => {
      const groups = spec.groups.filter(name => name !== group)
      if (groups.length < spec.groups.length) return { ...spec, groups }
      throw new RpcRefusal('EntityNotExist.User.Group', `The user ${user} is not in the group.`, 404)
    })
    return {}
  },
  ListGroupsForUser: ({ services, account, input }) => {
    const { spec } = services.resources.users.get(account, input.name('UserName'))
    const Group = spec.groups.map(name => {
      const { GroupId, GroupName, Comments } = groupView(
        services,
        account,
        services.resources.groups.get(account, name),
      )
      return { GroupId, GroupName, Comments }
    })
    return { Groups: { Group } }
  },
  ListUsersForGroup: call => {
    const { services, account, input } = call
    const group = input.name('GroupName')
    services.resources.groups.get(account, group)
    const page = pageOf(members(call, group), ({ name }) => name, input)
    const User = page.items.map(user => ({ UserName: user.name, DisplayName: displayName(user) }))
    return { Users: { User }, ...page.members }
  },
}

function membership({ services, account, input }: Pick<Call, 'services' | 'account' | 'input'>) {
  const user = input.name('UserName')
  const group = input.name('GroupName')
  services.resources.users.get(account, user)
  services.resources.groups.get(account, group)
  return { user, group }
}

function members({ services, account }: Pick<Call, 'services' | 'account'>, group: string) {
  return services.resources.users.all(account).filter(({ spec }) => spec.groups.includes(group))
}

function groupView(services: Services, account: string, group: Resource<GroupSpec>) {
  const { name, spec, createdAtMs, updatedAtMs } = group
  return {
    GroupId: groupId(services.resources.snapshots.current(), account, name),
    GroupName: name,
    Comments: spec.description,
    CreateDate: timeText(createdAtMs),
    UpdateDate: timeText(updatedAtMs),
  }
}
