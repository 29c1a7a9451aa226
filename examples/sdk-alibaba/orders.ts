import { setTimeout as pause } from 'node:timers/promises'
import eventBridge from '@alicloud/eventbridge'
import { type Clients, unlessThere } from './clients.ts'

const {
  CloudEvent,
  CreateEventBusRequest,
  CreateRuleRequest,
  EBTargetParam,
  ListEventBusesRequest,
  QueryEventTracesRequest,
  TargetEntry,
} = eventBridge

type Client = Clients['eventBridge']

/** How often a trace is asked for, and for how long at most. */
const traceEveryMs = 200
const traceAttemptsMax = 100

export interface Order {
  readonly order: string
  readonly price: number
  readonly pieces: number
}

export function createBus(client: Client, eventBusName: string): Promise<'made' | 'was there'> {
  const request = new CreateEventBusRequest({ eventBusName })
  return unlessThere(client.createEventBus(request), 'EventBusAlreadyExist')
}

/** Where this server says that it is, as ARNs of its resources name it. */
export async function placeOf(client: Client, bus: string): Promise<{ region: string; account: string }> {
  const { eventBuses } = await client.listEventBuses(new ListEventBusesRequest({ namePrefix: bus }))
  const [, , region = '', account = ''] = eventBuses[0]?.eventBusARN?.split(':') ?? []
  return { region, account }
}

/** Paid orders go to a function, and the order alone to a queue. */
export function createRule(
  client: Client,
  eventBusName: string,
  to: { readonly functionArn: string; readonly queueArn: string },
): Promise<'made' | 'was there'> {
  const targets = [
    new TargetEntry({
      id: 'function',
      type: 'acs.fc.function',
      endpoint: to.functionArn,
      pushRetryStrategy: 'BACKOFF_RETRY',
      paramList: [new EBTargetParam({ resourceKey: 'Body', form: 'ORIGINAL' })],
    }),
    new TargetEntry({
      id: 'queue',
      type: 'acs.mns.queue',
      endpoint: to.queueArn,
      pushRetryStrategy: 'BACKOFF_RETRY',
      paramList: [new EBTargetParam({ resourceKey: 'Body', form: 'JSONPATH', value: '$.data' })],
    }),
  ]
  const filterPattern = JSON.stringify({ source: ['shop'], type: ['order:paid'] })
  const request = new CreateRuleRequest({ eventBusName, ruleName: 'paid', filterPattern, targets })
  return unlessThere(client.createRule(request), 'EventRuleAlreadyExist')
}

/** Publishes orders in one request; resolves with how many were not taken. */
export async function publish(client: Client, bus: string, orders: readonly Order[]): Promise<number> {
  const events = orders.map(
    order =>
      new CloudEvent({
        id: order.order,
        source: 'shop',
        type: 'order:paid',
        data: Buffer.from(JSON.stringify(order)),
        extensions: { aliyuneventbusname: bus },
      }),
  )
  return (await client.putEvents(events)).failedEntryCount ?? events.length
}

/** How an event was delivered to an endpoint; waits for it. */
export async function delivery(
  client: Client,
  eventBusName: string,
  eventId: string,
  endpoint: string,
): Promise<string> {
  for (let attempt = 0; attempt < traceAttemptsMax; attempt++) {
    const request = new QueryEventTracesRequest({ eventBusName, eventId })
    const { eventTraceList } = await client.queryEventTraces(request)
    const pushed = eventTraceList.find(trace => trace.endpoint === endpoint)
    if (pushed?.notifyStatus !== undefined) return pushed.notifyStatus
    await pause(traceEveryMs)
  }
  throw new Error(`event ${eventId} was not delivered to ${endpoint}`)
}
