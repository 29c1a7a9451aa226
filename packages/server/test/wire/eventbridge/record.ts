import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { send } from '../fc/signing.ts'
import { capturePath, comparable, type Exchange, startFrozen } from './capture.ts'
import { accessKeyId, accessKeySecret, sdk } from './fixture.ts'
import { rpcClient } from './rpc-client.ts'

/**
 * Records anew what the real clients send and what they are answered: `node packages/server/test/wire/eventbridge/record.ts`.
 * To be run when a client has changed, and the difference to be read.
 */
const atMs = Date.now()
const exchanges: Exchange[] = []
let what = ''

await using server = await startFrozen(atMs)
const between = createServer((request, response) => {
  void (async () => {
    const body = await buffer(request)
    const { method = '', url: path = '' } = request
    const headers = sentHeaders(request)
    const answer = await send(server.endpoint, { method, path, headers, body })
    const recorded = { method, path, headers, body: body.toString('base64') }
    exchanges.push({ what, request: recorded, answer: comparable(answer.status, answer.text) })
    const { 'transfer-encoding': _, connection: _also, ...passed } = answer.headers
    response.writeHead(answer.status, passed).end(answer.text)
  })()
})
await new Promise<void>(resolve => between.listen(0, '127.0.0.1', resolve))
const endpoint = `127.0.0.1:${(between.address() as AddressInfo).port}`
const client = new sdk.default(new sdk.Config({ accessKeyId, accessKeySecret, endpoint }))
const call = rpcClient({ url: `http://${endpoint}` })

const bus = { EventBusName: 'golden' }
const queueSource = new sdk.SourceMNSParameters({ regionId: 'r', queueName: 'in', isBase64Decode: true })
const queueSink = new sdk.SinkMNSParameters({
  QueueName: new sdk.TargetParameter({ form: 'CONSTANT', value: 'out' }),
  body: new sdk.TargetParameter({ form: 'JSONPATH', value: '$.data' }),
})
const streaming = { eventStreamingName: 'es' }
const source = { eventSourceName: 'hook', eventBusName: 'golden' }
const webhook = new sdk.SourceHttpEventParameters({ type: 'HTTPS', method: ['POST'], securityConfig: 'none' })
const auth = { AuthorizationType: 'BASIC_AUTH', BasicAuthParameters: { Username: 'u', Password: 'p' } }
const connection = {
  ConnectionName: 'crm',
  NetworkParameters: { NetworkType: 'PublicNetwork' },
  AuthParameters: auth,
}
const destination = {
  ApiDestinationName: 'orders-api',
  ConnectionName: 'crm',
  HttpApiParameters: { Endpoint: 'https://crm.example.com/in', Method: 'POST' },
}
const target = {
  Id: 'api',
  Type: 'acs.api.destination',
  Endpoint: 'acs:api-destination:cn-hangzhou:1000000000000001:name/orders-api',
  ParamList: [{ ResourceKey: 'Name', Form: 'CONSTANT', Value: 'orders-api' }],
}

const steps: Record<string, () => Promise<unknown>> = {
  CreateEventBus: () => call('CreateEventBus', { ...bus, Description: "a b*'()!~é" }),
  'CreateEventBus again': () => call('CreateEventBus', bus),
  GetEventBus: () => call('GetEventBus', bus),
  CreateConnection: () => call('CreateConnection', connection),
  GetConnection: () => call('GetConnection', { ConnectionName: 'crm' }),
  CreateApiDestination: () => call('CreateApiDestination', destination),
  UpdateApiDestination: () => call('UpdateApiDestination', destination),
  ListApiDestinations: () => call('ListApiDestinations', { ConnectionName: 'crm' }),
  'DeleteConnection that is bound': () => call('DeleteConnection', { ConnectionName: 'crm' }),
  CreateRule: () =>
    call('CreateRule', { ...bus, RuleName: 'r', FilterPattern: '{"source":["a"]}', EventTargets: [target] }),
  GetRule: () => call('GetRule', { ...bus, RuleName: 'r' }),
  'PutTargets of a type that is not here': () =>
    call('PutTargets', { ...bus, RuleName: 'r', Targets: [{ Id: 's', Type: 'acs.sms', Endpoint: 'x' }] }),
  createEventStreaming: () =>
    client.createEventStreaming(
      new sdk.CreateEventStreamingRequest({
        ...streaming,
        filterPattern: '{"data":{"messageBody":[{"exists":true}]}}',
        source: new sdk.Source({ sourceMNSParameters: queueSource }),
        sink: new sdk.Sink({ sinkMNSParameters: queueSink }),
        runOptions: new sdk.RunOptions({ maximumTasks: 2, errorsTolerance: 'ALL' }),
      }),
    ),
  getEventStreaming: () => client.getEventStreaming(new sdk.GetEventStreamingRequest(streaming)),
  startEventStreaming: () => client.startEventStreaming(new sdk.StartEventStreamingRequest(streaming)),
  pauseEventStreaming: () => client.pauseEventStreaming(new sdk.PauseEventStreamingRequest(streaming)),
  listEventStreamings: () =>
    client.listEventStreamings(new sdk.ListEventStreamingsRequest({ namePrefix: 'e', limit: 10 })),
  listEventStreamingMetrics: () =>
    client.listEventStreamingMetrics(
      new sdk.ListEventStreamingMetricsRequest({ eventStreamingNames: ['es'] }),
    ),
  GetEventStreaming: () => call('GetEventStreaming', {}, { EventStreamingName: 'es' }),
  deleteEventStreaming: () => client.deleteEventStreaming(new sdk.DeleteEventStreamingRequest(streaming)),
  createEventSource: () =>
    client.createEventSource(
      new sdk.CreateEventSourceRequest({ ...source, sourceHttpEventParameters: webhook }),
    ),
  listUserDefinedEventSources: () =>
    client.listUserDefinedEventSources(new sdk.ListUserDefinedRequest({ eventBusName: 'golden' })),
  ListUserDefinedEventSources: () => call('ListUserDefinedEventSources', bus),
  deleteEventSource: () => client.deleteEventSource(new sdk.DeleteEventSourceRequest(source)),
  'deleteEventSource again': () => client.deleteEventSource(new sdk.DeleteEventSourceRequest(source)),
  CreateSchemaGroup: () => call('CreateSchemaGroup'),
}

for (const [name, step] of Object.entries(steps)) {
  what = name
  await step().catch((thrown: unknown) => {
    console.log(`${name}: ${thrown instanceof Error ? thrown.message : 'failed'}`)
  })
}
between.closeAllConnections()
between.close()
await writeFile(capturePath, `${JSON.stringify({ atMs, exchanges }, undefined, 2)}\n`)
console.log(`${capturePath}: ${exchanges.length} exchanges`)

/** Headers as they were sent, but for those of the connection. */
function sentHeaders({ headers }: IncomingMessage): Record<string, string> {
  const { connection: _, 'transfer-encoding': _length, 'content-length': _also, ...sent } = headers
  return sent as Record<string, string>
}
