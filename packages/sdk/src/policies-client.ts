import { MillraceError } from './error.ts'
import type { AccessExplanation, PolicyDocument, PolicySpec } from './identity.ts'
import { ResourceClient } from './resource-client.ts'
import type { PutResult, Resource } from './resources.ts'

/** One version of a policy. */
export interface PolicyVersion {
  /** `v` and a number. */
  id: string
  isDefault: boolean
  createdAtMs: number
  document: PolicyDocument
}

/** Policies, and the versions that the server keeps of each: five at most. */
export class PoliciesClient extends ResourceClient<PolicySpec> {
  /**
   * Whether `user/NAME`, `role/NAME` or `root` may do something, and which statement decides. Conditions see the tags that the resource has,
   * and `requestTags` as those that a request would give.
   */
  explain(
    principal: string,
    action: string,
    resource: string,
    options: { readonly requestTags?: Readonly<Record<string, string>> } = {},
  ): Promise<AccessExplanation> {
    return this.transport.json('POST', '/api/v1/explain-access', { principal, action, resource, ...options })
  }

  /** The versions of a policy, the oldest first. */
  async versions(name: string): Promise<PolicyVersion[]> {
    return versionsOf(await this.get(name))
  }

  /**
   * Puts a version in force, unless the policy was changed meanwhile. Refuses `resource.not-found` when it is not kept, and
   * `resource.conflict`.
   */
  async useVersion(name: string, id: string): Promise<PutResult> {
    const policy = await this.get(name)
    const all = versionsOf(policy)
    const chosen = all.find(one => one.id === id)
    if (chosen === undefined) {
      const kept = all.map(one => one.id).join(', ')
      const message = `the policy ${name} has no version ${id}; kept are ${kept}`
      throw new MillraceError('resource.not-found', message, 404)
    }
    const kept = all
      .filter(one => one !== chosen)
      .map(({ id: other, createdAtMs, document }) => ({ id: other, createdAtMs, document }))
    const next = policy.spec.versions?.next ?? 2
    const versions = { default: id, createdAtMs: chosen.createdAtMs, next, kept }
    const spec = { ...policy.spec, document: chosen.document, versions }
    return await this.put(name, spec, { revision: policy.revision })
  }
}

function versionsOf({ spec, createdAtMs }: Resource<PolicySpec>): PolicyVersion[] {
  const {
    default: id,
    kept,
    createdAtMs: madeAtMs,
  } = spec.versions ?? { default: 'v1', kept: [], createdAtMs }
  const inForce = { id, isDefault: true, createdAtMs: madeAtMs, document: spec.document }
  const numberOf = (version: PolicyVersion): number => Number(version.id.slice(1))
  return [...kept.map(one => ({ ...one, isDefault: false })), inForce].toSorted(
    (left, right) => numberOf(left) - numberOf(right),
  )
}
