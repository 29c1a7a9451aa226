import {
  listVersions,
  notFound,
  type PolicySpec,
  type PolicyVersion,
  policyVersionsMax,
  versionsOf,
  withVersions,
} from '../../resources/index.ts'
import { RpcRefusal } from '../rpc-service.ts'
import { policyOf } from './attachments.ts'
import { type Call, change, type Operation } from './operation.ts'
import { systemVersionView, versionViews } from './policy-view.ts'

const rotations = ['None', 'DeleteOldestNonDefaultVersionWhenLimitExceeded'] as const

/** Versions of policies: one is in force, five are kept. */
export const policyVersionOperations: Readonly<Record<string, Operation>> = {
  CreatePolicyVersion: async call => {
    const { services, input } = call
    const document = input.requiredDocument('PolicyDocument')
    const rotates = (input.word('RotateStrategy', rotations) ?? 'None') !== 'None'
    const isDefault = input.flag('SetAsDefault')
    let id = ''
    await changeVersions(call, (all, next) => {
      id = `v${next}`
      const made = { id, isDefault, createdAtMs: services.clock.nowMs(), document }
      const kept = withRoom(all, rotates)
      return [...kept.map(one => (isDefault ? { ...one, isDefault: false } : one)), made]
    })
    const versions = versionViews(services.resources.policies.get(call.account, input.name('PolicyName')))
    return { PolicyVersion: versions.find(({ VersionId }) => VersionId === id) }
  },
  GetPolicyVersion: call => {
    const id = call.input.required('VersionId')
    const found = versionsFor(call).find(({ VersionId }) => VersionId === id)
    if (found === undefined) throw noVersion(id)
    return { PolicyVersion: found }
  },
  ListPolicyVersions: call => ({ PolicyVersions: { PolicyVersion: versionsFor(call) } }),
  SetDefaultPolicyVersion: async call => {
    const id = call.input.required('VersionId')
    await changeVersions(call, all => {
      if (!all.some(one => one.id === id)) throw noVersion(id)
      return all.map(one => ({ ...one, isDefault: one.id === id }))
    })
    return {}
  },
  DeletePolicyVersion: async call => {
    const id = call.input.required('VersionId')
    await changeVersions(call, all => {
      const found = all.find(one => one.id === id)
      if (found === undefined) throw noVersion(id)
      if (!found.isDefault) return all.filter(one => one !== found)
      const message = `The version ${id} is in force; put another one in force first.`
      throw new RpcRefusal('DeleteConflict.Policy.Version.Default', message, 409)
    })
    return {}
  },
}

function versionsFor(call: Call) {
  const { type, name } = policyOf(call)
  if (type === 'System') return [systemVersionView(name)]
  return versionViews(call.services.resources.policies.get(call.account, name))
}

/** Changes the versions of a policy of the account. A version that is added has the next number. */
async function changeVersions(
  { services, account, input }: Call,
  changed: (all: readonly PolicyVersion[], next: number) => readonly PolicyVersion[],
): Promise<void> {
  const name = input.name('PolicyName')
  await change(services.resources.policies, account, name, (spec: PolicySpec, createdAtMs) => {
    const { next } = versionsOf(spec, createdAtMs)
    const all = listVersions(spec, createdAtMs)
    const after = changed(all, next)
    const isMore = after.some(({ id }) => id === `v${next}`)
    return withVersions(spec, after, isMore ? next + 1 : next)
  })
}

/** The versions to which one more can be added. */
function withRoom(all: readonly PolicyVersion[], rotates: boolean): readonly PolicyVersion[] {
  if (all.length < policyVersionsMax) return all
  const oldest = all.find(({ isDefault }) => !isDefault)
  if (rotates && oldest !== undefined) return all.filter(one => one !== oldest)
  const message = `A policy has ${policyVersionsMax} versions at most; delete one first.`
  throw new RpcRefusal('LimitExceeded.Policy.Version', message, 409)
}

function noVersion(id: string) {
  return notFound('policy version', id.slice(0, 64))
}
