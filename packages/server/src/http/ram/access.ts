import { type AccessRule, needs } from '../access.ts'
import type { OperationAccess } from './operation.ts'

const user = 'user/:UserName'
const group = 'group/:GroupName'
const role = 'role/:RoleName'
const policy = 'policy/:PolicyName'

function on(action: string, ...resources: readonly string[]): readonly AccessRule[] {
  return resources.flatMap(resource => needs(`ram:${action}`, resource))
}

/**
 * What each operation needs, under the names that the platform's own API has for it. What puts another document in force is an update of the
 * policy, too, and a membership gives policies: a denial of the one could be got round by the other.
 */
export const operationAccess: Readonly<Record<string, OperationAccess>> = {
  CreateUser: on('CreateUser', user),
  GetUser: on('GetUser', user),
  ListUsers: on('ListUsers', 'user/*'),
  UpdateUser: on('UpdateUser', user),
  DeleteUser: on('DeleteUser', user),
  CreateAccessKey: on('CreateAccessKey', user),
  UpdateAccessKey: on('UpdateAccessKey', user),
  ListAccessKeys: on('ListAccessKeys', user),
  DeleteAccessKey: on('DeleteAccessKey', user),
  CreateGroup: on('CreateGroup', group),
  GetGroup: on('GetGroup', group),
  ListGroups: on('ListGroups', 'group/*'),
  UpdateGroup: on('UpdateGroup', group),
  DeleteGroup: on('DeleteGroup', group),
  AddUserToGroup: [...on('AddUserToGroup', user, group), ...on('AttachPolicyToUser', user)],
  RemoveUserFromGroup: on('RemoveUserFromGroup', user, group),
  ListGroupsForUser: on('ListGroupsForUser', user),
  ListUsersForGroup: on('ListUsersForGroup', group),
  CreateRole: on('CreateRole', role),
  GetRole: on('GetRole', role),
  ListRoles: on('ListRoles', 'role/*'),
  UpdateRole: on('UpdateRole', role),
  DeleteRole: on('DeleteRole', role),
  CreatePolicy: on('CreatePolicy', policy),
  GetPolicy: on('GetPolicy', policy),
  ListPolicies: on('ListPolicies', 'policy/*'),
  UpdatePolicyDescription: on('UpdatePolicyDescription', policy),
  DeletePolicy: on('DeletePolicy', policy),
  CreatePolicyVersion: on('CreatePolicyVersion', policy),
  GetPolicyVersion: on('GetPolicyVersion', policy),
  ListPolicyVersions: on('ListPolicyVersions', policy),
  SetDefaultPolicyVersion: [...on('SetDefaultPolicyVersion', policy), ...on('UpdatePolicy', policy)],
  DeletePolicyVersion: on('DeletePolicyVersion', policy),
  AttachPolicyToUser: on('AttachPolicyToUser', user),
  AttachPolicyToGroup: on('AttachPolicyToGroup', group),
  AttachPolicyToRole: on('AttachPolicyToRole', role),
  DetachPolicyFromUser: on('DetachPolicyFromUser', user),
  DetachPolicyFromGroup: on('DetachPolicyFromGroup', group),
  DetachPolicyFromRole: on('DetachPolicyFromRole', role),
  ListPoliciesForUser: on('ListPoliciesForUser', user),
  ListPoliciesForGroup: on('ListPoliciesForGroup', group),
  ListPoliciesForRole: on('ListPoliciesForRole', role),
  ListEntitiesForPolicy: on('ListEntitiesForPolicy', policy),
}

/** Besides that: a version that is in force at once, and a deletion that takes the policy away from whoever has it. */
export function furtherAccess(action: string, is: (flag: string) => boolean): OperationAccess {
  if (action === 'CreatePolicyVersion' && is('SetAsDefault')) {
    return [...on('SetDefaultPolicyVersion', policy), ...on('UpdatePolicy', policy)]
  }
  if (action === 'DeletePolicy' && is('CascadingDelete')) {
    return [
      ...on('DetachPolicyFromUser', 'user/*'),
      ...on('DetachPolicyFromGroup', 'group/*'),
      ...on('DetachPolicyFromRole', 'role/*'),
    ]
  }
  return []
}
