import { operationAccess } from './access.ts'
import type { CompatibleAction, CompatibleInterface } from '../compatibility.ts'

const notes: Readonly<Record<string, string>> = {
  CreateUser: 'the name is one of the platform: letters, digits, ".", "_" and "-"',
  UpdateUser: 'NewUserName is refused: names stay',
  UpdateGroup: 'NewGroupName is refused: names stay',
  CreateRole: 'Tag is ignored',
  CreatePolicy: 'Tag is ignored',
  DeletePolicy: 'CascadingDelete takes it away from whoever has it, and needs the permissions for that',
  CreateAccessKey: 'five keys a user; without UserName it is the caller, who must be a user',
  AddUserToGroup: 'needs ram:AttachPolicyToUser, too: a membership gives policies',
  SetDefaultPolicyVersion: 'needs ram:UpdatePolicy, too',
  ListPoliciesForUser: 'without AttachDate, which is not kept',
  ListPoliciesForGroup: 'likewise',
  ListPoliciesForRole: 'likewise',
  ListEntitiesForPolicy: 'likewise',
}

/** What is refused, and why. */
export const refusedActions: Readonly<Record<string, string>> = {
  GetAccessKeyLastUsed: 'when a key was last used is not kept',
  ...named('passwords and other settings of the console of the cloud are not here', [
    'CreateLoginProfile',
    'GetLoginProfile',
    'UpdateLoginProfile',
    'DeleteLoginProfile',
    'ChangePassword',
    'SetPasswordPolicy',
    'GetPasswordPolicy',
    'SetSecurityPreference',
    'GetSecurityPreference',
    'SetAccountAlias',
    'GetAccountAlias',
    'ClearAccountAlias',
  ]),
  ...named('there are no second factors here', [
    'CreateVirtualMFADevice',
    'DeleteVirtualMFADevice',
    'ListVirtualMFADevices',
    'BindMFADevice',
    'UnbindMFADevice',
    'GetUserMFAInfo',
  ]),
  ...named('roles and policies have no tags here', ['TagResources', 'UntagResources', 'ListTagResources']),
  DecodeDiagnosticMessage: 'refusals say in clear what they are about',
}

function named(reason: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map(name => [name, reason]))
}

/** What `docs/reference/compatibility.md` tells of this folder. */
export const compatibleInterfaces: readonly CompatibleInterface[] = [
  {
    title: 'Alibaba Cloud RAM, 2015-05-01',
    client: '`@alicloud/ram20150501` 1.2.1',
    guide: 'guides/permissions.md',
    actions: [
      ...Object.keys(operationAccess).map((name): CompatibleAction => {
        const note = notes[name]
        return { name, verdict: 'works', ...(note === undefined ? {} : { note }) }
      }),
      ...Object.entries(refusedActions).map(
        ([name, note]): CompatibleAction => ({ name, verdict: 'refused', note }),
      ),
    ],
  },
]
