import { type Static, Type } from 'typebox'
import type { ForeignDocument } from '../../../resources/index.ts'
import { answered, type Call, type Handler, isObject, jsonHandler, nothing, queryOf } from '../call.ts'
import { changing, creating } from '../creating.ts'
import { stableId, timeOf } from '../model/index.ts'
import { pageOf } from '../paging.ts'
import type { FcParts } from '../parts.ts'
import { Refusal } from '../refusal.ts'
import { expectedRevision, guarded, tagged } from './entity-tag.ts'
import { nameInService, type ServiceBook } from './service-book.ts'
import { serviceOf } from './subject.ts'

const Settings = () => Type.Optional(Type.Record(Type.String(), Type.Unknown()))
const serviceFields = {
  description: Type.Optional(Type.String({ maxLength: 256 })),
  role: Type.Optional(Type.String({ maxLength: 300 })),
  internetAccess: Type.Optional(Type.Boolean()),
  logConfig: Settings(),
  vpcConfig: Settings(),
  nasConfig: Settings(),
  ossMountConfig: Settings(),
  tracingConfig: Settings(),
}
const UpdateService = Type.Object(serviceFields)
const CreateService = Type.Object({
  serviceName: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$' }),
  ...serviceFields,
})

/** Services of one account that a list looks at; more cannot be. */
const servicesMax = 1_000

/** Services: settings that functions share. Whether they reach the network and their role hold; the rest is kept. */
export function serviceHandlers(parts: FcParts, book: ServiceBook) {
  const create = jsonHandler(CreateService, async (call, { serviceName, ...settings }) => {
    call.passRole(settings.role)
    const written = await creating('Service', `service '${serviceName}'`, () =>
      book.documents.put(call.account, serviceName, settings, 0),
    )
    await applySettings(parts, book, call.account, serviceName, settings)
    return tagged(shown(call.account, written), written.revision)
  })

  const update = jsonHandler(UpdateService, async (call, settings) => {
    call.passRole(settings.role)
    const { service } = serviceOf(call)
    const written = await guarded(call, () =>
      changing(async () => {
        const { value, revision } = await book.find(call.account, service)
        const expected = expectedRevision(call) ?? revision
        return await book.documents.put(call.account, service, { ...value, ...settings }, expected)
      }),
    )
    await applySettings(parts, book, call.account, service, settings)
    return tagged(shown(call.account, written), written.revision)
  })

  const get: Handler = async call => {
    const { service } = serviceOf(call)
    const found = await book.find(call.account, service)
    return tagged(shown(call.account, found), found.revision)
  }

  const list: Handler = async call => {
    const { items: all } = await book.documents.list(call.account, {
      prefix: queryOf(call, 'prefix'),
      limit: servicesMax,
    })
    const found = all.filter(service => hasTags(service, call))
    const { items, ...next } = pageOf(call, found, ({ name }) => name)
    return answered({ services: items.map(service => shown(call.account, service)), ...next })
  }

  const remove: Handler = async call => {
    const { account } = call
    const { service } = serviceOf(call)
    const { revision } = await book.find(account, service)
    const expected = expectedRevision(call)
    if (expected !== undefined && expected !== revision) {
      throw new Refusal(412, 'PreconditionFailed', 'the resource being modified has been changed')
    }
    const [first] = book.functionsOf(account, service)
    if (first !== undefined) {
      throw new Refusal(409, 'ServiceNotEmpty', `service '${service}' has functions, such as '${first}'`)
    }
    for (const alias of await book.aliases(account, service)) {
      await book.aliasDocuments.delete(account, `${service}/${alias.aliasName}`)
    }
    for (const version of await book.versions(account, service)) {
      await book.versionDocuments.delete(account, `${service}/${version.versionId}`)
    }
    await book.documents.delete(account, service)
    return nothing
  }

  return { create, update, get, list, remove }
}

/** What a service says of its functions, where the platform knows it: those that are there follow. */
async function applySettings(
  { services }: FcParts,
  book: ServiceBook,
  account: string,
  service: string,
  { internetAccess, role }: Static<typeof UpdateService>,
): Promise<void> {
  if (internetAccess === undefined && role === undefined) return
  const { functions } = services.resources
  for (const short of book.functionsOf(account, service)) {
    const name = nameInService(service, short)
    await changing(async () => {
      const { spec, revision } = functions.get(account, name)
      const network = internetAccess === undefined ? spec.network : internetAccess ? 'on' : 'off'
      const changed = { ...spec, network, ...(role === undefined || role === '' ? {} : { role }) }
      await functions.put(account, name, changed, revision)
    })
  }
}

function shown(account: string, { name, value, createdAtMs, updatedAtMs }: ForeignDocument) {
  const { tags: _, lastVersion: _last, ...settings } = value
  return {
    description: '',
    role: '',
    internetAccess: true,
    ...settings,
    serviceName: name,
    serviceId: stableId('service', account, name, createdAtMs),
    createdTime: timeOf(createdAtMs),
    lastModifiedTime: timeOf(updatedAtMs),
  }
}

/** Parameters `tag_<key>=<value>` of the query choose services by their tags. */
function hasTags({ value }: ForeignDocument, { query }: Call): boolean {
  const tags = isObject(value['tags']) ? value['tags'] : {}
  return Object.entries(query)
    .filter(([name]) => name.startsWith('tag_'))
    .every(([name, wanted]) => Object.hasOwn(tags, name.slice(4)) && tags[name.slice(4)] === wanted)
}
