import type { CompatibleAction, CompatibleInterface } from '../compatibility.ts'
import { rpcActions } from './rpc/index.ts'

function works(name: string, note?: string): CompatibleAction {
  return { name, verdict: 'works', ...(note === undefined ? {} : { note }) }
}

const guide = 'guides/alibaba-eventbridge.md'

/** What `docs/reference/compatibility.md` tells of this folder. */
export const compatibleInterfaces: readonly CompatibleInterface[] = [
  {
    title: 'Alibaba Cloud EventBridge, REST style',
    client: '`@alicloud/eventbridge` 1.3.2',
    guide,
    actions: [
      works('putEvents'),
      works('createEventBus'),
      works('deleteEventBus'),
      works('getEventBus'),
      works('listEventBuses'),
      works('createRule'),
      works('deleteRule'),
      works('disableRule'),
      works('enableRule'),
      works('getRule'),
      works('listRules'),
      works('updateRule'),
      works('createTargets', 'types of targets that have no connector are refused by entry'),
      works('deleteTargets'),
      works('listTargets'),
      works('testEventPattern'),
      works('queryEventTraces', 'the newest 1,000,000 events of the bus are searched'),
      works('queryEventByEventId', 'likewise'),
      works('queryEvents', 'likewise'),
      works('queryEventsByPeriod', 'the first 200,000 events of the period are searched'),
      works('listPartnerEventSources', 'none: no partners publish here'),
      works('createEventSource', 'sources of systems that have no connector are refused'),
      works('deleteEventSource'),
      works('updateEventSource'),
      works('listUserDefinedEventSources'),
      works('listAliyunOfficialEventSources', 'none: no cloud services publish here'),
      works('createEventStreaming', 'systems that have no connector are refused'),
      works('deleteEventStreaming'),
      works('getEventStreaming', 'secrets are masked'),
      works('listEventStreamings'),
      works('listEventStreamingMetrics'),
      works('pauseEventStreaming'),
      works('startEventStreaming'),
      works('updateEventStreaming'),
    ],
  },
  {
    title: 'Alibaba Cloud EventBridge, version 2020-04-01',
    client: '`@alicloud/openapi-core` 1.0.8, which the clients of this version are generated over',
    guide,
    actions: rpcActions,
  },
]
