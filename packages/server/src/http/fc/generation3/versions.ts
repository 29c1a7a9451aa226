import { Type } from 'typebox'
import type { AliasSpec, Resource, VersionView } from '../../../resources/index.ts'
import { answered, type Handler, jsonHandler, nothing, queryOf } from '../call.ts'
import { changing, creating } from '../creating.ts'
import { timeOf } from '../model/index.ts'
import { pageOf, textOrder } from '../paging.ts'
import type { FcParts } from '../parts.ts'
import { invalidArgument } from '../refusal.ts'
import type { SubjectOf } from '../subject.ts'

const Description = Type.Optional(Type.String({ maxLength: 256 }))
const VersionId = Type.String({ minLength: 1, maxLength: 10 })
const Weights = Type.Optional(Type.Record(Type.String(), Type.Number({ minimum: 0, maximum: 1 })))
const CreateAlias = Type.Object({
  aliasName: Type.String({ minLength: 1, maxLength: 128 }),
  versionId: VersionId,
  description: Description,
  additionalVersionWeight: Weights,
})
const UpdateAlias = Type.Object({
  versionId: Type.Optional(VersionId),
  description: Description,
  additionalVersionWeight: Weights,
})

/** Versions of functions (function-compute section 9.2). */
export function versionHandlers({ services: { resources } }: FcParts, subjectOf: SubjectOf) {
  const { versions, functions } = resources

  const publish = jsonHandler(
    Type.Object({ description: Description }),
    async (call, { description = '' }) => {
      const { account, name } = await subjectOf(call)
      return answered(shownVersion(await versions.publish(account, name, description)))
    },
  )

  const listVersions: Handler = async call => {
    const { account, name } = await subjectOf(call)
    const isForward = queryOf(call, 'direction')?.toUpperCase() === 'FORWARD'
    const order = (left: string, right: string): number =>
      isForward ? Number(left) - Number(right) : Number(right) - Number(left)
    const all = functions.view(account, name).versions.values()
    const { items, ...next } = pageOf(call, all, ({ version }) => version, order)
    const direction = isForward ? 'FORWARD' : 'BACKWARD'
    return answered({ versions: items.map(shownVersion), direction, ...next })
  }

  const deleteVersion: Handler = async call => {
    const { account, name } = await subjectOf(call)
    await versions.delete(account, name, call.params['version'] ?? '')
    return nothing
  }

  return { publish, listVersions, deleteVersion }
}

/** Names that point to versions (function-compute section 9.2). */
export function aliasHandlers({ services: { resources } }: FcParts, subjectOf: SubjectOf) {
  const { aliases, functions } = resources

  const createAlias = jsonHandler(CreateAlias, async (call, input) => {
    const { account, name } = await subjectOf(call)
    const { aliasName, versionId, description = '', additionalVersionWeight } = input
    const spec = { description, version: versionId, ...canaryOf(additionalVersionWeight) }
    await creating('Alias', `alias '${aliasName}'`, () => aliases.put(account, name, aliasName, spec, 0))
    return answered(shownAlias(aliases.get(account, name, aliasName)))
  })

  const updateAlias = jsonHandler(UpdateAlias, async (call, input) => {
    const { account, name } = await subjectOf(call)
    const alias = call.params['alias'] ?? ''
    await changing(async () => {
      const { spec, revision } = aliases.get(account, name, alias)
      const { canary: before, ...rest } = spec
      const weights = input.additionalVersionWeight
      const canary =
        weights === undefined ? (before === undefined ? {} : { canary: before }) : canaryOf(weights)
      const changed = {
        ...rest,
        version: input.versionId ?? spec.version,
        description: input.description ?? spec.description,
        ...canary,
      }
      await aliases.put(account, name, alias, changed, revision)
    })
    return answered(shownAlias(aliases.get(account, name, alias)))
  })

  const getAlias: Handler = async call => {
    const { account, name } = await subjectOf(call)
    return answered(shownAlias(aliases.get(account, name, call.params['alias'] ?? '')))
  }

  const listAliases: Handler = async call => {
    const { account, name } = await subjectOf(call)
    const prefix = queryOf(call, 'prefix') ?? ''
    const found = [...functions.view(account, name).aliases.values()].filter(alias =>
      alias.name.startsWith(prefix),
    )
    const { items, ...next } = pageOf(call, found, alias => alias.name, textOrder)
    return answered({ aliases: items.map(shownAlias), ...next })
  }

  const deleteAlias: Handler = async call => {
    const { account, name } = await subjectOf(call)
    await aliases.delete(account, name, call.params['alias'] ?? '')
    return nothing
  }

  return { createAlias, updateAlias, getAlias, listAliases, deleteAlias }
}

/** One more version at most gets a share of the calls. A weight of nothing is none. */
function canaryOf(weights: Readonly<Record<string, number>> = {}): Pick<AliasSpec, 'canary'> {
  const [first, ...others] = Object.entries(weights)
  if (others.length > 0) throw invalidArgument('additionalVersionWeight names one version at most')
  return first === undefined ? {} : { canary: { version: first[0], weight: first[1] } }
}

function shownVersion({ version, description, createdAtMs }: VersionView) {
  const time = timeOf(createdAtMs)
  return { versionId: version, description, createdTime: time, lastModifiedTime: time }
}

function shownAlias({ name, spec, createdAtMs, updatedAtMs }: Resource<AliasSpec>) {
  const { version, description, canary } = spec
  return {
    aliasName: name,
    versionId: version,
    description,
    additionalVersionWeight: canary === undefined ? {} : { [canary.version]: canary.weight },
    createdTime: timeOf(createdAtMs),
    lastModifiedTime: timeOf(updatedAtMs),
  }
}
