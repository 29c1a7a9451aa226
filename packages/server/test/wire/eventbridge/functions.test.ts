import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  accessKeyId,
  accessKeySecret,
  account,
  type Catcher,
  startCatcher,
  startWireServer,
  type WireServer,
} from './fixture.ts'
import { type Members, type RpcCall, rpcClient } from './rpc-client.ts'

let server: WireServer
let target: Catcher
let call: RpcCall
beforeAll(async () => {
  server = await startWireServer()
  target = await startCatcher()
  call = rpcClient(server)
  for (const queue of ['in', 'out']) await server.rest('PUT', `/queues/${queue}`, {})
  const options = { endpoint: server.url, accessKeyId, accessKeySecret }
  await server.rest('PUT', '/instances/mns', { connector: 'mns', options })
})
afterAll(async () => {
  await target[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

async function deploy(name: string, text: string): Promise<void> {
  const files = { 'index.js': Buffer.from(text).toString('base64') }
  const { json } = await server.rest('POST', '/code', { files })
  const runtime = `nodejs${process.versions.node.split('.', 1)[0]}`
  const spec = { runtime, handler: 'index.handler', code: json['code'] }
  expect((await server.rest('PUT', `/functions/${name}`, spec)).status).toBe(201)
}

const constant = (Value: string) => ({ Form: 'CONSTANT', Value })

test('a streaming lets a function change the batch and hands it to another as a list', async () => {
  await deploy(
    'upper',
    'exports.handler = async event => JSON.stringify(JSON.parse(event).map(one => ({ ...one, subject: "changed" })))',
  )
  await deploy(
    'shop.post',
    `exports.handler = async event => { await fetch(${JSON.stringify(target.url)}, { method: 'POST', body: event }); return '' }`,
  )
  const EventStreamingName = 'through-functions'
  await call(
    'CreateEventStreaming',
    {},
    {
      EventStreamingName,
      FilterPattern: '{"type":["mns:Queue:SendMessage"]}',
      Source: { SourceMNSParameters: { QueueName: 'in' } },
      Transforms: [{ Arn: `acs:fc:cn-hangzhou:${account}:functions/upper` }],
      Sink: {
        SinkFcParameters: {
          ServiceName: constant('shop'),
          FunctionName: constant('post'),
          InvocationType: constant('Sync'),
          Concurrency: constant('2'),
        },
      },
    },
  )
  await server.rest('POST', '/queues/in/messages', { messages: [{ body: 'hello' }] })

  await call('StartEventStreaming', {}, { EventStreamingName })

  const [event, ...others] = JSON.parse((await target.next()).text) as Members[]
  expect(others).toEqual([])
  expect(event).toMatchObject({ subject: 'changed', data: { messageBody: 'hello' } })
}, 30_000)
