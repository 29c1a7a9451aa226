import { type Static, Type } from 'typebox'
import { Foreign } from './foreign.ts'
import { Name } from './names.ts'
import { PolicyDocument, PolicyVersions } from './policy-versions.ts'

const description = Type.String({ default: '', maxLength: 1_024, description: 'For people.' })
const policies = Type.Array(Name, {
  default: [],
  maxItems: 20,
  uniqueItems: true,
  description: 'Names of policies, those of the system included, such as `ReadOnlyAccess`.',
})

/** A person or a program. What it may do is what its policies and those of its groups allow. */
export const UserSpec = Type.Object(
  {
    description,
    policies,
    groups: Type.Array(Name, { default: [], maxItems: 50, uniqueItems: true }),
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type UserSpec = Static<typeof UserSpec>

/** Policies that several users have; a group itself has no keys. */
export const GroupSpec = Type.Object({ description, policies }, { additionalProperties: false })
export type GroupSpec = Static<typeof GroupSpec>

/** Rights that others take on for a while. */
export const RoleSpec = Type.Object(
  {
    description,
    policies,
    trust: Type.Unsafe<Static<typeof PolicyDocument>>({
      ...PolicyDocument,
      description: 'A policy that says who may take on the role: users, roles, services.',
    }),
    sessionSecondsMax: Type.Integer({
      default: 3_600,
      minimum: 3_600,
      maximum: 43_200,
      description: 'How long temporary credentials of the role last at most.',
    }),
  },
  { additionalProperties: false },
)
export type RoleSpec = Static<typeof RoleSpec>

/** A policy that users, groups and roles name. */
export const PolicySpec = Type.Object(
  {
    description,
    document: Type.Unsafe<Static<typeof PolicyDocument>>({
      ...PolicyDocument,
      description: 'Of the policy language, version 1: 6,144 characters at most.',
    }),
    versions: Type.Optional(PolicyVersions),
  },
  { additionalProperties: false },
)
export type PolicySpec = Static<typeof PolicySpec>

/** A key of a user. The secret lies sealed; it is shown once, when the key is made. */
export interface AccessKeyView {
  readonly id: string
  readonly account: string
  readonly user: string
  readonly description: string
  readonly disabled: boolean
  readonly sealedSecret: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** What is changed of a key. */
export const AccessKeyChange = Type.Object(
  {
    description: Type.Optional(Type.String({ maxLength: 1_024 })),
    disabled: Type.Optional(
      Type.Boolean({ description: 'A key that is disabled is refused as if it were not there.' }),
    ),
  },
  { additionalProperties: false },
)
export type AccessKeyChange = Static<typeof AccessKeyChange>
