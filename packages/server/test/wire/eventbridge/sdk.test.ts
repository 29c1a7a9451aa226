import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
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
  await createBus('orders')
})
afterAll(async () => {
  await target[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const arn = `acs:eventbridge:cn-hangzhou:${account}:eventbus`

function createBus(eventBusName: string, further: Record<string, unknown> = {}) {
  return server.client.createEventBus(new sdk.CreateEventBusRequest({ eventBusName, ...further }))
}

function param(resourceKey: string, form: string, value?: string, template?: string) {
  return new sdk.EBTargetParam({ resourceKey, form, value, template })
}

function httpTarget(id: string, body = param('Body', 'ORIGINAL'), further: Record<string, unknown> = {}) {
  return new sdk.TargetEntry({ id, type: 'http', endpoint: target.url, paramList: [body], ...further })
}

function createRule(
  ruleName: string,
  filterPattern: string,
  targets: unknown[] = [],
  eventBusName = 'orders',
) {
  return server.client.createRule(
    new sdk.CreateRuleRequest({ eventBusName, ruleName, filterPattern, targets }),
  )
}

function event(id: string, type: string, further: Record<string, unknown> = {}) {
  return new sdk.CloudEvent({
    id,
    source: 'shop',
    type,
    data: Buffer.from('{"price":12.5,"name":"Ann"}'),
    extensions: { aliyuneventbusname: 'orders' },
    ...further,
  })
}

function rule(name: string, eventBusName = 'orders') {
  return server.client.getRule(new sdk.GetRuleRequest({ eventBusName, ruleName: name }))
}

describe('buses', () => {
  test('are created, read, listed page by page and deleted', async () => {
    const { client } = server
    const made = await createBus('page-1', { description: 'first', tags: { team: 'a' } })
    await createBus('page-2')
    expect(made.eventBusARN).toBe(`${arn}/page-1`)
    expect(made.resourceOwnerAccountId).toBe(account)
    expect(made.requestId).toMatch(/^[0-9A-F]{8}-([0-9A-F]{4}-){3}[0-9A-F]{12}$/)

    const read = await client.getEventBus(new sdk.GetEventBusRequest({ eventBusName: 'page-1' }))
    expect(read).toMatchObject({ eventBusName: 'page-1', description: 'first', tags: { team: 'a' } })
    expect(read.createTimestamp).toBeGreaterThan(1_600_000_000_000)

    const list = (nextToken?: string) =>
      client.listEventBuses(new sdk.ListEventBusesRequest({ namePrefix: 'page-', limit: 1, nextToken }))
    const first = await list()
    expect(first).toMatchObject({ total: 2, nextToken: '1' })
    const second = await list(first.nextToken)
    expect(second.eventBuses.map(bus => bus.eventBusName)).toEqual(['page-2'])
    expect(second.nextToken).toBe('')

    await client.deleteEventBus(new sdk.DeleteEventBusRequest({ eventBusName: 'page-1' }))
    expect(await codeOf(client.getEventBus(new sdk.GetEventBusRequest({ eventBusName: 'page-1' })))).toBe(
      'EventBusNotExist',
    )
  })

  test('are refused with the names of the protocol', async () => {
    const { client } = server
    expect(await codeOf(createBus('orders'))).toBe('EventBusAlreadyExist')
    for (const name of ['default', 'eventbridge-reserved-x', '-x', 'a b', '']) {
      expect(await codeOf(createBus(name)), name).toBe('EventBusNameInvalid')
    }
    await createBus('full')
    await createRule('r', '{}', [], 'full')
    const remove = (eventBusName: string) =>
      client.deleteEventBus(new sdk.DeleteEventBusRequest({ eventBusName }))
    expect(await codeOf(remove('full'))).toBe('EventBusRuleNotEmptyForDelete')
    expect(await codeOf(remove('nowhere'))).toBe('EventBusNotExist')
    expect(await codeOf(remove('default'))).toBe('AccessDenied')
    const list = (settings: Record<string, unknown>) =>
      client.listEventBuses(new sdk.ListEventBusesRequest(settings))
    expect(await codeOf(list({ limit: 101 }))).toBe('LimitSizeInvalid')
    expect(await codeOf(list({ nextToken: 'x' }))).toBe('NextTokenInvalid')
  })
})

describe('rules', () => {
  test('give back what was written, are changed, switched and deleted', async () => {
    const { client } = server
    const name = { eventBusName: 'orders', ruleName: 'whole' }
    const targets = [
      httpTarget('t', param('Body', 'TEMPLATE', '{"p":"$.data.price"}', 'price=${p}'), {
        pushRetryStrategy: 'EXPONENTIAL_DECAY_RETRY',
        concurrentConfig: new sdk.ConcurrentConfig({ concurrency: 5 }),
      }),
    ]
    const pattern = '{"source":["never"],"data":{"n":[{"numeric":[">",1]}]}}'
    await client.createRule(
      new sdk.CreateRuleRequest({
        ...name,
        description: 'd',
        filterPattern: pattern,
        targets,
        tags: { k: 'v' },
      }),
    )
    const read = await rule('whole')
    expect(read).toMatchObject({
      ruleName: 'whole',
      ruleARN: `${arn}/orders/rule/whole`,
      description: 'd',
      status: 'ENABLE',
      filterPattern: pattern,
      tags: { k: 'v' },
    })
    expect(JSON.parse(JSON.stringify(read.targets))).toEqual(JSON.parse(JSON.stringify(targets)))
    const engine = (await server.rest('GET', '/buses/orders/rules/whole')).json['spec']
    expect(engine).toMatchObject({
      dialect: 'aliyun',
      targets: [{ retry: { strategy: 'EXPONENTIAL_DECAY_RETRY' }, concurrencyMax: 5 }],
    })

    await client.disableRule(new sdk.DisableRuleRequest(name))
    expect((await rule('whole')).status).toBe('DISABLE')
    await client.enableRule(new sdk.EnableRuleRequest(name))
    expect((await rule('whole')).status).toBe('ENABLE')
    await client.updateRule(new sdk.UpdateRuleRequest({ ...name, filterPattern: '{}', status: 'disable' }))
    const changed = await rule('whole')
    expect(changed).toMatchObject({
      filterPattern: '{}',
      status: 'DISABLE',
      description: 'd',
      tags: { k: 'v' },
    })
    expect(changed.targets).toHaveLength(1)
    const listed = await client.listRules(
      new sdk.ListRulesRequest({ eventBusName: 'orders', ruleNamePrefix: 'who' }),
    )
    expect(listed.total).toBe(1)
    expect(listed.rules[0]?.ruleName).toBe('whole')
    await client.deleteRule(new sdk.DeleteRuleRequest(name))
    expect(await codeOf(rule('whole'))).toBe('EventRuleNotExisted')
  })

  test('are refused with the names of the protocol', async () => {
    await createRule('there', '{"source":["never"]}')
    const six = Array.from({ length: 6 }, (_, index) => httpTarget(`t${index}`))
    const many = `{"source":[${Array.from({ length: 6 }, () => '{"prefix":"a"}').join()}]}`
    const foreign = new sdk.TargetEntry({ id: 'q', type: 'acs.sms', endpoint: 'acs:mns:x:1:queues/q' })
    const noFunction = new sdk.TargetEntry({
      id: 'f',
      type: 'acs.fc.function',
      paramList: [param('functionName', 'CONSTANT', 'nobody')],
    })
    expect(await codeOf(createRule('there', '{}'))).toBe('EventRuleAlreadyExist')
    expect(await codeOf(createRule('x', ''))).toBe('EventRuleFilterPatternEmpty')
    expect(await codeOf(createRule('x', '{"source":"a"}'))).toBe('EventRuleFilterPatternSchemaError')
    expect(await codeOf(createRule('x', 'nope'))).toBe('EventRuleFilterPatternSchemaError')
    expect(await codeOf(createRule('x', many))).toBe('EventRuleFilterPatternExceedLimit')
    expect(await codeOf(createRule('a b', '{}'))).toBe('EventRuleNameInvalid')
    expect(await codeOf(createRule('x', '{}', six))).toBe('EventTargetCountExceedLimit')
    expect(await codeOf(createRule('x', '{}', [foreign]))).toBe('EventTargetClassNotExist')
    expect(await codeOf(createRule('x', '{}', [noFunction]))).toBe('CreateRelatedResourceFailed')
    expect(await codeOf(createRule('x', '{}', [httpTarget('t'), httpTarget('t')]))).toBe(
      'EventRuleTargetIdDuplicate',
    )
    expect(await codeOf(createRule('x', '{}', [httpTarget('t', param('Body', 'JSONPATH', '$..a'))]))).toBe(
      'InvalidConfig',
    )
    expect(await codeOf(createRule('x', '{}', [], 'nowhere'))).toBe('EventBusNotExist')
  })
})

test('targets are created, replaced, listed and deleted, and refused one by one', async () => {
  const { client } = server
  const name = { eventBusName: 'orders', ruleName: 'targets' }
  await createRule('targets', '{"source":["never"]}')
  const create = (...targets: unknown[]) =>
    client.createTargets(new sdk.CreateTargetsRequest({ ...name, targets }))
  const list = async () =>
    (await client.listTargets(new sdk.ListTargetsRequest({ ...name, limit: 10 }))).targets.map(
      ({ id, type }) => [id, type],
    )
  const strange = new sdk.TargetEntry({ id: 'q', type: 'acs.sms', endpoint: 'acs:mns:x:1:queues/q' })
  const bus = new sdk.TargetEntry({ id: 'b', type: 'acs.eventbridge', endpoint: `${arn}/orders` })

  const made = await create(httpTarget('a'), strange, bus)

  expect(made.errorEntriesCount).toBe(1)
  expect(made.errorEntries[0]).toMatchObject({ entryId: 'q', errorCode: 'EventTargetClassNotExist' })
  expect(made.errorEntries[0]?.errorMessage).toContain('acs.fc.function')
  expect(await list()).toEqual([
    ['a', 'http'],
    ['b', 'acs.eventbridge'],
  ])
  expect((await create(httpTarget('a', param('Body', 'CONSTANT', 'x')))).errorEntriesCount).toBe(0)
  expect((await list()).length).toBe(2)
  const removed = await client.deleteTargets(
    new sdk.DeleteTargetsRequest({ ...name, targetIds: ['b', 'nobody'] }),
  )
  expect(removed.errorEntries.map(({ entryId, errorCode }) => [entryId, errorCode])).toEqual([
    ['nobody', 'EventTargetNotExist'],
  ])
  expect(await list()).toEqual([['a', 'http']])
})

describe('events', () => {
  test('reach an HTTP target transformed, and their way can be read', async () => {
    const { client } = server
    const body = param(
      'Body',
      'TEMPLATE',
      '{"n":"$.data.name","b":"$.aliyuneventbusname"}',
      '{"${b}":"${n}"}',
    )
    const pattern = '{"type":["paid"],"aliyunregionid":["cn-hangzhou"],"aliyuneventbusname":["orders"]}'
    await createRule('paid', pattern, [httpTarget('t', body)])

    const result = await client.putEvents([event('paid-1', 'paid'), event('paid-2', 'refunded')])
    const { text } = await target.next()

    expect(JSON.parse(text)).toEqual({ orders: 'Ann' })
    expect(result.failedEntryCount).toBe(0)
    expect(result.entryList?.map(({ eventId, errorCode }) => [eventId, errorCode])).toEqual([
      ['paid-1', 'Success'],
      ['paid-2', 'Success'],
    ])
    expect(result.entryList?.[0]?.traceId).toMatch(/^[0-9a-f]{32}$/)
    const traces = new sdk.QueryEventTracesRequest({ eventBusName: 'orders', eventId: 'paid-1' })
    await expect
      .poll(async () => (await client.queryEventTraces(traces)).eventTraceList.map(({ action }) => action))
      .toEqual(['PutEvent', 'FilterEvent', 'PushEvent'])
    const pushed = (await client.queryEventTraces(traces)).eventTraceList[2]
    expect(pushed).toMatchObject({ ruleName: 'paid', endpoint: target.url, notifyStatus: '[200]Ok' })
  })

  test('carry what the service says of them, whatever the producer said', async () => {
    await createRule('stamps', '{"type":["stamped"]}', [httpTarget('t')])
    const extensions = { aliyuneventbusname: 'orders', aliyunaccountid: '9', num: 5, flag: true }

    await server.client.putEvents([event('s-1', 'stamped', { extensions })])
    const { text, headers } = await target.next()

    expect(headers['content-type']).toContain('application/cloudevents+json')
    expect(JSON.parse(text)).toMatchObject({
      id: 's-1',
      aliyuneventbusname: 'orders',
      aliyunaccountid: account,
      aliyunoriginalaccountid: account,
      aliyunregionid: 'cn-hangzhou',
      aliyunpublishaddr: '127.0.0.1',
      num: 5,
      flag: true,
      data: { price: 12.5, name: 'Ann' },
    })
    expect(JSON.parse(text).aliyunpublishtime).toMatch(/^\d{4}-.*Z$/)
  })

  test('are found by id, by ids and by period', async () => {
    const { client } = server
    const startTime = Date.now()
    await client.putEvents([event('find-1', 'found'), event('find-2', 'found'), event('find-3', 'other')])
    const bus = { eventBusName: 'orders' }

    const one = await client.queryEventByEventId(
      new sdk.QueryEventByEventIdRequest({ ...bus, eventSource: 'shop', eventId: 'find-1' }),
    )
    const period = new sdk.QueryEventsByPeriodRequest({
      ...bus,
      startTime,
      endTime: Date.now(),
      eventType: 'found',
      limit: 1,
      nextToken: '1',
    })
    const page = await client.queryEventsByPeriod(period)
    const texts = await client.queryEvents(
      new sdk.QueryEventsRequest({ ...bus, eventIds: ['find-1', 'find-3', 'nobody'] }),
    )

    expect(one.total).toBe(1)
    expect(one.tracedEvents[0]).toMatchObject({ eventId: 'find-1', eventSource: 'shop', eventType: 'found' })
    expect(page).toMatchObject({ total: 2, nextToken: '' })
    expect(page.tracedEvents.map(({ eventId }) => eventId)).toEqual(['find-2'])
    const map = texts.eventMap as Record<string, string>
    expect(Object.keys(map)).toEqual(['find-1', 'find-3'])
    expect(JSON.parse(map['find-3'] ?? '')).toMatchObject({ id: 'find-3', type: 'other' })
  })

  test('that are bad are told by their entries, the others are taken', async () => {
    const tooLarge = event('big', 'x', { data: Buffer.from(`"${'x'.repeat(262_144)}"`) })
    const noId = event('', 'x')

    const result = await server.client.putEvents([event('good', 'x'), noId, tooLarge])

    expect(result.failedEntryCount).toBe(2)
    expect(result.entryList?.map(({ eventId, errorCode }) => [eventId, errorCode])).toEqual([
      ['good', 'Success'],
      ['', 'EventIdEmpty'],
      ['big', 'EventSizeExceed'],
    ])
  })

  test('are refused as a whole with the names of the protocol', async () => {
    await createBus('second')
    const put = (...events: InstanceType<typeof sdk.CloudEvent>[]) => codeOf(server.client.putEvents(events))
    const on = (bus: string) => event('e', 'x', { extensions: { aliyuneventbusname: bus } })
    expect(await put()).toBe('EventBusEmpty')
    expect(await put(event('e', 'x', { extensions: {} }))).toBe('EventBusEmpty')
    expect(await put(on('orders'), on('second'))).toBe('PutEventsRequestMoreThanOneEventBus')
    expect(await put(on('nowhere'))).toBe('EventBusNotExist')
    expect(await put(on('default'))).toBe('AccessDenied')
    expect(await put(...Array.from({ length: 17 }, (_, index) => event(`e${index}`, 'x')))).toBe(
      'EventInvalid',
    )
    expect(await put(event('e', ''))).toBe('EventTypeInvalid')
    expect(await put(event('e', 'x', { data: Buffer.from(`"${'1'.repeat(1_100_000)}"`) }))).toBe(
      'EventSizeExceed',
    )
  })
})

test('a pattern is held against an event', async () => {
  const request = (eventPattern: string, text = '{"id":"1","source":"a","specversion":"1.0","type":"t"}') =>
    server.client.testEventPattern(new sdk.TestEventPatternRequest({ event: text, eventPattern }))
  expect((await request('{"source":["a"]}')).result).toBe(true)
  expect((await request('{"source":["b"]}')).result).toBe(false)
  expect((await request('{}')).result).toBe(true)
  expect(await codeOf(request('{"source":{}}'))).toBe('EventRuleFilterPatternSchemaError')
  expect(await codeOf(request('{}', '{"id":"1"}'))).toMatch(/^Event\w+Invalid$/)
})

test('a wrong secret, an unknown key and temporary credentials are told apart', async () => {
  const get = (settings: Record<string, string>) =>
    codeOf(server.clientWith(settings).getEventBus(new sdk.GetEventBusRequest({ eventBusName: 'orders' })))
  expect(await get({ accessKeySecret: 'wrong' })).toBe('SignatureDoesNotMatch')
  expect(await get({ accessKeyId: 'nobody' })).toBe('InvalidAccessKeyId')
  expect(await get({ securityToken: 'token', type: 'sts' })).toBe('SecurityTokenInvalid')
})
