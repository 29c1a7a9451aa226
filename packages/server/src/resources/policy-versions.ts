import { isDeepStrictEqual } from 'node:util'
import { AppError, retryNever } from '@millrace/spi'
import { type Static, Type } from 'typebox'

/** Versions that a policy has at most, the one in force among them (identity section 1.1). */
export const policyVersionsMax = 5

/** A document of the policy language; what it may hold is the language's own business. */
export const PolicyDocument = Type.Object({}, { additionalProperties: true })
type PolicyDocument = Static<typeof PolicyDocument>

const VersionId = Type.String({ pattern: '^v[1-9][0-9]{0,8}$', description: '`v` and a number.' })
const CreatedAtMs = Type.Integer({ minimum: 0, description: 'Milliseconds since the epoch.' })

/** The versions of a policy besides its document, which is that of the one in force. */
export const PolicyVersions = Type.Object(
  {
    default: { ...VersionId, description: 'The version in force, whose document is that of the policy.' },
    createdAtMs: CreatedAtMs,
    next: Type.Integer({
      minimum: 2,
      maximum: 999_999_999,
      description: 'Number of the next version: none is used twice.',
    }),
    kept: Type.Array(
      Type.Object(
        { id: VersionId, createdAtMs: CreatedAtMs, document: PolicyDocument },
        { additionalProperties: false },
      ),
      { maxItems: policyVersionsMax - 1, description: 'Versions that are not in force, the oldest first.' },
    ),
  },
  {
    additionalProperties: false,
    description: 'Kept by the server: each change of the document makes a version, and the newest five stay.',
  },
)
export type PolicyVersions = Static<typeof PolicyVersions>

/** A policy as far as its versions go. */
export interface VersionedPolicy {
  readonly document: PolicyDocument
  readonly versions?: PolicyVersions
}

/** One version with everything that is known of it. */
export interface PolicyVersion {
  readonly id: string
  readonly isDefault: boolean
  readonly createdAtMs: number
  readonly document: PolicyDocument
}

/** The versions of a policy that was written before there were any: its document is the first. */
export function versionsOf({ versions }: VersionedPolicy, createdAtMs: number): PolicyVersions {
  return versions ?? { default: 'v1', createdAtMs, next: 2, kept: [] }
}

/** All versions of a policy, the oldest first. */
export function listVersions(policy: VersionedPolicy, createdAtMs: number): PolicyVersion[] {
  const { default: id, kept, createdAtMs: madeAtMs } = versionsOf(policy, createdAtMs)
  const inForce = { id, isDefault: true, createdAtMs: madeAtMs, document: policy.document }
  return [...kept.map(one => ({ ...one, isDefault: false })), inForce].toSorted(
    (left, right) => numberOf(left.id) - numberOf(right.id),
  )
}

/** The same policy with these versions, of which exactly one is in force. */
export function withVersions<Policy extends VersionedPolicy>(
  policy: Policy,
  all: readonly PolicyVersion[],
  next: number,
): Policy {
  const inForce = all.find(({ isDefault }) => isDefault)
  if (inForce === undefined) throw invalid('no version is in force')
  const kept = all
    .filter(one => one !== inForce)
    .map(({ id, createdAtMs, document }) => ({ id, createdAtMs, document }))
  const versions = { default: inForce.id, createdAtMs: inForce.createdAtMs, next, kept }
  return { ...policy, document: inForce.document, versions }
}

/**
 * A policy that is written, with its versions: another document is a new one, which is in force at once, and the oldest goes when there
 * are five. Whoever says himself what the versions are is believed, as long as it can be.
 */
export function completeVersions<Policy extends VersionedPolicy>(
  policy: Policy,
  before: { readonly spec: Policy; readonly createdAtMs: number } | undefined,
  nowMs: number,
): Policy {
  if (before === undefined) return { ...policy, versions: checked(versionsOf(policy, nowMs)) }
  const had = versionsOf(before.spec, before.createdAtMs)
  if (policy.versions !== undefined && !isDeepStrictEqual(policy.versions, had)) {
    return { ...policy, versions: checked(policy.versions) }
  }
  if (isDeepStrictEqual(policy.document, before.spec.document)) return { ...policy, versions: had }
  const older = listVersions(before.spec, before.createdAtMs).map(one => ({ ...one, isDefault: false }))
  const made = { id: `v${had.next}`, isDefault: true, createdAtMs: nowMs, document: policy.document }
  return withVersions(policy, [...older.slice(1 - policyVersionsMax), made], had.next + 1)
}

function checked(versions: PolicyVersions): PolicyVersions {
  const ids = [versions.default, ...versions.kept.map(({ id }) => id)]
  if (new Set(ids).size < ids.length) throw invalid('two versions have the same name')
  if (ids.some(id => numberOf(id) >= versions.next)) throw invalid('a version has the number of a later one')
  return versions
}

function numberOf(id: string): number {
  return Number(id.slice(1))
}

function invalid(message: string): AppError {
  return new AppError('identity.invalid', message, retryNever, { details: { path: 'versions' } })
}
