import { type AccessRule, needs } from '../access.ts'

const bus = 'eventbus/:EventBusName'
const rule = `${bus}/rule/:RuleName`
const source = `${bus}/eventsource/:EventSourceName`
const stream = 'eventstreaming/:EventStreamingName'
const connection = 'connection/:ConnectionName'
const destination = 'apidestination/:ApiDestinationName'

/** The permission of an action that is named as the action is in version 2020-04-01. */
function on(name: string, resource: string): readonly AccessRule[] {
  return needs(`eventbridge:${name}`, resource)
}

/**
 * What each action needs (identity section 3.1), whichever of the two styles it comes by; parameters are members of the body. What lists or creates is
 * about all resources of its kind. The server does not start with an action that is not here.
 */
export const actionAccess: Readonly<Record<string, readonly AccessRule[]>> = {
  putEvents: on('PutEvents', bus),
  createEventBus: on('CreateEventBus', bus),
  updateEventBus: on('UpdateEventBus', bus),
  deleteEventBus: on('DeleteEventBus', bus),
  getEventBus: on('GetEventBus', bus),
  listEventBuses: on('ListEventBuses', 'eventbus/*'),
  createRule: on('CreateRule', rule),
  updateRule: on('UpdateRule', rule),
  deleteRule: on('DeleteRule', rule),
  enableRule: on('EnableRule', rule),
  disableRule: on('DisableRule', rule),
  getRule: on('GetRule', rule),
  listRules: on('ListRules', `${bus}/rule/*`),
  createTargets: on('PutTargets', rule),
  deleteTargets: on('DeleteTargets', rule),
  listTargets: on('ListTargets', rule),
  testEventPattern: on('TestEventPattern', '*'),
  queryEventTraces: on('QueryEventTraces', bus),
  queryEventByEventId: on('QueryTracedEventByEventId', bus),
  queryEventsByEventIds: on('QueryEvent', bus),
  queryEventsByPeriod: on('QueryTracedEvents', bus),
  queryEvents: on('QueryTracedEvents', bus),
  listPartnerEventSources: on('ListPartnerEventSources', 'eventbus/*'),
  'v2/createEventSource': on('CreateEventSource', source),
  'v2/updateEventSource': on('UpdateEventSource', source),
  'v2/deleteEventSource': on('DeleteEventSource', source),
  'v2/listUserDefinedEventSources': on('ListUserDefinedEventSources', 'eventbus/*'),
  'v2/listAliyunOfficialEventSources': on('ListAliyunOfficialEventSources', '*'),
  'v2/createEventStreaming': on('CreateEventStreaming', stream),
  'v2/updateEventStreaming': on('UpdateEventStreaming', stream),
  updateEventStreamingBusinessOption: on('UpdateEventStreamingBusinessOption', stream),
  'v2/deleteEventStreaming': on('DeleteEventStreaming', stream),
  'v2/getEventStreaming': on('GetEventStreaming', stream),
  'v2/listEventStreamings': on('ListEventStreamings', 'eventstreaming/*'),
  'v2/listEventStreamingMetrics': on('ListEventStreamings', 'eventstreaming/*'),
  'v2/startEventStreaming': on('StartEventStreaming', stream),
  'v2/pauseEventStreaming': on('PauseEventStreaming', stream),
  createConnection: on('CreateConnection', connection),
  updateConnection: on('UpdateConnection', connection),
  getConnection: on('GetConnection', connection),
  listConnections: on('ListConnections', 'connection/*'),
  deleteConnection: on('DeleteConnection', connection),
  createApiDestination: on('CreateApiDestination', destination),
  updateApiDestination: on('UpdateApiDestination', destination),
  getApiDestination: on('GetApiDestination', destination),
  listApiDestinations: on('ListApiDestinations', 'apidestination/*'),
  deleteApiDestination: on('DeleteApiDestination', destination),
  checkServiceLinkedRole: on('CheckServiceLinkedRoleForProduct', '*'),
  createServiceLinkedRole: needs('ram:CreateServiceLinkedRole', '*'),
}
