import { Type } from 'typebox'
import { answered, type Call, type Handler, jsonHandler, nothing, queryOf } from '../call.ts'
import {
  functionsOf,
  type scalingHandlers,
  settingsOf,
  shownAsyncConfig,
  shownProvision,
} from '../operations/index.ts'
import { foreignOf } from '../model/index.ts'
import { pageOf } from '../paging.ts'
import type { FcParts } from '../parts.ts'
import { missing } from '../refusal.ts'
import type { ServiceSubject, ServiceSubjectOf } from './subject.ts'

const OnDemand = Type.Object({ maximumInstanceCount: Type.Integer({ minimum: 0, maximum: 100_000 }) })

/** How the second generation names a form of a function in the answers about its capacity. */
function resourceOf(account: string, service: string, qualifier: string, name: string): string {
  return `${account}#${service}#${qualifier}#${name}`
}

/** Provisioned instances, the limit of all others, and the settings of asynchronous calls of one function. */
export function capacityHandlers(
  parts: FcParts,
  subjectOf: ServiceSubjectOf,
  scaling: ReturnType<typeof scalingHandlers>,
) {
  const named =
    (handler: Handler): Handler =>
    async call => {
      const { account, service, shownQualifier, shortName } = await subjectOf(call)
      const { body } = await handler(call)
      return answered({ resource: resourceOf(account, service, shownQualifier, shortName), ...body })
    }

  const listProvision: Handler = call => {
    const views = serviceFunctions(parts, call)
    const all = settingsOf(views, view => view.scaling)
    const { items, ...next } = pageOf(call, all, ({ view, qualifier }) => `${view.name}/${qualifier}`)
    const provisionConfigs = items.map(({ view, qualifier, setting }) => {
      const [service, name] = splitName(view.name)
      const subject = {
        account: call.account,
        name: view.name,
        qualifier,
        shownQualifier: qualifier,
        arn: '',
      }
      const { functionArn: _, ...shown } = shownProvision(parts, subject, setting.spec)
      return { resource: resourceOf(call.account, service, qualifier, name), ...shown }
    })
    return answered({ provisionConfigs, ...next })
  }

  const listAsync: Handler = async call => {
    const subject = await subjectOf(call)
    const view = parts.services.resources.functions.view(subject.account, subject.name)
    const all = settingsOf([view], ({ async }) => async)
    const { items, ...next } = pageOf(call, all, ({ qualifier }) => qualifier)
    const configs = items.map(({ qualifier, setting }) => {
      const { qualifier: kept } = foreignOf(setting.spec.foreign)
      const shown = typeof kept === 'string' ? kept : qualifier
      return shownAsyncConfig('statefulInvocation', subject.arn, shown, setting)
    })
    return answered({ configs, ...next })
  }

  return {
    putProvision: named(scaling.putProvision),
    getProvision: named(scaling.getProvision),
    listProvision,
    listAsync,
    ...onDemandHandlers(parts, subjectOf),
  }
}

/** The limits of a function that is gone go with it. */
export async function forgetOnDemand(parts: FcParts, account: string, name: string): Promise<void> {
  const documents = onDemandDocuments(parts)
  const { items } = await documents.list(account, { prefix: `${name}/`, limit: 1_000 })
  for (const document of items) await documents.delete(account, document.name)
}

function onDemandDocuments({ services }: FcParts) {
  return services.resources.foreign.of('fc', 'on-demand')
}

/** The greatest number of instances: here that of the function, whatever the qualifier. */
function onDemandHandlers(parts: FcParts, subjectOf: ServiceSubjectOf) {
  const { resources } = parts.services
  const { functions } = resources
  const documents = onDemandDocuments(parts)
  const keyOf = ({ name, shownQualifier }: ServiceSubject): string => `${name}/${shownQualifier}`
  const shown = (subject: ServiceSubject, maximumInstanceCount: unknown) => ({
    resource: resourceOf(subject.account, subject.service, subject.shownQualifier, subject.shortName),
    maximumInstanceCount,
  })
  const find = async (subject: ServiceSubject) => {
    const { createdAtMs } = functions.get(subject.account, subject.name)
    const found = await documents.find(subject.account, keyOf(subject))
    // One of an earlier function of this name is none of this one.
    if (found !== undefined && found.value['functionCreatedAtMs'] === createdAtMs) return found
    throw missing('OnDemandConfig', `on-demand config of function '${subject.shortName}' does not exist`)
  }

  const put = jsonHandler(OnDemand, async (call, { maximumInstanceCount }) => {
    const subject = await subjectOf(call)
    const { createdAtMs } = functions.get(subject.account, subject.name)
    await functions.reserve(subject.account, subject.name, maximumInstanceCount)
    const document = { maximumInstanceCount, functionCreatedAtMs: createdAtMs }
    await documents.put(subject.account, keyOf(subject), document)
    return answered(shown(subject, maximumInstanceCount))
  })

  const get: Handler = async call => {
    const subject = await subjectOf(call)
    return answered(shown(subject, (await find(subject)).value['maximumInstanceCount']))
  }

  const remove: Handler = async call => {
    const subject = await subjectOf(call)
    await find(subject)
    await functions.unreserve(subject.account, subject.name)
    await documents.delete(subject.account, keyOf(subject))
    return nothing
  }

  const list: Handler = async call => {
    const { functions: present } = resources.snapshots.current()
    const { items } = await documents.list(call.account, { limit: 1_000 })
    const all = items.filter(({ name, value }) => {
      const key = `${call.account}/${name.slice(0, name.lastIndexOf('/'))}`
      return present.get(key)?.createdAtMs === value['functionCreatedAtMs']
    })
    const { items: page, ...next } = pageOf(call, all, ({ name }) => name)
    const configs = page.map(({ name, value }) => {
      const slash = name.lastIndexOf('/')
      const [service, short] = splitName(name.slice(0, slash))
      return {
        resource: resourceOf(call.account, service, name.slice(slash + 1), short),
        maximumInstanceCount: value['maximumInstanceCount'],
      }
    })
    return answered({ configs, ...next })
  }

  return { putOnDemand: put, getOnDemand: get, deleteOnDemand: remove, listOnDemand: list }
}

function serviceFunctions({ services }: FcParts, call: Call) {
  const service = queryOf(call, 'serviceName')
  const start = service === undefined ? undefined : `${service}.`
  return functionsOf(services, call.account).filter(
    ({ name }) => name.includes('.') && (start === undefined || name.startsWith(start)),
  )
}

function splitName(name: string): [service: string, name: string] {
  const dot = name.indexOf('.')
  return [name.slice(0, dot), name.slice(dot + 1)]
}
