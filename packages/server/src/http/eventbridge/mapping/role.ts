import { roleNameOf } from '../../../resources/index.ts'
import type { Members } from './members.ts'

/** Members that name a role; each kind of target, source and sink has one of them, or none (sections 7.3, 8.2 and 8.3). */
const roleMembers = ['RoleName', 'RAMRoleName', 'RoleArn']

/** The role of the account by which the parameters say that their system is used; `undefined` when they name none. */
export function roleOf(members: Members, account: string): string | undefined {
  const given = roleMembers.map(name => members.constant(name)).find(text => text !== '')
  if (given === undefined) return undefined
  const role = roleNameOf(account, given)
  if (role === undefined) throw members.ineffective(`${given.slice(0, 200)} is no role of the account`)
  return role
}
