import { afterAll, beforeAll, expect, test } from 'vitest'
import { sdk } from '../eventbridge/fixture.ts'
import { type Members, type RpcCall, rpcClient } from '../eventbridge/rpc-client.ts'
import { allowing, putRole } from '../roles.ts'
import { accessKeyId, accessKeySecret, account, type SlsServer, startSlsServer } from './fixture.ts'

/** Events into a log store by a rule, and logs out of it by a streaming, each as the vendor's parameters say it. */
let server: SlsServer
let call: RpcCall

beforeAll(async () => {
  server = await startSlsServer()
  call = rpcClient(server)
  const options = { endpoint: server.url, accessKeyId, accessKeySecret }
  expect((await server.rest('PUT', '/instances/sls', { connector: 'sls', options })).status).toBe(201)
  await putRole(
    server,
    'r',
    allowing({ Action: 'millrace:UseInstance', Resource: 'acs:millrace:*:*:instance/sls' }),
  )
  await server.call('createProject', 'shop', {})
  await server.call('createLogStore', 'shop', 'orders', { shardCount: 1 })
})

afterAll(() => server[Symbol.asyncDispose]())

const constant = (Value: string) => ({ Form: 'CONSTANT', Value })
const wait = { timeout: 20_000 }

async function found(query: string): Promise<Members[]> {
  const [from, to] = [Date.now() - 600_000, Date.now() + 60_000].map(ms => new Date(ms))
  return await server.call('getLogs', 'shop', 'orders', from, to, { query })
}

test('a rule writes its events as logs, whole or by fields', async () => {
  await call('CreateEventBus', { EventBusName: 'orders' })
  const rule = { EventBusName: 'orders', RuleName: 'to-logs' }
  await call('CreateRule', { ...rule, FilterPattern: '{"source":["shop"]}' })
  const ContentSchema = JSON.stringify({
    Key_1: { form: 'CONSTANT', value: 'amount' },
    Value_1: { form: 'JSONPATH', value: '$.data.amount' },
    Key_2: { form: 'CONSTANT', value: 'text' },
    Value_2: { form: 'TEMPLATE', value: '{"t":"$.type"}', template: 'a ${t}' },
  })
  const place = { Project: constant('shop'), LogStore: constant('orders'), RoleName: constant('r') }
  const lists: Record<string, Members> = {
    whole: { ...place, Topic: constant('whole'), Body: { Form: 'JSONPATH', Value: '$.data' } },
    fields: {
      ...place,
      Topic: { Form: 'JSONPATH', Value: '$.subject' },
      ContentType: constant('KeyValue'),
      ContentSchema: constant(ContentSchema),
    },
  }
  const Targets = Object.entries(lists).map(([Id, members]) => ({
    Id,
    Type: 'acs.sls',
    Endpoint: `acs:sls:cn-hangzhou:${account}:project/shop/logstore/orders`,
    ParamList: Object.entries(members).map(([ResourceKey, value]) => ({
      ResourceKey,
      ...(value as Members),
    })),
  }))
  const put = await call('PutTargets', { ...rule, Targets })
  expect(put['Data']).toMatchObject({ ErrorEntriesCount: 0 })
  await server.client.putEvents([
    new sdk.CloudEvent({
      id: 'e1',
      source: 'shop',
      specversion: '1.0',
      type: 'order',
      subject: 's1',
      datacontenttype: 'application/json',
      data: Buffer.from('{"amount":12.5}'),
      extensions: { aliyuneventbusname: 'orders' },
    }),
  ])
  await expect.poll(() => found('*'), wait).toHaveLength(2)
  expect(await found('__topic__: whole')).toMatchObject([{ content: '{"amount":12.5}', __topic__: 'whole' }])
  expect(await found('__topic__: s1')).toMatchObject([{ amount: '12.5', text: 'a order' }])
})

test('a streaming reads logs as events', async () => {
  await server.rest('PUT', '/queues/out', {})
  const SourceSLSParameters = { Project: 'shop', LogStore: 'orders', ConsumePosition: 'end', RoleName: 'r' }
  const SinkMNSParameters = {
    QueueName: constant('out'),
    Body: { Form: 'JSONPATH', Value: '$.data.message' },
  }
  const EventStreamingName = 'logs-to-queue'
  await call(
    'CreateEventStreaming',
    {},
    {
      EventStreamingName,
      FilterPattern: '{"data":{"level":["error"]}}',
      Source: { SourceSLSParameters },
      Sink: { SinkMNSParameters },
    },
  )
  await call('StartEventStreaming', {}, { EventStreamingName })
  let n = 0
  const received = async (): Promise<unknown> => {
    // From its end on: what comes before the stream has looked for that is not for it.
    const logs = ['error', 'info'].map(level => ({
      timestamp: Math.floor(Date.now() / 1_000),
      content: { level, message: `${level} ${n++}` },
    }))
    await server.call('postLogStoreLogs', 'shop', 'orders', { logs })
    const { json } = await server.rest('POST', '/queues/out/receive', { count: 1 })
    const [message] = json['messages'] as { body?: string }[]
    return message?.body
  }
  await expect.poll(received, { ...wait, interval: 300 }).toMatch(/^error \d+$/)
})
