import type { Handler } from '../call.ts'
import { changing } from '../creating.ts'
import {
  asyncConfigHandlers,
  codeHandler,
  domainHandlers,
  instancesHandler,
  invokeHandler,
  layerHandlers,
  refusing,
  scalingHandlers,
  taskHandlers,
  triggerHandlers,
} from '../operations/index.ts'
import type { FcParts } from '../parts.ts'
import { invalidArgument } from '../refusal.ts'
import type { Subject } from '../subject.ts'
import { accountHandlers } from './account.ts'
import type { Generation2Action } from './actions.ts'
import { aliasHandlers } from './aliases.ts'
import { capacityHandlers } from './capacity.ts'
import { functionHandlers } from './functions.ts'
import { nameInService, ServiceBook } from './service-book.ts'
import { serviceHandlers } from './services.ts'
import { serviceSubject, type ServiceSubjectOf } from './subject.ts'
import { versionHandlers } from './versions.ts'

export { generation2 } from './actions.ts'

/** The two versions of the generation; they differ in their signatures, and in how triggers are written. */
export type Generation2Version = '2016-08-15' | '2021-04-06'
export const generation2Versions: readonly Generation2Version[] = ['2016-08-15', '2021-04-06']

interface Context {
  readonly parts: FcParts
  readonly book: ServiceBook
  readonly subjectOf: ServiceSubjectOf
  readonly version: Generation2Version
}

/** Function Compute 2.0: functions stand in services (function-compute section 2.10). */
export function generation2Handlers(
  parts: FcParts,
  version: Generation2Version,
): Readonly<Record<Generation2Action, Handler>> {
  const book = new ServiceBook(parts.services)
  const context: Context = { parts, book, subjectOf: serviceSubject(parts, book), version }
  return {
    ...serviceActions(context),
    ...functionActions(context),
    ...triggerActions(context),
    ...capacityActions(context),
    ...layerAndDomainActions(context),
    ...accountActions(context),
  }
}

function serviceActions({ parts, book }: Context) {
  const services = serviceHandlers(parts, book)
  const versions = versionHandlers(parts, book)
  const aliases = aliasHandlers(parts, book)
  return {
    createService: services.create,
    listServices: services.list,
    getService: services.get,
    updateService: services.update,
    deleteService: services.remove,
    publishVersion: versions.publish,
    listVersions: versions.list,
    deleteVersion: versions.remove,
    createAlias: aliases.create,
    listAliases: aliases.list,
    getAlias: aliases.get,
    updateAlias: aliases.update,
    deleteAlias: aliases.remove,
  }
}

function functionActions({ parts, book, subjectOf }: Context) {
  const functions = functionHandlers(parts, book, subjectOf)
  const tasks = taskHandlers(parts, subjectOf, {
    prefix: 'invocationIdPrefix',
    list: 'invocations',
    id: 'invocationId',
    payload: 'invocationPayload',
    error: 'invocationErrorMessage',
  })
  return {
    createFunction: functions.create,
    listFunctions: functions.list,
    getFunction: functions.get,
    updateFunction: functions.update,
    deleteFunction: functions.remove,
    getFunctionCode: codeHandler(parts, subjectOf),
    invokeFunction: invokeHandler(parts, eventSubject(parts, subjectOf), 'x-fc-invocation-service-version'),
    listInstances: instancesHandler(parts, subjectOf),
    instanceExec: refusing('a shell in instances'),
    listStatefulAsyncInvocations: tasks.list,
    getStatefulAsyncInvocation: tasks.get,
    stopStatefulAsyncInvocation: tasks.stop,
  }
}

/** Code that answers HTTP itself is called by its trigger only (section 3.7). */
function eventSubject({ services }: FcParts, subjectOf: ServiceSubjectOf): ServiceSubjectOf {
  return async call => {
    const subject = await subjectOf(call)
    const { spec } = services.resources.functions.get(subject.account, subject.name)
    if (spec.handlerKind === 'event') return subject
    throw invalidArgument(`function '${subject.shortName}' answers HTTP and is called by its trigger`)
  }
}

