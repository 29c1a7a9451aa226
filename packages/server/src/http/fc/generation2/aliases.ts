import { type Static, Type } from 'typebox'
import type { AliasSpec } from '../../../resources/index.ts'
import { answered, type Handler, jsonHandler, nothing, queryOf } from '../call.ts'
import { changing, creating } from '../creating.ts'
import { timeOf } from '../model/index.ts'
import { pageOf } from '../paging.ts'
import type { FcParts } from '../parts.ts'
import { invalidArgument } from '../refusal.ts'
import { nameInService, type ServiceAlias, type ServiceBook } from './service-book.ts'
import { serviceOf } from './subject.ts'

const fields = {
  description: Type.Optional(Type.String({ maxLength: 256 })),
  additionalVersionWeight: Type.Optional(Type.Record(Type.String(), Type.Number({ minimum: 0, maximum: 1 }))),
  resolvePolicy: Type.Optional(Type.String({ maxLength: 64 })),
  routePolicy: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
}
const VersionId = Type.String({ minLength: 1, maxLength: 10 })
const CreateAlias = Type.Object({
  aliasName: Type.String({ pattern: '^[A-Za-z_-][A-Za-z0-9_-]{0,127}$' }),
  versionId: VersionId,
  ...fields,
})
const UpdateAlias = Type.Object({ versionId: Type.Optional(VersionId), ...fields })

/** Aliases of services: each is an alias of the same name in every function that the version has. */
export function aliasHandlers(parts: FcParts, book: ServiceBook) {
  const create = jsonHandler(CreateAlias, async (call, { aliasName, ...input }) => {
    const { account } = call
    const { service } = serviceOf(call)
    await book.check(account, service)
    await creating('Alias', `alias '${aliasName}'`, async () => {
      await specsOf(book, account, service, input)
      await book.aliasDocuments.put(account, `${service}/${aliasName}`, input, 0)
    })
    await apply(parts, book, account, service, aliasName)
    return answered(shown(await book.alias(account, service, aliasName)))
  })

  const update = jsonHandler(UpdateAlias, async (call, input) => {
    const { account } = call
    const { service } = serviceOf(call)
    const name = call.params['alias'] ?? ''
    await changing(async () => {
      await book.alias(account, service, name)
      const { value, revision } = await book.aliasDocuments.get(account, `${service}/${name}`)
      const changed = { ...value, ...input } as Static<typeof UpdateAlias> & { versionId: string }
      await specsOf(book, account, service, changed)
      await book.aliasDocuments.put(account, `${service}/${name}`, changed, revision)
    })
    await apply(parts, book, account, service, name)
    return answered(shown(await book.alias(account, service, name)))
  })

  const get: Handler = async call => {
    const { service } = serviceOf(call)
    await book.check(call.account, service)
    return answered(shown(await book.alias(call.account, service, call.params['alias'] ?? '')))
  }

  const list: Handler = async call => {
    const { service } = serviceOf(call)
    await book.check(call.account, service)
    const prefix = queryOf(call, 'prefix') ?? ''
    const found = (await book.aliases(call.account, service)).filter(({ aliasName }) =>
      aliasName.startsWith(prefix),
    )
    const { items, ...next } = pageOf(call, found, ({ aliasName }) => aliasName)
    return answered({ aliases: items.map(shown), ...next })
  }

  const remove: Handler = async call => {
    const { account } = call
    const { service } = serviceOf(call)
    const { aliasName } = await book.alias(account, service, call.params['alias'] ?? '')
    await writeAliases(parts, book, account, service, aliasName, new Map())
    await book.aliasDocuments.delete(account, `${service}/${aliasName}`)
    return nothing
  }

  return { create, update, get, list, remove }
}

type AliasWords = Pick<ServiceAlias, 'versionId'> & {
  readonly description?: string
  readonly additionalVersionWeight?: Readonly<Record<string, number>>
}

/** The alias of each function, by its short name. Refuses versions that the service does not have. */
async function specsOf(
  book: ServiceBook,
  account: string,
  service: string,
  { versionId, description = '', additionalVersionWeight = {} }: AliasWords,
): Promise<Map<string, AliasSpec>> {
  const { functions } = await book.version(account, service, versionId)
  const [additional, ...further] = Object.entries(additionalVersionWeight)
  if (further.length > 0) throw invalidArgument('additionalVersionWeight names one version at most')
  if (additional?.[0] === versionId) throw invalidArgument('additionalVersionWeight names another version')
  const others =
    additional === undefined ? {} : (await book.version(account, service, additional[0])).functions
  const specs = new Map<string, AliasSpec>()
  for (const [short, version] of Object.entries(functions)) {
    const other = others[short]
    const hasCanary = additional !== undefined && other !== undefined && other !== version
    const canary = hasCanary ? { canary: { version: other, weight: additional[1] } } : {}
    specs.set(short, { description, version, ...canary })
  }
  return specs
}

async function apply(
  parts: FcParts,
  book: ServiceBook,
  account: string,
  service: string,
  name: string,
): Promise<void> {
  const specs = await specsOf(book, account, service, await book.alias(account, service, name))
  await writeAliases(parts, book, account, service, name, specs)
}

/** Functions that the version does not have lose the alias: a call by it finds nothing there. */
async function writeAliases(
  { services: { resources } }: FcParts,
  book: ServiceBook,
  account: string,
  service: string,
  name: string,
  specs: ReadonlyMap<string, AliasSpec>,
): Promise<void> {
  for (const short of book.functionsOf(account, service)) {
    const functionName = nameInService(service, short)
    const spec = specs.get(short)
    if (spec !== undefined) await resources.aliases.put(account, functionName, name, spec)
    else if (resources.functions.view(account, functionName).aliases.has(name)) {
      await resources.aliases.delete(account, functionName, name)
    }
  }
}

function shown(alias: ServiceAlias) {
  const { aliasName, versionId, description, additionalVersionWeight, kept, createdAtMs, updatedAtMs } = alias
  return {
    ...kept,
    aliasName,
    versionId,
    description,
    additionalVersionWeight,
    createdTime: timeOf(createdAtMs),
    lastModifiedTime: timeOf(updatedAtMs),
  }
}
