import { isSystemPolicy, systemPolicies } from '../../auth/index.ts'
import { RpcRefusal } from '../rpc-service.ts'
import { type Call, change, type Operation } from './operation.ts'
import { detachFromAll, holderKinds, holdersOf, policyOf, storeOf } from './attachments.ts'
import { pageOf } from './paging.ts'
import { customView, systemVersionView, systemView, versionViews } from './policy-view.ts'
import { stillHas } from './users.ts'

/** Policies, those of the system included (identity section 2.5). */
export const policyOperations: Readonly<Record<string, Operation>> = {
  CreatePolicy: async ({ services, account, input }) => {
    const name = input.name('PolicyName')
    if (isSystemPolicy(name)) {
      throw new RpcRefusal('EntityAlreadyExists.Policy', `The system has a policy ${name}.`, 409)
    }
    const spec = {
      description: input.text('Description') ?? '',
      document: input.requiredDocument('PolicyDocument'),
    }
    await services.resources.policies.put(account, name, spec, 0)
    return { Policy: customView(services.resources.policies.get(account, name)) }
  },
  GetPolicy: call => {
    const { services, account } = call
    const { type, name } = policyOf(call)
    const AttachmentCount = attachmentCounts(call).get(name) ?? 0
    if (type === 'System') {
      const version = systemVersionView(name)
      return {
        Policy: { ...systemView(name), AttachmentCount, PolicyDocument: version.PolicyDocument },
        DefaultPolicyVersion: version,
      }
    }
    const policy = services.resources.policies.get(account, name)
    const version = versionViews(policy).find(one => one.IsDefaultVersion)
    return {
      Policy: { ...customView(policy), AttachmentCount, PolicyDocument: version?.PolicyDocument },
      DefaultPolicyVersion: version,
    }
  },
  ListPolicies: call => {
    const { services, account, input } = call
    const type = input.word('PolicyType', ['System', 'Custom'])
    const custom = type === 'System' ? [] : services.resources.policies.all(account).map(customView)
    const system = type === 'Custom' ? [] : [...systemPolicies().keys()].map(systemView)
    const page = pageOf([...custom, ...system], policy => policy.PolicyName, input)
    const counts = attachmentCounts(call)
    const Policy = page.items.map(policy => ({
      ...policy,
      AttachmentCount: counts.get(policy.PolicyName) ?? 0,
    }))
    return { Policies: { Policy }, ...page.members }
  },
  UpdatePolicyDescription: async ({ services, account, input }) => {
    const name = input.name('PolicyName')
    const description = input.change('NewDescription') ?? ''
    await change(services.resources.policies, account, name, spec => ({ ...spec, description }))
    return { Policy: customView(services.resources.policies.get(account, name)) }
  },
  DeletePolicy: async ({ services, account, input }) => {
    const name = input.name('PolicyName')
    const isCascading = input.flag('CascadingDelete')
    const policy = services.resources.policies.get(account, name)
    if (isCascading) await detachFromAll(services, account, name)
    for (const kind of holderKinds) {
      if (holdersOf(storeOf(services, kind), account, name).length > 0) throw stillHas('Policy', kind, name)
    }
    if (!isCascading && versionViews(policy).length > 1) throw stillHas('Policy', 'Version', name)
    await services.resources.policies.delete(account, name)
    return {}
  },
}

/** How many users, groups and roles have each policy. */
function attachmentCounts({ services, account }: Call): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of holderKinds) {
    for (const { spec } of storeOf(services, kind).all(account)) {
      for (const policy of spec.policies) counts.set(policy, (counts.get(policy) ?? 0) + 1)
    }
  }
  return counts
}
