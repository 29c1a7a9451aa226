import { Type } from 'typebox'
import type { DomainSpec, Resource } from '../../../resources/index.ts'
import { answered, type Call, type Handler, jsonHandler, nothing, queryOf } from '../call.ts'
import { changing, creating } from '../creating.ts'
import { domainFields, domainSettings, domainSpecOf, type RouteTarget, timeOf } from '../model/index.ts'
import { pageOf } from '../paging.ts'
import type { FcParts } from '../parts.ts'

const CreateDomain = Type.Object({
  domainName: Type.String({ minLength: 1, maxLength: 256 }),
  ...domainFields,
})
const UpdateDomain = Type.Object(domainFields)

/** Names of hosts whose paths lead to functions (function-compute section 9.3). */
export function domainHandlers(
  { services: { resources } }: FcParts,
  apiVersion: string,
  targetOf: (call: Call) => RouteTarget,
) {
  const { domains } = resources
  const show = (account: string, { name, spec, createdAtMs, updatedAtMs }: Resource<DomainSpec>) => ({
    ...domainSettings(spec),
    domainName: name,
    accountId: account,
    apiVersion,
    subdomainCount: '0',
    createdTime: timeOf(createdAtMs),
    lastModifiedTime: timeOf(updatedAtMs),
  })

  const create = jsonHandler(CreateDomain, async (call, { domainName, ...input }) => {
    const spec = await domainSpecOf(input, { routes: [] }, targetOf(call))
    await creating('DomainName', `domain name '${domainName}'`, () =>
      domains.put(call.account, domainName, spec, 0),
    )
    return answered(show(call.account, domains.get(call.account, domainName)))
  })

  const update = jsonHandler(UpdateDomain, async (call, input) => {
    const name = call.params['domain'] ?? ''
    await changing(async () => {
      const { spec, revision } = domains.get(call.account, name)
      await domains.put(call.account, name, await domainSpecOf(input, spec, targetOf(call)), revision)
    })
    return answered(show(call.account, domains.get(call.account, name)))
  })

  const get: Handler = ({ account, params }) =>
    answered(show(account, domains.get(account, params['domain'] ?? '')))

  const list: Handler = call => {
    const prefix = queryOf(call, 'prefix') ?? ''
    const found = [...resources.snapshots.current().domains.values()].filter(
      ({ account, name }) => account === call.account && name.startsWith(prefix),
    )
    const { items, ...next } = pageOf(call, found, ({ name }) => name)
    return answered({ customDomains: items.map(one => show(call.account, one)), ...next })
  }

  const remove: Handler = async ({ account, params }) => {
    await domains.delete(account, params['domain'] ?? '')
    return nothing
  }

  return { create, update, get, list, remove }
}
