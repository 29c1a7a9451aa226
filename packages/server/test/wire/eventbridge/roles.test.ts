import { afterAll, beforeAll, expect, test } from 'vitest'
import { allowing, putRole, userKey } from '../roles.ts'
import {
  accessKeyId,
  accessKeySecret,
  account,
  codeOf,
  sdk,
  startWireServer,
  type WireServer,
} from './fixture.ts'
import { type Members, type RpcCall, rpcClient } from './rpc-client.ts'

/** `RoleName` of targets, sources and sinks, by the vendor's clients: what is asked of a role, and that it holds when it is used. */
let server: WireServer
let call: RpcCall

const rule = { EventBusName: 'orders', RuleName: 'to-logs' }
const using = (instance: string) => ({
  Action: 'millrace:UseInstance',
  Resource: `acs:millrace:*:*:instance/${instance}`,
})

beforeAll(async () => {
  server = await startWireServer()
  call = rpcClient(server)
  const options = { endpoint: server.url, accessKeyId, accessKeySecret }
  for (const [name, connector] of [
    ['sls', 'sls'],
    ['mns', 'mns'],
  ] as const) {
    expect((await server.rest('PUT', `/instances/${name}`, { connector, options })).status).toBe(201)
  }
  for (const queue of ['in', 'out']) await server.rest('PUT', `/queues/${queue}`, {})
  await call('CreateEventBus', { EventBusName: 'orders' })
  await call('CreateRule', { ...rule, FilterPattern: '{"source":["shop"]}' })
  await putRole(server, 'eb-sls', allowing(using('sls')))
  await putRole(server, 'eb-mns', allowing(using('mns')))
})
afterAll(() => server[Symbol.asyncDispose]())

const constant = (Value: string) => ({ Form: 'CONSTANT', Value })

function logsTarget(RoleName: string, Id = 'logs') {
  const members = { Project: 'shop', LogStore: 'orders', RoleName }
  return {
    Id,
    Type: 'acs.sls',
    Endpoint: `acs:sls:cn-hangzhou:${account}:project/shop/logstore/orders`,
    ParamList: Object.entries(members).map(([ResourceKey, Value]) => ({ ResourceKey, ...constant(Value) })),
  }
}

async function entryErrors(Targets: readonly object[], as: RpcCall = call): Promise<unknown> {
  const { Data } = await as('PutTargets', { ...rule, Targets })
  return ((Data as Members)['ErrorEntries'] as Members[]).map(({ EntryId, ErrorCode }) => [
    EntryId,
    ErrorCode,
  ])
}

test('a target whose role cannot be had is refused by its entry, and the others stand', async () => {
  const refused = await entryErrors([
    logsTarget('none', 'gone'),
    logsTarget('eb-mns', 'other'),
    logsTarget('acs:ram::2:role/eb-sls', 'abroad'),
    logsTarget(`acs:ram::${account}:role/eb-sls`, 'logs'),
  ])
  expect(refused).toEqual([
    ['gone', 'CreateRelatedResourceFailed'],
    ['other', 'AccessDenied'],
    ['abroad', 'EventTargetIneffectiveAttribute'],
  ])
  const kept = await server.rest('GET', '/buses/orders/rules/to-logs')
  expect(kept.json['spec']).toMatchObject({ targets: [{ id: 'logs', role: 'eb-sls' }] })
  const { Targets } = (await call('ListTargets', rule))['Data'] as Members
  expect(Targets).toMatchObject([
    { ParamList: expect.arrayContaining([expect.objectContaining({ ResourceKey: 'RoleName' })]) },
  ])
})

const streaming = (source: string, sink: string) => ({
  Source: {
    SourceSLSParameters: { Project: 'shop', LogStore: 'orders', ConsumePosition: 'end', RoleName: source },
  },
  Sink: {
    SinkSLSParameters: { Project: constant('shop'), LogStore: constant('copy'), RoleName: constant(sink) },
  },
})

test('source and sink of a streaming have each their role, and keep what the streaming was given elsewhere', async () => {
  const EventStreamingName = 'copy'
  const put = (source: string, sink: string) =>
    call('CreateEventStreaming', {}, { EventStreamingName, FilterPattern: '', ...streaming(source, sink) })
  expect(await codeOf(put('none', 'eb-sls'))).toBe('CreateRelatedResourceFailed')
  expect(await codeOf(put('eb-sls', 'none'))).toBe('CreateRelatedResourceFailed')
  expect(await codeOf(put('eb-mns', 'eb-sls'))).toBe('AccessDenied')
  await put('eb-sls', 'eb-sls')
  const { json } = await server.rest('GET', '/streams/copy')
  const spec = json['spec'] as Members
  expect(spec).toMatchObject({ roles: { source: 'eb-sls', sink: 'eb-sls' } })

  await server.rest('PUT', '/streams/copy', { ...spec, role: 'eb-mns' })
  await call('UpdateEventStreaming', {}, { EventStreamingName, Description: 'changed' })
  expect((await server.rest('GET', '/streams/copy')).json['spec']).toMatchObject({
    description: 'changed',
    role: 'eb-mns',
    roles: { source: 'eb-sls' },
  })
})

test('a streaming whose sink has a role and whose source has none reads by the rights of the account', async () => {
  const EventStreamingName = 'half'
  const { Sink } = streaming('', 'eb-sls')
  const Source = { SourceMNSParameters: { QueueName: 'in' } }
  await call('CreateEventStreaming', {}, { EventStreamingName, FilterPattern: '', Source, Sink })
  expect((await server.rest('GET', '/streams/half')).json['spec']).toMatchObject({
    roles: { sink: 'eb-sls' },
  })
})

test('to name a role needs ram:PassRole, in both styles', async () => {
  const key = await userKey(server, 'writer', allowing({ Action: 'eventbridge:*' }))
  const writer = rpcClient(server, key)
  expect(await codeOf(writer('PutTargets', { ...rule, Targets: [logsTarget('eb-sls')] }))).toBe(
    'NoPermission',
  )
  const members = { EventStreamingName: 'mine', FilterPattern: '', ...streaming('eb-sls', 'eb-sls') }
  expect(await codeOf(writer('CreateEventStreaming', {}, members))).toBe('NoPermission')
  const source = { EventBusName: 'orders', EventSourceName: 'logs', ...streaming('eb-sls', 'eb-sls').Source }
  expect(await codeOf(writer('CreateEventSource', {}, source))).toBe('NoPermission')

  const { Id: id, Type: type, Endpoint: endpoint, ParamList } = logsTarget('eb-sls')
  const paramList = ParamList.map(
    ({ ResourceKey: resourceKey, Form: form, Value: value }) =>
      new sdk.EBTargetParam({ resourceKey, form, value }),
  )
  const targets = [new sdk.TargetEntry({ id, type, endpoint, paramList })]
  const request = new sdk.CreateTargetsRequest({ eventBusName: 'orders', ruleName: 'to-logs', targets })
  expect(await codeOf(server.clientWith(key).createTargets(request))).toBe('AccessDenied')
})
