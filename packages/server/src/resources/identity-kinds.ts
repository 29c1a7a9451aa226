import { AppError, retryNever } from '@millrace/spi'
import type { Control, ResourcesHost } from './control.ts'
import { GroupSpec, PolicySpec, RoleSpec, UserSpec } from './identity.ts'
import { busKey } from './names.ts'
import type { NamedKind } from './named-store.ts'
import { userOfRole } from './role-use.ts'
import type { NamedView } from './snapshot.ts'
import { completeVersions } from './policy-versions.ts'
import { specParser } from './spec.ts'

/** What the control plane must be told about policies, whose language it does not know. */
export interface PolicyHost {
  /** Throws when the document is none of the language. */
  checkDocument(document: object, kind: 'identity' | 'trust'): void
  /** Whether every account has a policy of this name. */
  isSystemPolicy(name: string): boolean
}

export const userKind: NamedKind<UserSpec> = {
  title: 'user',
  of: control => control.users,
  quota: 'users',
  parse: specParser('user', UserSpec),
  complete: (host, account, spec, control) => {
    checkPolicies(host, account, spec.policies, control)
    const missing = spec.groups.find(group => !control.groups.has(busKey(account, group)))
    if (missing !== undefined) throw invalid('groups', `there is no group ${missing}`)
    return Promise.resolve(spec)
  },
  checkUnused: (control, { account, name }) => {
    const keys = [...control.accessKeys.values()].filter(key => key.account === account && key.user === name)
    if (keys.length > 0)
      throw inUse(`the user ${name} has ${keys.length} keys; delete them first`, `user ${name}`)
  },
}

export const groupKind: NamedKind<GroupSpec> = {
  title: 'group',
  of: control => control.groups,
  quota: 'groups',
  parse: specParser('group', GroupSpec),
  complete: (host, account, spec, control) => {
    checkPolicies(host, account, spec.policies, control)
    return Promise.resolve(spec)
  },
  checkUnused: (control, { account, name }) => {
    const member = [...control.users.values()].find(
      user => user.account === account && user.spec.groups.includes(name),
    )
    if (member !== undefined)
      throw inUse(`the user ${member.name} is in the group ${name}`, `user ${member.name}`)
  },
}

export const roleKind: NamedKind<RoleSpec> = {
  title: 'role',
  of: control => control.roles,
  quota: 'roles',
  parse: specParser('role', RoleSpec),
  complete: (host, account, spec, control) => {
    checkPolicies(host, account, spec.policies, control)
    host.policies?.checkDocument(spec.trust, 'trust')
    return Promise.resolve(spec)
  },
  checkUnused: (control, view) => {
    const user = userOfRole(control, view)
    if (user !== undefined) throw inUse(`the ${user} acts by the role ${view.name}`, user)
  },
}

export const policyKind: NamedKind<PolicySpec> = {
  title: 'policy',
  of: control => control.policies,
  quota: 'policies',
  parse: specParser('policy', PolicySpec),
  complete: (host, _account, spec, _control, before) => {
    host.policies?.checkDocument(spec.document, 'identity')
    for (const { document } of spec.versions?.kept ?? []) {
      host.policies?.checkDocument(document, 'identity')
    }
    return Promise.resolve(completeVersions(spec, before, host.clock.nowMs()))
  },
  checkName: (host, name) => {
    if (host.policies?.isSystemPolicy(name) === true) {
      throw invalid('name', `${name} is a policy of the system, which cannot be changed`)
    }
  },
  checkUnused: (control, view) => {
    const user = attachedTo(control, view)
    if (user !== undefined) throw inUse(`${user} has the policy ${view.name}`, user)
  },
}

function checkPolicies(
  host: ResourcesHost,
  account: string,
  names: readonly string[],
  control: Control,
): void {
  const missing = names.find(
    name => !control.policies.has(busKey(account, name)) && host.policies?.isSystemPolicy(name) !== true,
  )
  if (missing !== undefined) throw invalid('policies', `there is no policy ${missing}`)
}

/** The first user, group or role of the account that has the policy. */
function attachedTo(control: Control, { account, name }: NamedView<PolicySpec>): string | undefined {
  for (const kind of ['users', 'groups', 'roles'] as const) {
    for (const holder of control[kind].values()) {
      if (holder.account !== account || !holder.spec.policies.includes(name)) continue
      return `${kind.slice(0, -1)} ${holder.name}`
    }
  }
  return undefined
}

function invalid(path: string, message: string): AppError {
  return new AppError('identity.invalid', message, retryNever, { details: { path } })
}

function inUse(message: string, user: string): AppError {
  return new AppError('resource.in-use', message, retryNever, { details: { user } })
}
