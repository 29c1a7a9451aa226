import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  accessKeyId,
  accessKeySecret,
  account,
  type Catcher,
  codeOf,
  sdk,
  startCatcher,
  startWireServer,
  type WireServer,
} from './fixture.ts'

let server: WireServer
let target: Catcher
beforeAll(async () => {
  server = await startWireServer()
  target = await startCatcher()
  await server.client.createEventBus(new sdk.CreateEventBusRequest({ eventBusName: 'orders' }))
  const paramList = [new sdk.EBTargetParam({ resourceKey: 'Body', form: 'ORIGINAL' })]
  const targets = [new sdk.TargetEntry({ id: 't', type: 'http', endpoint: target.url, paramList })]
  await server.client.createRule(
    new sdk.CreateRuleRequest({ eventBusName: 'orders', ruleName: 'all', filterPattern: '{}', targets }),
  )
})
afterAll(async () => {
  await target[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

type Fields = Record<string, unknown>
const bus = { eventBusName: 'orders' }

function create(eventSourceName: string, further: Fields = {}) {
  return server.client.createEventSource(
    new sdk.CreateEventSourceRequest({ ...bus, eventSourceName, ...further }),
  )
}

async function listed(eventSourceName: string) {
  const { eventSources } = await server.client.listUserDefinedEventSources(
    new sdk.ListUserDefinedRequest(bus),
  )
  return eventSources?.find(({ name }) => name === eventSourceName)
}

function remove(eventSourceName: string) {
  return server.client.deleteEventSource(new sdk.DeleteEventSourceRequest({ eventSourceName }))
}

function webhook(fields: Fields = {}) {
  const given = { type: 'HTTP', method: ['POST'], securityConfig: 'none', ...fields }
  return { sourceHttpEventParameters: new sdk.SourceHttpEventParameters(given) }
}

/** Waits until the stream of the source listens. */
async function post(url: string, init: RequestInit = {}): Promise<{ status: number; json: Fields }> {
  let answer = { status: 0, json: {} as Fields }
  const attempt = async () => {
    const response = await fetch(url, { method: 'POST', body: '{"state":"alerting"}', ...init })
    answer = { status: response.status, json: (await response.json()) as Fields }
    return answer.status
  }
  await expect.poll(attempt).not.toBe(503)
  return answer
}

test('an application is a name: created, changed, listed, deleted', async () => {
  const made = await create('shop', { description: 'd' })
  expect(made.eventSourceARN).toBe(`acs:eventbridge:cn-hangzhou:${account}:eventbus/orders/eventsource/shop`)
  expect(await listed('shop')).toMatchObject({
    description: 'd',
    status: 'Activated',
    eventBusName: 'orders',
  })
  await server.client.updateEventSource(
    new sdk.UpdateEventSourceRequest({ ...bus, eventSourceName: 'shop', description: 'e' }),
  )
  expect(await listed('shop')).toMatchObject({ description: 'e' })
  await remove('shop')
  expect(await listed('shop')).toBeUndefined()
  expect(await codeOf(remove('shop'))).toBe('EventSourceNotExist')
})

describe('a webhook', () => {
  test('makes events of the bus of the requests that know its token', async () => {
    await create('hook', webhook())
    const url = (await listed('hook'))?.sourceHttpEventResponse?.publicWebHookUrl?.[0] ?? ''
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/webhook\/putEvents\?token=[0-9a-f]{128}$/)

    const { status, json } = await post(`${url}&env=p`, {
      headers: { 'content-type': 'application/json', cookie: 'secret' },
    })

    expect(status).toBe(200)
    expect(json).toMatchObject({ FailedEntryCount: 0, EntryList: [{ ErrorCode: 'Success' }] })
    const event = JSON.parse((await target.next()).text) as Fields
    expect(event).toMatchObject({
      id: (json['EntryList'] as Fields[])[0]?.['EventId'],
      source: 'hook',
      type: 'eventbridge:Events:HTTPEvent',
      data: {
        path: '/webhook/putEvents',
        httpMethod: 'POST',
        queryString: { env: 'p' },
        body: { state: 'alerting' },
      },
    })
    expect(JSON.stringify(event)).not.toContain('secret')
  })

  test('refuses other methods, callers, bodies and tokens by name', async () => {
    await create(
      'guarded',
      webhook({ method: ['POST', 'PUT'], securityConfig: 'referer', referer: ['https://a/'] }),
    )
    const url = (await listed('guarded'))?.sourceHttpEventResponse?.publicWebHookUrl?.[0] ?? ''
    const headers = { referer: 'https://a/', 'content-type': 'application/json' }
    expect(await post(url)).toMatchObject({
      status: 409,
      json: { code: 'PutEventsRequestSecurityCheckFailed' },
    })
    expect(await post(url, { method: 'DELETE', headers })).toMatchObject({
      status: 409,
      json: { code: 'PutEventsRequestSecurityCheckFailed' },
    })
    expect(await post(url, { body: 'nope', headers })).toMatchObject({
      status: 409,
      json: { code: 'JsonAttributeInvalid' },
    })
    expect(await post(`${server.url}/webhook/putEvents?token=x`)).toMatchObject({
      status: 404,
      json: { code: 'EventSourceNotExist' },
    })
  })

  test('keeps its address when it is changed', async () => {
    await create('stable', webhook({ type: 'HTTP&HTTPS' }))
    const before = (await listed('stable'))?.sourceHttpEventResponse
    expect(before?.publicWebHookUrl).toHaveLength(2)
    await server.client.updateEventSource(
      new sdk.UpdateEventSourceRequest({
        ...bus,
        eventSourceName: 'stable',
        ...webhook({ type: 'HTTP&HTTPS', securityConfig: 'ip', ip: ['10.0.0.0/8'] }),
      }),
    )
    const after = (await listed('stable'))?.sourceHttpEventResponse
    expect(after?.publicWebHookUrl).toEqual(before?.publicWebHookUrl)
    expect(after?.ip).toEqual(['10.0.0.0/8'])
    expect(await post(before?.publicWebHookUrl?.[0] ?? '')).toMatchObject({
      json: { code: 'PutEventsRequestSecurityCheckFailed' },
    })
  })

  test.each([
    [{ type: '' }, 'HttpSourceParametersEmpty'],
    [{ method: [] }, 'HttpSourceParametersEmpty'],
    [{ type: 'FTP' }, 'HttpSourceParametersInvalid'],
    [{ method: ['TRACE'] }, 'HttpSourceParametersInvalid'],
    [{ securityConfig: 'ip' }, 'HttpSourceParametersEmpty'],
    [{ ip: ['10.0.0.1'] }, 'HttpSourceParametersInvalid'],
    [
      { securityConfig: 'ip', ip: Array.from({ length: 6 }, () => '10.0.0.1') },
      'ExceedHttpSourceParametersCount',
    ],
  ])('%j is refused', async (fields, code) => {
    expect(await codeOf(create('bad', webhook(fields)))).toBe(code)
  })
})

test('a queue becomes events of the bus under the name of the source', async () => {
  await server.rest('PUT', '/queues/in', {})
  const options = { endpoint: server.url, accessKeyId, accessKeySecret }
  await server.rest('PUT', '/instances/mns', { connector: 'mns', options })
  const sourceMNSParameters = new sdk.SourceMNSParameters({
    regionId: 'cn-hangzhou',
    queueName: 'in',
    isBase64Decode: true,
  })
  await create('from-queue', { sourceMNSParameters })
  await server.rest('POST', '/queues/in/messages', { messages: [{ body: 'hello' }] })

  expect(JSON.parse((await target.next()).text)).toMatchObject({
    source: 'from-queue',
    type: 'mns:Queue:SendMessage',
    data: { messageBody: 'hello' },
  })
  expect((await listed('from-queue'))?.sourceMNSParameters).toMatchObject({ queueName: 'in' })
})

test('a schedule becomes events of the bus at its times', async () => {
  const sourceScheduledEventParameters = new sdk.SourceScheduledEventParameters({
    Schedule: '* * * * * *',
    TimeZone: 'GMT+8:00',
    UserData: { k: 'v' },
  })
  await create('tick', { sourceScheduledEventParameters })

  const event = JSON.parse((await target.next()).text) as Fields
  await remove('tick')

  expect(event).toMatchObject({
    source: 'tick',
    type: 'eventbridge:Events:ScheduledEvent',
    data: { TimeZone: 'GMT+8:00', Schedule: '* * * * * *', UserData: { k: 'v' } },
  })
  const never = new sdk.SourceScheduledEventParameters({ Schedule: '* * *', TimeZone: 'UTC' })
  expect(await codeOf(create('never', { sourceScheduledEventParameters: never }))).toBe('InvalidConfig')
})

test('bad sources are refused with the names of the protocol', async () => {
  await create('taken')
  expect(await codeOf(create('taken'))).toBe('EventSourceAlreadyExist')
  expect(await codeOf(create('a b'))).toBe('EventSourceNameInvalid')
  expect(await codeOf(create('s', { eventBusName: 'nowhere' }))).toBe('EventBusNotExist')
  expect(await codeOf(create('s', { eventBusName: 'default' }))).toBe('AccessDenied')
  const SourceRocketMQParameters = new sdk.SourceRocketMQParameters({ instanceId: 'i', topic: 't' })
  expect(await codeOf(create('s', { SourceRocketMQParameters }))).toBe('EventSourceMissingAttribute')
  const whole = new sdk.SourceRocketMQParameters({ instanceId: 'i', topic: 't', groupID: 'g' })
  expect(await codeOf(create('s', { SourceRocketMQParameters: whole }))).toBe('CreateRelatedResourceFailed')
})

test('nobody else publishes here', async () => {
  const { client } = server
  const official = await client.listAliyunOfficialEventSources(new sdk.ListAliyunOfficialRequest({}))
  expect(official.eventSourceList).toEqual([])
  const partners = await client.listPartnerEventSources(
    new sdk.ListPartnerEventSourcesRequest({ namePrefix: 'p' }),
  )
  expect(partners.eventSources).toEqual([])
})
