import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  account,
  accessKeyId,
  accessKeySecret,
  type Catcher,
  codeOf,
  sdk,
  startCatcher,
  startWireServer,
  type WireServer,
} from './fixture.ts'
import { type Members, refusedCode, type RpcCall, rpcClient, rpcExercised, rpcTable } from './rpc-client.ts'

let server: WireServer
let target: Catcher
let call: RpcCall
beforeAll(async () => {
  server = await startWireServer()
  target = await startCatcher()
  call = rpcClient(server)
  await call('CreateEventBus', { EventBusName: 'orders', Description: 'd' })
})
afterAll(async () => {
  await target[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const bus = { EventBusName: 'orders' }
const constant = (Value: string) => ({ Form: 'CONSTANT', Value })

async function data(action: string, query?: Members, body?: Members): Promise<Members> {
  return (await call(action, query, body))['Data'] as Members
}

function httpTarget(Id: string): Members {
  return { Id, Type: 'http', Endpoint: target.url, ParamList: [{ ResourceKey: 'Body', Form: 'ORIGINAL' }] }
}

test('buses are created, changed, read, listed and deleted', async () => {
  const made = await call('CreateEventBus', { EventBusName: 'second', Description: 'first' })
  expect(made).toMatchObject({
    Code: 'Success',
    Success: true,
    Data: { EventBusARN: `acs:eventbridge:cn-hangzhou:${account}:eventbus/second` },
  })
  expect(made['RequestId']).toMatch(/^[0-9A-F-]{36}$/)
  await call('UpdateEventBus', { EventBusName: 'second', Description: 'changed' })
  expect(await data('GetEventBus', { EventBusName: 'second' })).toMatchObject({ Description: 'changed' })
  const page = await data('ListEventBuses', { NamePrefix: 'se', Limit: 1 })
  expect(page).toMatchObject({ Total: 1, EventBuses: [{ EventBusName: 'second' }] })
  expect((await call('DeleteEventBus', { EventBusName: 'second' }))['Data']).toBe(true)
  expect(await codeOf(call('GetEventBus', { EventBusName: 'second' }))).toBe('EventBusNotExist')
  expect(await codeOf(call('CreateEventBus', bus))).toBe('EventBusAlreadyExist')
})

test('rules and their targets are written, switched, read, listed and deleted', async () => {
  const rule = { ...bus, RuleName: 'r1' }
  const created = { ...rule, FilterPattern: '{"source":["shop"]}', EventTargets: [httpTarget('a')] }
  expect(await data('CreateRule', created)).toMatchObject({ RuleARN: expect.stringContaining('/rule/r1') })
  expect((await call('UpdateRule', { ...rule, FilterPattern: '{"source":["x"]}' }))['Data']).toBe(true)
  await call('DisableRule', rule)
  const read = await data('GetRule', rule)
  expect(read).toMatchObject({ Status: 'DISABLE', FilterPattern: '{"source":["x"]}' })
  expect(read['CreatedTimestamp']).toBeGreaterThan(1_600_000_000_000)
  expect((read['Targets'] as Members[])[0]).toMatchObject({ Id: 'a', PushSelector: 'PARAM_TRANSFORMER' })
  await call('EnableRule', rule)
  const put = await data('PutTargets', {
    ...rule,
    Targets: [httpTarget('b'), { Id: 'c', Type: 'acs.sms', Endpoint: 'x' }],
  })
  expect(put).toMatchObject({ ErrorEntriesCount: 1, ErrorEntries: [{ EntryId: 'c' }] })
  expect(await data('ListTargets', { ...rule, Limit: 10 })).toMatchObject({ Total: 2 })
  expect(await data('ListTargets', { ...rule, Arn: 'other' })).toMatchObject({ Total: 0 })
  expect(await data('ListRules', bus)).toMatchObject({ Total: 1, Rules: [{ RuleName: 'r1' }] })
  expect(await data('DeleteTargets', { ...rule, TargetIds: ['b'] })).toMatchObject({ ErrorEntriesCount: 0 })
  await call('DeleteRule', rule)
  expect(await codeOf(call('GetRule', rule))).toBe('EventRuleNotExisted')
})

test('a pattern is held against an event', async () => {
  const Event = '{"id":"1","source":"a","specversion":"1.0","type":"t"}'
  expect(await data('TestEventPattern', {}, { Event, EventPattern: '{"source":["a"]}' })).toMatchObject({
    Result: true,
  })
})

test('events are found, with what became of them', async () => {
  const StartTime = Date.now()
  await server.client.putEvents([
    new sdk.CloudEvent({
      id: 'e1',
      source: 'shop',
      type: 'paid',
      data: Buffer.from('{"n":1}'),
      extensions: { aliyuneventbusname: 'orders' },
    }),
  ])
  const one = { ...bus, EventId: 'e1' }
  expect(await call('QueryEvent', one)).toMatchObject({ Code: '200', Data: { id: 'e1', data: { n: 1 } } })
  const traces = await call('QueryEventTraces', one)
  expect((traces['Data'] as Members[])[0]).toMatchObject({ Action: 'PutEvent', EventId: 'e1' })
  const byId = (await call('QueryTracedEventByEventId', one))['Data'] as Members[]
  expect(byId[0]).toMatchObject({ Total: 1, Events: [{ EventId: 'e1' }] })
  const period = await data('QueryTracedEvents', { ...bus, StartTime, EndTime: Date.now(), Limit: 10 })
  expect(period).toMatchObject({ Total: 1 })
  expect((period['Events'] as Members[])[0]?.['EventReceivedTime']).toBeGreaterThanOrEqual(StartTime)
})

describe('connections and API destinations', () => {
  const network = { NetworkParameters: { NetworkType: 'PublicNetwork' } }
  const basic = (Password: string) => ({
    AuthorizationType: 'BASIC_AUTH',
    BasicAuthParameters: { Username: 'ann', Password },
  })
  const authorization = (password: string) => `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`

  test('carry events of a rule to an address, with the credentials as they are now', async () => {
    await call('CreateConnection', {
      ConnectionName: 'crm',
      Description: 'd',
      ...network,
      AuthParameters: basic('first'),
    })
    const made = await call('CreateApiDestination', {
      ApiDestinationName: 'orders-api',
      ConnectionName: 'crm',
      HttpApiParameters: { Endpoint: target.url, Method: 'PUT' },
    })
    expect(made['Date']).toEqual({ ApiDestinationName: 'orders-api' })
    const ParamList = [
      { ResourceKey: 'Name', ...constant('orders-api') },
      {
        ResourceKey: 'HeaderParameters',
        Form: 'TEMPLATE',
        Value: '{"t":"$.id"}',
        Template: '{"X-Trace":"${t}"}',
      },
      {
        ResourceKey: 'BodyParameters',
        Form: 'TEMPLATE',
        Value: '{"n":"$.data.name"}',
        Template: '{"name":"${n}"}',
      },
      {
        ResourceKey: 'QueryStringParameters',
        Form: 'TEMPLATE',
        Value: '{"k":"fixed"}',
        Template: '{"k":"${k}"}',
      },
    ]
    const Endpoint = `acs:api-destination:cn-hangzhou:${account}:name/orders-api`
    await call('CreateRule', {
      ...bus,
      RuleName: 'to-api',
      FilterPattern: '{"type":["api"]}',
      EventTargets: [{ Id: 'api', Type: 'acs.api.destination', Endpoint, ParamList }],
    })
    const publish = (id: string) =>
      server.client.putEvents([
        new sdk.CloudEvent({
          id,
          source: 'shop',
          type: 'api',
          data: Buffer.from('{"name":"Ann"}'),
          extensions: { aliyuneventbusname: 'orders' },
        }),
      ])

    await publish('api-1')
    const first = await target.next()

    expect(JSON.parse(first.text)).toEqual({ name: 'Ann' })
    expect(first.headers).toMatchObject({ 'x-trace': 'api-1', authorization: authorization('first') })
    await call('UpdateConnection', { ConnectionName: 'crm', ...network, AuthParameters: basic('second') })
    await publish('api-2')
    expect((await target.next()).headers.authorization).toBe(authorization('second'))
  })

  test('are read without secrets, and a mask that comes back changes nothing', async () => {
    const { Connections } = (await data('GetConnection', { ConnectionName: 'crm' })) as {
      Connections: Members[]
    }
    expect(Connections[0]).toMatchObject({
      ConnectionName: 'crm',
      Description: 'd',
      AuthParameters: { BasicAuthParameters: { Username: 'ann', Password: '********' } },
    })
    const { json } = await server.rest('GET', '/instances/connection.crm')
    expect(JSON.stringify(json)).not.toContain('second')
    await call('UpdateConnection', { ConnectionName: 'crm', ...network, AuthParameters: basic('********') })
    await server.client.putEvents([
      new sdk.CloudEvent({
        id: 'api-3',
        source: 'shop',
        type: 'api',
        data: Buffer.from('{}'),
        extensions: { aliyuneventbusname: 'orders' },
      }),
    ])
    expect((await target.next()).headers.authorization).toBe(authorization('second'))
  })

  test('are listed, changed and deleted, but not while they are used', async () => {
    await call('CreateConnection', {
      ConnectionName: 'keys',
      ...network,
      AuthParameters: {
        AuthorizationType: 'API_KEY_AUTH',
        ApiKeyAuthParameters: { ApiKeyName: 'x-key', ApiKeyValue: 'v' },
      },
    })
    await call('CreateConnection', {
      ConnectionName: 'oauth',
      ...network,
      AuthParameters: {
        AuthorizationType: 'OAUTH_AUTH',
        OAuthParameters: {
          AuthorizationEndpoint: 'http://127.0.0.1:1/token',
          HttpMethod: 'POST',
          ClientParameters: { ClientID: 'i', ClientSecret: 's' },
          OAuthHttpParameters: { BodyParameters: [{ Key: 'grant_type', Value: 'client_credentials' }] },
        },
      },
    })
    const { json } = await server.rest('GET', '/instances/connection.oauth')
    expect(json['spec']).toMatchObject({
      options: { auth: { type: 'oauth2', clientId: 'i', clientIn: 'query', method: 'POST' } },
    })
    const listed = await data('ListConnections', {}, { ConnectionNamePrefix: '', MaxResults: 2 })
    expect(listed).toMatchObject({ Total: 3, NextToken: '2', MaxResults: 2 })
    expect(await codeOf(call('DeleteConnection', { ConnectionName: 'crm' }))).toBe(
      'ConnectionBoundApiDestination',
    )
    expect(await codeOf(call('DeleteApiDestination', { ApiDestinationName: 'orders-api' }))).toBe(
      'RequestParameterInvalid',
    )
    await call('UpdateApiDestination', {
      ApiDestinationName: 'orders-api',
      ConnectionName: 'keys',
      HttpApiParameters: { Endpoint: target.url, Method: 'POST' },
    })
    expect(await data('GetApiDestination', { ApiDestinationName: 'orders-api' })).toMatchObject({
      ConnectionName: 'keys',
      HttpApiParameters: { Endpoint: target.url, Method: 'POST' },
    })
    expect(await data('ListApiDestinations', { ConnectionName: 'keys' })).toMatchObject({ Total: 1 })
    await call('DeleteRule', { ...bus, RuleName: 'to-api' })
    await call('DeleteApiDestination', { ApiDestinationName: 'orders-api' })
    await call('DeleteConnection', { ConnectionName: 'crm' })
    expect(await codeOf(call('GetConnection', { ConnectionName: 'crm' }))).toBe('ConnectionNotExist')
    expect(await codeOf(call('GetApiDestination', { ApiDestinationName: 'orders-api' }))).toBe(
      'ApiDestinationNotExist',
    )
  })

  test.each([
    [{ ConnectionName: '-x' }, 'ConnectionNameInvalid'],
    [{ ConnectionName: 'keys' }, 'ConnectionAlreadyExist'],
    [{ ConnectionName: 'c1', Type: 'MySQL' }, 'RequestParameterInvalid'],
    [{ ConnectionName: 'c1', NetworkParameters: { NetworkType: 'x' } }, 'ConnectionNetworkParametersInvalid'],
    [{ ConnectionName: 'c1', AuthParameters: { AuthorizationType: 'x' } }, 'ConnectionAuthParametersInvalid'],
    [
      { ConnectionName: 'c1', AuthParameters: { AuthorizationType: 'BASIC_AUTH' } },
      'BasicRequiredParameterIsEmpty',
    ],
    [
      {
        ConnectionName: 'c1',
        AuthParameters: {
          AuthorizationType: 'API_KEY_AUTH',
          ApiKeyAuthParameters: { ApiKeyName: 'x'.repeat(128), ApiKeyValue: 'v' },
        },
      },
      'ApiKeyNameLengthExceed',
    ],
    [
      { ConnectionName: 'c1', AuthParameters: { AuthorizationType: 'OAUTH_AUTH' } },
      'OAuthRequiredParameterIsEmpty',
    ],
  ])('a connection %j is refused', async (connection, code) => {
    expect(await codeOf(call('CreateConnection', { ...network, ...connection }))).toBe(code)
  })

  test.each([
    [{ ApiDestinationName: '-x' }, 'ApiDestinationNameInvalid'],
    [{ ConnectionName: 'nobody' }, 'ConnectionNotExist'],
    [{ HttpApiParameters: { Endpoint: '', Method: 'POST' } }, 'EndpointIsBlank'],
    [
      { HttpApiParameters: { Endpoint: `http://${'x'.repeat(128)}/`, Method: 'POST' } },
      'EndpointLengthExceed',
    ],
    [{ HttpApiParameters: { Endpoint: 'http://x/', Method: '' } }, 'Method'],
    [{ HttpApiParameters: { Endpoint: 'http://x/', Method: 'TRACE' } }, 'ApiDestinationParametersInvalid'],
  ])('an API destination %j is refused', async (destination, code) => {
    const good = {
      ApiDestinationName: 'd1',
      ConnectionName: 'keys',
      HttpApiParameters: { Endpoint: 'http://x/', Method: 'POST' },
    }
    expect(await codeOf(call('CreateApiDestination', { ...good, ...destination }))).toBe(code)
  })
})

test('streamings are created, changed, started, paused, read, listed and deleted', async () => {
  await server.rest('PUT', '/queues/in', {})
  await server.rest('PUT', '/queues/out', {})
  const options = { endpoint: server.url, accessKeyId, accessKeySecret }
  await server.rest('PUT', '/instances/mns', { connector: 'mns', options })
  const name = { EventStreamingName: 'es' }
  const parts = {
    FilterPattern: '{}',
    Source: { SourceMNSParameters: { QueueName: 'in' } },
    Sink: { SinkMNSParameters: { QueueName: constant('out'), Body: { Form: 'ORIGINAL' } } },
    RunOptions: { MaximumTasks: 1 },
  }
  await call('CreateEventStreaming', {}, { ...name, ...parts, 'Tags.1.Key': 'a', 'Tags.1.Value': 'b' })
  await call('UpdateEventStreaming', {}, { ...name, ...parts, Description: 'changed' })
  await call('StartEventStreaming', {}, name)
  await expect.poll(async () => (await data('GetEventStreaming', {}, name))['Status']).toBe('RUNNING')
  expect(await data('GetEventStreaming', {}, name)).toMatchObject({
    ...parts,
    Description: 'changed',
    Tags: [{ Key: 'a', Value: 'b' }],
    DetailedStatus: { TPS: 0 },
  })
  await call('PauseEventStreaming', {}, name)
  expect(await data('ListEventStreamings', {}, { NamePrefix: 'e' })).toMatchObject({ Total: 1 })
  await call('UpdateEventStreamingBusinessOption', {}, { ...name, BusinessMode: 'EventNumMode' })
  expect(await data('GetEventStreaming', {}, name)).toMatchObject({
    RunOptions: { MaximumTasks: 1, BusinessOption: { BusinessMode: 'EventNumMode' } },
  })
  await call('DeleteEventStreaming', {}, name)
  expect(await codeOf(call('GetEventStreaming', {}, name))).toBe('EventStreamingNotExist')
})

test('event sources are created, changed, listed and deleted', async () => {
  const source = { ...bus, EventSourceName: 'app' }
  const made = await data('CreateEventSource', {}, { ...source, Description: 'mine' })
  expect(made['EventSourceARN']).toBe(
    `acs:eventbridge:cn-hangzhou:${account}:eventbus/orders/eventsource/app`,
  )
  expect((await call('UpdateEventSource', {}, { ...source, Description: 'ours' }))['Data']).toBe(true)
  const listed = await data('ListUserDefinedEventSources', { ...bus, Limit: 10 })
  expect(listed).toMatchObject({
    Total: 1,
    EventSourceList: [{ Name: 'app', Type: 'UserDefined', Status: 'Activated', Description: 'ours' }],
  })
  expect(await codeOf(call('DeleteEventBus', bus))).toBe('EventBusSourceNotEmptyForDelete')
  await call('DeleteEventSource', {}, source)
  expect(await codeOf(call('DeleteEventSource', {}, source))).toBe('EventSourceNotExist')
  expect(await data('ListAliyunOfficialEventSources')).toEqual({ EventSourceList: [] })
})

test('nothing needs roles', async () => {
  await call('CreateServiceLinkedRoleForProduct', { ProductName: 'AliyunServiceRoleForEventBridge' })
  expect(await data('CheckServiceLinkedRoleForProduct', { ProductName: 'p' })).toMatchObject({
    CheckPass: true,
  })
})

test('bad requests are told apart', async () => {
  const wrong = rpcClient(server, { accessKeySecret: 'wrong' })
  expect(await codeOf(wrong('GetEventBus', bus))).toBe('SignatureDoesNotMatch')
  const reading = rpcClient(server, {}, 'GET')
  expect(await reading('GetEventBus', bus)).toMatchObject({ Data: { EventBusName: 'orders' } })
  const unknown = rpcClient(server, { accessKeyId: 'nobody' })
  expect(await codeOf(unknown('GetEventBus', bus))).toBe('InvalidAccessKeyId.NotFound')
  expect(await codeOf(call('GetEventBus', {}))).toBe('RequestParameterInvalid')
  expect(await codeOf(call('ListEventBuses', { Limit: 'x' }))).toBe('LimitSizeInvalid')
  expect(await codeOf(call('PutTargets', { ...bus, RuleName: 'r', Targets: '[' }))).toBe(
    'RequestParameterInvalid',
  )
})

test('what is refused is refused by its name, and the table tells the truth', async () => {
  for (const { name, verdict } of rpcTable.actions) {
    if (verdict === 'refused') expect(await codeOf(call(name)), name).toBe(refusedCode)
  }
  expect(rpcExercised.contradictions([])).toEqual([])
})