function triggerActions({ parts, book, subjectOf, version }: Context) {
  const triggers = triggerHandlers(parts, {
    subjectOf,
    configAs: () => (version === '2016-08-15' ? 'object' : 'text'),
    qualifierOf: async (_call, { account, name }, shown) => {
      const dot = name.indexOf('.')
      return (await book.resolve(account, name.slice(0, dot), name.slice(dot + 1), shown)).qualifier
    },
    followHttp: (subject, hasTrigger) => followHttp(parts, subject, hasTrigger),
  })
  return {
    createTrigger: triggers.create,
    listTriggers: triggers.list,
    getTrigger: triggers.get,
    updateTrigger: triggers.update,
    deleteTrigger: triggers.remove,
  }
}

/** Runtimes whose handlers take a request and a response where a function has an HTTP trigger (section 4.6). */
const httpRuntimes = /^(?:nodejs|python)/

/** In this generation the trigger decides what the handler is called with. */
async function followHttp(
  { services: { resources } }: FcParts,
  { account, name }: Subject,
  hasTrigger: boolean,
): Promise<void> {
  const { functions } = resources
  await changing(async () => {
    const { spec, revision, triggers } = functions.view(account, name)
    const isHttp = hasTrigger || [...triggers.values()].some(trigger => trigger.spec.kind === 'http')
    const handlerKind = isHttp && httpRuntimes.test(spec.runtime) ? 'http' : 'event'
    await functions.put(account, name, { ...spec, handlerKind }, revision)
  })
}

function capacityActions({ parts, subjectOf }: Context) {
  const capacity = capacityHandlers(parts, subjectOf, scalingHandlers(parts, subjectOf))
  const asynchronous = asyncConfigHandlers(parts, subjectOf, 'statefulInvocation')
  return {
    listProvisionConfigs: capacity.listProvision,
    getProvisionConfig: capacity.getProvision,
    putProvisionConfig: capacity.putProvision,
    listOnDemandConfigs: capacity.listOnDemand,
    getOnDemandConfig: capacity.getOnDemand,
    putOnDemandConfig: capacity.putOnDemand,
    deleteOnDemandConfig: capacity.deleteOnDemand,
    listFunctionAsyncConfigs: capacity.listAsync,
    getFunctionAsyncConfig: asynchronous.get,
    putFunctionAsyncConfig: asynchronous.put,
    deleteFunctionAsyncConfig: asynchronous.remove,
  }
}

function layerAndDomainActions({ parts, book, version }: Context) {
  const layers = layerHandlers(parts)
  const domains = domainHandlers(parts, version, call => async route => {
    const { serviceName = '', functionName, qualifier = '' } = route
    if (serviceName === '') throw invalidArgument('a route names its serviceName')
    const resolved = await book.resolve(call.account, serviceName, functionName, qualifier)
    return { function: nameInService(serviceName, functionName), qualifier: resolved.qualifier }
  })
  return {
    createCustomDomain: domains.create,
    listCustomDomains: domains.list,
    getCustomDomain: domains.get,
    updateCustomDomain: domains.update,
    deleteCustomDomain: domains.remove,
    listLayers: layers.list,
    listLayerVersions: layers.listVersions,
    getLayerVersion: layers.get,
    getLayerVersionByArn: layers.getByArn,
    publishLayerVersion: layers.create,
    deleteLayerVersion: layers.remove,
    putLayerACL: layers.putAcl,
  }
}

function accountActions({ parts, book }: Context) {
  const account = accountHandlers(parts, book)
  const noBuckets = refusing('buckets for code; send the zip itself, in base64, as code.zipFile')
  return {
    tagResource: account.tag,
    untagResource: account.untag,
    getResourceTags: account.getTags,
    listReservedCapacities: account.reservedCapacities,
    getAccountSettings: account.settings,
    getAccountConfigs: account.configs,
    getTempCodeBucketPermission: noBuckets,
    getTempBucketToken: noBuckets,
  }
}
