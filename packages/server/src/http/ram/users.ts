import type { Resource, UserSpec } from '../../resources/index.ts'
import { userId } from '../principal-ids.ts'
import { RpcRefusal } from '../rpc-service.ts'
import type { Services } from '../services.ts'
import type { Input } from './input.ts'
import { type Call, change, type Operation } from './operation.ts'
import { pageOf, timeText } from './paging.ts'

/** Under this name a user keeps what only this interface knows of people. */
const foreignName = 'ram'
const peopleMembers = ['DisplayName', 'MobilePhone', 'Email'] as const
type People = Partial<Record<(typeof peopleMembers)[number], string>>

/** Users (identity section 1.3). They keep their names: keys, records and policies know them by it. */
export const userOperations: Readonly<Record<string, Operation>> = {
  CreateUser: async ({ services, account, input }) => {
    const name = input.name('UserName')
    const people = peopleOf(input, '')
    const description = input.text('Comments') ?? ''
    const spec = { description, ...foreignOf(undefined, people) }
    await services.resources.users.put(account, name, spec, 0)
    return { User: userView(services, account, services.resources.users.get(account, name)) }
  },
  GetUser: ({ services, account, input }) => {
    const user = services.resources.users.get(account, input.name('UserName'))
    return { User: userView(services, account, user) }
  },
  ListUsers: ({ services, account, input }) => {
    const page = pageOf(services.resources.users.all(account), ({ name }) => name, input)
    return { Users: { User: page.items.map(user => userView(services, account, user)) }, ...page.members }
  },
  UpdateUser: async ({ services, account, input }) => {
    const name = input.name('UserName')
    checkSameName(input, 'NewUserName', name)
    const people = peopleOf(input, 'New')
    const comments = input.change('NewComments')
    await change(services.resources.users, account, name, spec => ({
      ...spec,
      ...(comments === undefined ? {} : { description: comments }),
      ...foreignOf(spec.foreign, { ...peopleIn(spec), ...people }),
    }))
    return { User: userView(services, account, services.resources.users.get(account, name)) }
  },
  DeleteUser: async call => {
    const { services, account, input } = call
    const name = input.name('UserName')
    const { spec, revision } = services.resources.users.get(account, name)
    if (services.resources.accessKeys.list(account, name).length > 0)
      throw stillHas('User', 'AccessKey', name)
    if (spec.groups.length > 0) throw stillHas('User', 'Group', name)
    if (spec.policies.length > 0) throw stillHas('User', 'Policy', name)
    await services.resources.users.delete(account, name, revision)
    return {}
  },
}

/** Why something cannot be deleted: what it has, or who has it, is to go first. */
export function stillHas(kind: string, part: string, name: string): RpcRefusal {
  return new RpcRefusal(
    `DeleteConflict.${kind}.${part}`,
    `The ${kind.toLowerCase()} ${name} still has a ${part.toLowerCase()}; take it away first.`,
    409,
  )
}

/** Refuses to rename: what is there already knows the thing by its name. */
export function checkSameName(input: Input, parameter: string, name: string): void {
  const other = input.text(parameter)
  if (other === undefined || other === name) return
  throw new RpcRefusal(`InvalidParameter.${parameter}`, 'Here a name stays what it is; make another one.')
}

export function userView(services: Services, account: string, user: Resource<UserSpec>) {
  const { name, spec, createdAtMs, updatedAtMs } = user
  return {
    UserId: userId(services.resources.snapshots.current(), account, name),
    UserName: name,
    DisplayName: displayName(user),
    MobilePhone: '',
    Email: '',
    ...peopleIn(spec),
    Comments: spec.description,
    CreateDate: timeText(createdAtMs),
    UpdateDate: timeText(updatedAtMs),
  }
}

/** As people call it; its name where nobody said so. */
export function displayName({ name, spec }: Resource<UserSpec>): string {
  return peopleIn(spec).DisplayName ?? name
}

/** The user whose keys are meant: the one that is named, or the caller. */
export function userOf({ actor, input }: Pick<Call, 'actor' | 'input'>): string {
  if (input.text('UserName') !== undefined || actor.kind !== 'user') return input.name('UserName')
  return actor.name
}

function peopleOf(input: Input, prefix: string): People {
  const found = peopleMembers.flatMap(name => {
    const value = input.change(`${prefix}${name}`, 128)
    return value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(found) as People
}

function peopleIn({ foreign }: UserSpec): People {
  return foreign?.[foreignName] ?? {}
}

function foreignOf(foreign: UserSpec['foreign'], people: People): Pick<UserSpec, 'foreign'> {
  const kept = Object.entries(people).filter(([, value]) => value !== '')
  return { foreign: { ...foreign, [foreignName]: Object.fromEntries(kept) } }
}
