import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventBridgeInterfaces } from '../../../src/http/index.ts'
import { Exercised } from '../exercised.ts'
import {
  accessKeyId,
  accessKeySecret,
  type Client,
  sdk,
  startWireServer,
  type WireServer,
} from './fixture.ts'

const table = eventBridgeInterfaces.find(({ client }) => client.includes('@alicloud/eventbridge'))
if (table === undefined) throw new Error('there is no table')
const exercised = new Exercised(table, 'ServiceNotEnable')

/** Each action has a method of its name, and one that takes options besides. */
function actionOf(method: string): string | undefined {
  const name = method.replace(/WithOptions$/, '')
  // The twin of one of them has a name of its own.
  if (name === 'startEventStreamings') return 'startEventStreaming'
  return `${name}WithOptions` in sdk.default.prototype ? name : undefined
}
const clientActions = Object.getOwnPropertyNames(sdk.default.prototype).flatMap(name => actionOf(name) ?? [])

let server: WireServer
let client: Client
beforeAll(async () => {
  server = await startWireServer()
  client = exercised.watch(server.client, actionOf)
  for (const queue of ['in', 'out']) await server.rest('PUT', `/queues/${queue}`, {})
  const options = { endpoint: server.url, accessKeyId, accessKeySecret }
  await server.rest('PUT', '/instances/mns', { connector: 'mns', options })
})
afterAll(() => server[Symbol.asyncDispose]())

const bus = { eventBusName: 'orders' }
const rule = { ...bus, ruleName: 'r' }

test('buses, rules and targets', async () => {
  await client.createEventBus(new sdk.CreateEventBusRequest(bus))
  await client.getEventBus(new sdk.GetEventBusRequest(bus))
  await client.listEventBuses(new sdk.ListEventBusesRequest({}))
  await client.createRule(new sdk.CreateRuleRequest({ ...rule, filterPattern: '{}', targets: [] }))
  await client.updateRule(new sdk.UpdateRuleRequest({ ...rule, filterPattern: '{}' }))
  await client.getRule(new sdk.GetRuleRequest(rule))
  await client.listRules(new sdk.ListRulesRequest(bus))
  await client.disableRule(new sdk.DisableRuleRequest(rule))
  await client.enableRule(new sdk.EnableRuleRequest(rule))
  const target = new sdk.TargetEntry({ id: 'q', type: 'acs.mns.queue', endpoint: 'acs:mns:r::queues/out' })
  await client.createTargets(new sdk.CreateTargetsRequest({ ...rule, targets: [target] }))
  await client.listTargets(new sdk.ListTargetsRequest({ ...rule, limit: 10 }))
  await client.deleteTargets(new sdk.DeleteTargetsRequest({ ...rule, targetIds: ['q'] }))
})

test('events', async () => {
  const startTime = Date.now()
  const fields = { id: 'e', source: 'shop', type: 't', data: Buffer.from('{}') }
  await client.putEvents([new sdk.CloudEvent({ ...fields, extensions: { aliyuneventbusname: 'orders' } })])
  const event = '{"id":"1","source":"a","specversion":"1.0","type":"t"}'
  await client.testEventPattern(new sdk.TestEventPatternRequest({ event, eventPattern: '{}' }))
  await client.queryEventTraces(new sdk.QueryEventTracesRequest({ ...bus, eventId: 'e' }))
  await client.queryEventByEventId(new sdk.QueryEventByEventIdRequest({ ...bus, eventId: 'e' }))
  await client.queryEvents(new sdk.QueryEventsRequest({ ...bus, eventIds: ['e'] }))
  await client.queryEventsByPeriod(
    new sdk.QueryEventsByPeriodRequest({ ...bus, startTime, endTime: Date.now() }),
  )
})

test('event sources', async () => {
  const source = { ...bus, eventSourceName: 's' }
  await client.createEventSource(new sdk.CreateEventSourceRequest(source))
  await client.updateEventSource(new sdk.UpdateEventSourceRequest({ ...source, description: 'd' }))
  await client.listUserDefinedEventSources(new sdk.ListUserDefinedRequest(bus))
  await client.listAliyunOfficialEventSources(new sdk.ListAliyunOfficialRequest({}))
  await client.listPartnerEventSources(new sdk.ListPartnerEventSourcesRequest({ namePrefix: 'p' }))
  await client.deleteEventSource(new sdk.DeleteEventSourceRequest(source))
})

test('event streamings', async () => {
  const streaming = { eventStreamingName: 'es' }
  const QueueName = new sdk.TargetParameter({ form: 'CONSTANT', value: 'out' })
  await client.createEventStreaming(
    new sdk.CreateEventStreamingRequest({
      ...streaming,
      source: new sdk.Source({ sourceMNSParameters: new sdk.SourceMNSParameters({ queueName: 'in' }) }),
      sink: new sdk.Sink({ sinkMNSParameters: new sdk.SinkMNSParameters({ QueueName }) }),
    }),
  )
  await client.updateEventStreaming(new sdk.UpdateEventStreamingRequest({ ...streaming, description: 'd' }))
  await client.startEventStreaming(new sdk.StartEventStreamingRequest(streaming))
  await client.pauseEventStreaming(new sdk.PauseEventStreamingRequest(streaming))
  await client.getEventStreaming(new sdk.GetEventStreamingRequest(streaming))
  await client.listEventStreamings(new sdk.ListEventStreamingsRequest({}))
  await client.listEventStreamingMetrics(new sdk.ListEventStreamingMetricsRequest({}))
  await client.deleteEventStreaming(new sdk.DeleteEventStreamingRequest(streaming))
})

test('the table says of every action of the client what became of it', async () => {
  await client.deleteRule(new sdk.DeleteRuleRequest(rule))
  await client.deleteEventBus(new sdk.DeleteEventBusRequest(bus))
  expect(exercised.contradictions(clientActions)).toEqual([])
})
