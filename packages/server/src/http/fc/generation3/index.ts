import { functionName } from '../arn.ts'
import { answered, type Handler } from '../call.ts'
import {
  asyncConfigHandlers,
  codeHandler,
  domainHandlers,
  instancesHandler,
  invokeHandler,
  layerHandlers,
  refusing,
  sameQualifier,
  scalingHandlers,
  taskHandlers,
  triggerHandlers,
} from '../operations/index.ts'
import type { FcParts } from '../parts.ts'
import { plainSubject } from '../subject.ts'
import type { Generation3Action } from './actions.ts'
import { capacityHandlers } from './capacity.ts'
import { functionHandlers } from './functions.ts'
import { tagHandlers } from './tags.ts'
import { aliasHandlers, versionHandlers } from './versions.ts'

export { generation3 } from './actions.ts'

/** Version of the interface, which begins every path. */
export const generation3Version = '2023-03-30'

/** Function Compute 3.0: functions stand by themselves (function-compute section 2.6). */
export function generation3Handlers(parts: FcParts): Readonly<Record<Generation3Action, Handler>> {
  const subjectOf = plainSubject(parts.services)
  return {
    ...functionActions(parts),
    ...capacityActions(parts),
    ...layerAndDomainActions(parts),
    ...absentActions(parts),
    GetFunctionCode: codeHandler(parts, subjectOf),
    InvokeFunction: invokeHandler(parts, subjectOf, 'x-fc-invocation-function-version'),
    ListInstances: instancesHandler(parts, subjectOf),
    DescribeRegions: () => {
      const { region } = parts.services.node
      return answered({ Regions: { Region: [{ RegionId: region, LocalName: region }] } })
    },
  }
}

function functionActions(parts: FcParts) {
  const subjectOf = plainSubject(parts.services)
  const functions = functionHandlers(parts, subjectOf)
  const versions = versionHandlers(parts, subjectOf)
  const aliases = aliasHandlers(parts, subjectOf)
  const triggers = triggerHandlers(parts, {
    subjectOf,
    configAs: () => 'text',
    qualifierOf: sameQualifier,
  })
  const tags = tagHandlers(parts)
  return {
    CreateFunction: functions.create,
    GetFunction: functions.get,
    UpdateFunction: functions.update,
    DeleteFunction: functions.remove,
    ListFunctions: functions.list,
    PublishFunctionVersion: versions.publish,
    ListFunctionVersions: versions.listVersions,
    DeleteFunctionVersion: versions.deleteVersion,
    CreateAlias: aliases.createAlias,
    GetAlias: aliases.getAlias,
    UpdateAlias: aliases.updateAlias,
    DeleteAlias: aliases.deleteAlias,
    ListAliases: aliases.listAliases,
    CreateTrigger: triggers.create,
    GetTrigger: triggers.get,
    UpdateTrigger: triggers.update,
    DeleteTrigger: triggers.remove,
    ListTriggers: triggers.list,
    TagResources: tags.tag,
    UntagResources: tags.untag,
    ListTagResources: tags.list,
    ChangeResourceGroup: tags.move,
  }
}

function capacityActions(parts: FcParts) {
  const subjectOf = plainSubject(parts.services)
  const capacity = capacityHandlers(parts, subjectOf)
  const scaling = scalingHandlers(parts, subjectOf)
  const asynchronous = asyncConfigHandlers(parts, subjectOf, 'asyncTask')
  const tasks = taskHandlers(parts, subjectOf, {
    prefix: 'prefix',
    list: 'tasks',
    id: 'taskId',
    payload: 'taskPayload',
    error: 'taskErrorMessage',
  })
  return {
    PutAsyncInvokeConfig: asynchronous.put,
    GetAsyncInvokeConfig: asynchronous.get,
    DeleteAsyncInvokeConfig: asynchronous.remove,
    ListAsyncInvokeConfigs: capacity.listAsync,
    ListAsyncTasks: tasks.list,
    GetAsyncTask: tasks.get,
    StopAsyncTask: tasks.stop,
    PutConcurrencyConfig: capacity.putConcurrency,
    GetConcurrencyConfig: capacity.getConcurrency,
    DeleteConcurrencyConfig: capacity.deleteConcurrency,
    ListConcurrencyConfigs: capacity.listConcurrency,
    DisableFunctionInvocation: capacity.disable,
    EnableFunctionInvocation: capacity.enable,
    PutProvisionConfig: scaling.putProvision,
    GetProvisionConfig: scaling.getProvision,
    DeleteProvisionConfig: scaling.deleteProvision,
    ListProvisionConfigs: capacity.listProvision,
    PutScalingConfig: scaling.putScaling,
    GetScalingConfig: scaling.getScaling,
    DeleteScalingConfig: scaling.deleteScaling,
    ListScalingConfigs: capacity.listScaling,
  }
}

function layerAndDomainActions(parts: FcParts) {
  const layers = layerHandlers(parts)
  const domains = domainHandlers(parts, generation3Version, () => async route => ({
    function: functionName(route.functionName),
    qualifier: route.qualifier === '' ? undefined : route.qualifier,
  }))
  return {
    CreateLayerVersion: layers.create,
    GetLayerVersion: layers.get,
    DeleteLayerVersion: layers.remove,
    GetLayerVersionByArn: layers.getByArn,
    ListLayerVersions: layers.listVersions,
    ListLayers: layers.list,
    PutLayerACL: layers.putAcl,
    CreateCustomDomain: domains.create,
    GetCustomDomain: domains.get,
    UpdateCustomDomain: domains.update,
    DeleteCustomDomain: domains.remove,
    ListCustomDomains: domains.list,
  }
}

function absentActions({ services: { resources } }: FcParts) {
  const noSessions = refusing('sessions of functions')
  const noBindings = refusing('bindings of functions to networks')
  const listBindings: Handler = ({ account, params }) => {
    resources.functions.get(account, functionName(params['function'] ?? ''))
    return answered({ vpcIds: [] })
  }
  return {
    CreateSession: noSessions,
    GetSession: noSessions,
    UpdateSession: noSessions,
    DeleteSession: noSessions,
    ListSessions: noSessions,
    PauseSession: noSessions,
    ResumeSession: noSessions,
    CreateVpcBinding: noBindings,
    ListVpcBindings: listBindings,
    DeleteVpcBinding: noBindings,
  }
}
