import { systemPolicies } from '../../auth/index.ts'
import {
  listVersions,
  type PolicySpec,
  type PolicyVersion,
  type Resource,
  versionsOf,
} from '../../resources/index.ts'
import type { Services } from '../services.ts'
import { timeText } from './paging.ts'

/** Policies that every account has are of one version, and were never made. */
const systemVersion = 'v1'

/** A policy as lists of attachments show it. */
export function policySummary({ resources }: Services, account: string, name: string) {
  if (systemPolicies().has(name)) return systemView(name)
  return customView(resources.policies.get(account, name))
}

export function systemView(name: string) {
  return { PolicyName: name, PolicyType: 'System', Description: '', DefaultVersion: systemVersion }
}

export function customView({ name, spec, createdAtMs, updatedAtMs }: Resource<PolicySpec>) {
  return {
    PolicyName: name,
    PolicyType: 'Custom',
    Description: spec.description,
    DefaultVersion: versionsOf(spec, createdAtMs).default,
    CreateDate: timeText(createdAtMs),
    UpdateDate: timeText(updatedAtMs),
  }
}

/** The versions of a policy, the oldest first. */
export function versionViews({ spec, createdAtMs }: Resource<PolicySpec>) {
  return listVersions(spec, createdAtMs).map(versionView)
}

export function systemVersionView(name: string) {
  const document = systemPolicies().get(name)?.document ?? {}
  return { VersionId: systemVersion, IsDefaultVersion: true, PolicyDocument: JSON.stringify(document) }
}

function versionView({ id, isDefault, createdAtMs, document }: PolicyVersion) {
  return {
    VersionId: id,
    IsDefaultVersion: isDefault,
    CreateDate: timeText(createdAtMs),
    PolicyDocument: JSON.stringify(document),
  }
}
