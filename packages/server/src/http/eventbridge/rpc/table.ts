import type { CompatibleAction } from '../../compatibility.ts'
import * as shapes from './shapes.ts'
import type { Shape } from './shapes.ts'

/** An action of this style, and the action of the interface that does it. */
export interface RpcAction extends CompatibleAction {
  /** `undefined` for what is refused. */
  readonly does?: string
  /** Parameters that have another name there. */
  readonly renamed?: Readonly<Record<string, string>>
  readonly shape?: Shape
}

type Further = Omit<RpcAction, 'name' | 'verdict' | 'does' | 'shape'>

function works(name: string, does: string, shape: Shape, further: Further = {}): RpcAction {
  return { name, verdict: 'works', does, shape, ...further }
}

function refused(note: string, ...names: readonly string[]): RpcAction[] {
  return names.map(name => ({ name, verdict: 'refused', note }))
}

const schemas = 'there is no schema registry'
const house = 'there is no event house; events are queried on their bus'
const agents = 'there are no agents'

/** Every action of version 2020-04-01 that is known (sections 3.4 and 3.5). */
export const rpcActions: readonly RpcAction[] = [
  works('CreateEventBus', 'createEventBus', shapes.whole),
  works('UpdateEventBus', 'updateEventBus', shapes.nothing),
  works('DeleteEventBus', 'deleteEventBus', shapes.done),
  works('GetEventBus', 'getEventBus', shapes.whole),
  works('ListEventBuses', 'listEventBuses', shapes.whole),
  works('CreateRule', 'createRule', shapes.whole, { renamed: { EventTargets: 'Targets' } }),
  works('UpdateRule', 'updateRule', shapes.done),
  works('DeleteRule', 'deleteRule', shapes.nothing),
  works('EnableRule', 'enableRule', shapes.nothing),
  works('DisableRule', 'disableRule', shapes.nothing),
  works('GetRule', 'getRule', shapes.rule),
  works('ListRules', 'listRules', shapes.rules),
  works('PutTargets', 'createTargets', shapes.whole, {
    note: 'types of targets that have no connector are refused by entry',
  }),
  works('DeleteTargets', 'deleteTargets', shapes.whole),
  works('ListTargets', 'listTargets', shapes.targets),
  works('TestEventPattern', 'testEventPattern', shapes.whole),
  works('CreateEventSource', 'v2/createEventSource', shapes.whole, {
    note: 'sources of systems that have no connector are refused',
  }),
  works('UpdateEventSource', 'v2/updateEventSource', shapes.done),
  works('DeleteEventSource', 'v2/deleteEventSource', shapes.nothing),
  works('ListUserDefinedEventSources', 'v2/listUserDefinedEventSources', shapes.userSources),
  works('ListAliyunOfficialEventSources', 'v2/listAliyunOfficialEventSources', shapes.officialSources, {
    note: 'none: no cloud services publish here',
  }),
  works('CreateEventStreaming', 'v2/createEventStreaming', shapes.whole, {
    note: 'systems that have no connector are refused',
  }),
  works('UpdateEventStreaming', 'v2/updateEventStreaming', shapes.nothing),
  works('DeleteEventStreaming', 'v2/deleteEventStreaming', shapes.nothing),
  works('StartEventStreaming', 'v2/startEventStreaming', shapes.nothing),
  works('PauseEventStreaming', 'v2/pauseEventStreaming', shapes.nothing),
  works('GetEventStreaming', 'v2/getEventStreaming', shapes.whole),
  works('ListEventStreamings', 'v2/listEventStreamings', shapes.whole, {
    note: 'SourceArn and SinkArn are refused',
  }),
  {
    name: 'UpdateEventStreamingBusinessOption',
    verdict: 'stored',
    does: 'updateEventStreamingBusinessOption',
    shape: shapes.done,
  },
  works('QueryEvent', 'queryEventsByEventIds', shapes.event, {
    renamed: { EventId: 'EventIds', EventSource: 'EventSourceName' },
  }),
  works('QueryEventTraces', 'queryEventTraces', shapes.traces),
  works('QueryTracedEventByEventId', 'queryEventByEventId', shapes.tracedById),
  works('QueryTracedEvents', 'queryEventsByPeriod', shapes.traced),
  works('CreateConnection', 'createConnection', shapes.whole, {
    note: 'of the type Http; settings of private networks are kept',
  }),
  works('UpdateConnection', 'updateConnection', shapes.nothing),
  works('GetConnection', 'getConnection', shapes.whole),
  works('ListConnections', 'listConnections', shapes.whole),
  works('DeleteConnection', 'deleteConnection', shapes.nothing),
  works('CreateApiDestination', 'createApiDestination', shapes.createdDestination),
  works('UpdateApiDestination', 'updateApiDestination', shapes.updatedDestination),
  works('GetApiDestination', 'getApiDestination', shapes.whole),
  works('ListApiDestinations', 'listApiDestinations', shapes.whole),
  works('DeleteApiDestination', 'deleteApiDestination', shapes.nothing),
  works('CheckServiceLinkedRoleForProduct', 'checkServiceLinkedRole', shapes.whole, {
    note: 'passes: nothing needs roles here',
  }),
  works('CreateServiceLinkedRoleForProduct', 'createServiceLinkedRole', shapes.nothing, {
    note: 'does nothing: nothing needs roles here',
  }),
  ...refused('there is no source that reads databases', 'DiscoverEventSource', 'TestEventSourceConfig'),
  ...refused('connections are of the type Http', 'GetConnectionType'),
  ...refused('events are published by the other style of this interface', 'PutEvents'),
  ...refused(
    house,
    'EventCenterQueryEvents',
    'ListCatalogs',
    'GetCatalog',
    'CreateNamespace',
    'GetNamespace',
    'UpdateNamespace',
    'DeleteNamespace',
    'ListNamespaces',
    'CreateTable',
    'GetTable',
    'UpdateTable',
    'DeleteTable',
    'ListTables',
    'QueryEventHouse',
    'GetEventHouseRuntime',
    'UpdateEventHouseRuntime',
    'DeleteEventHouseRuntime',
    'ListEventHouseRuntimes',
    'DeleteEventAnalysisJob',
  ),
  ...refused(
    agents,
    'CreateAgent',
    'UpdateAgent',
    'DeleteAgent',
    'GetAgent',
    'ListAgents',
    'AskLuma',
    'PollAskResult',
    'QueryAskLumaLog',
  ),
  ...refused(
    schemas,
    'CreateSchemaGroup',
    'GetSchemaGroup',
    'UpdateSchemaGroup',
    'DeleteSchemaGroup',
    'ListSchemaGroups',
    'CreateSchema',
    'GetSchema',
    'UpdateSchema',
    'DeleteSchema',
    'ListSchemas',
    'CreateSchemaVersion',
    'GetSchemaVersion',
    'DeleteSchemaVersion',
    'ListSchemaVersions',
    'GetSchemaVersionByUUID',
    'GetDefaultSchemaGroup',
    'GetACSEventsSchemaGroup',
    'ListACSEventsSchemas',
    'GetACSEventsSchema',
    'ListACSEventsSchemaVersions',
    'GetACSEventsSchemaVersion',
  ),
]
