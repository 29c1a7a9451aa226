import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { type Capture, capturePath, comparable, type Exchange, startFrozen } from './capture.ts'
import { model, newClient2, newClient3, runtime, zipOf } from './fixture.ts'
import { send } from './signing.ts'

/**
 * Records anew what the real clients send and what they are answered: `node packages/server/test/wire/fc/record.ts`.
 * To be run when a client has changed, and the difference to be read.
 */
interface Recorder extends AsyncDisposable {
  readonly endpoint: string
  readonly capture: { atMs: number; exchanges: Exchange[] }
  /** What the next request is about. */
  step(what: string, call: () => Promise<unknown>): Promise<void>
}

async function startRecorder(): Promise<Recorder> {
  const owned = new AsyncDisposableStack()
  const atMs = Date.now()
  const server = owned.use(await startFrozen(atMs))
  const capture: Recorder['capture'] = { atMs, exchanges: [] }
  let what = ''
  const between = createServer((request, response) => {
    void (async () => {
      const body = await buffer(request)
      const { method = '', url: path = '' } = request
      const headers = sentHeaders(request)
      const answer = await send(server.endpoint, { method, path, headers, body })
      const { status } = answer
      const recorded = { method, path, headers, body: body.toString('base64') }
      capture.exchanges.push({
        what,
        request: recorded,
        answer: comparable(status, answer.headers, answer.text),
      })
      const { 'transfer-encoding': _, connection: _also, ...passed } = answer.headers
      response.writeHead(status, passed).end(answer.text)
    })()
  })
  await new Promise<void>(resolve => between.listen(0, '127.0.0.1', resolve))
  owned.defer(() => {
    between.closeAllConnections()
    between.close()
  })
  return {
    endpoint: `127.0.0.1:${(between.address() as AddressInfo).port}`,
    capture,
    async step(name, call) {
      what = name
      await call().catch((thrown: unknown) => {
        console.log(`${name}: ${thrown instanceof Error ? thrown.message : 'failed'}`)
      })
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Headers as they were sent, but for those of the connection. */
function sentHeaders({ headers }: IncomingMessage): Record<string, string> {
  const { connection: _, 'transfer-encoding': _length, 'content-length': _also, ...sent } = headers
  return sent as Record<string, string>
}

async function write(name: string, capture: Capture): Promise<void> {
  await mkdir(dirname(capturePath(name)), { recursive: true })
  await writeFile(capturePath(name), `${JSON.stringify(capture, undefined, 2)}\n`)
  console.log(`${capturePath(name)}: ${capture.exchanges.length} exchanges`)
}

async function recordGeneration3(): Promise<void> {
  await using recorder = await startRecorder()
  const { endpoint } = recorder
  const client = newClient3(endpoint, { readTimeout: 20_000 })
  const zipFile = await zipOf({ 'index.js': 'exports.handler = async event => event' })
  const definition = {
    functionName: 'golden',
    runtime,
    handler: 'index.handler',
    timeout: 10,
    code: { zipFile },
  }
  const config = JSON.stringify({ authType: 'anonymous', methods: ['GET'] })
  const timer = { triggerName: 'web', triggerType: 'http', triggerConfig: config, qualifier: 'LATEST' }
  const alias = { aliasName: 'prod', versionId: '1', additionalVersionWeight: {} }
  const body = (name: string, fields: object): { body: never } => ({ body: model(name, fields) })
  const calls: Record<string, () => Promise<unknown>> = {
    CreateFunction: () =>
      client.createFunction(model('CreateFunctionRequest', body('CreateFunctionInput', definition))),
    'CreateFunction again': () =>
      client.createFunction(model('CreateFunctionRequest', body('CreateFunctionInput', definition))),
    GetFunction: () => client.getFunction('golden', model('GetFunctionRequest', {})),
    'ListFunctions with a query that is hard to sign': () =>
      client.listFunctions(
        model('ListFunctionsRequest', {
          prefix: "a b*'()!~é",
          limit: 3,
          tags: [model('Tag', { key: 'k', value: 'v' })],
        }),
      ),
    UpdateFunction: () =>
      client.updateFunction(
        'golden',
        model('UpdateFunctionRequest', body('UpdateFunctionInput', { description: 'changed' })),
      ),
    InvokeFunction: async () => {
      const event = Readable.from([Buffer.from('{"k":1}')])
      const answer = await client.invokeFunction('golden', model('InvokeFunctionRequest', { body: event }))
      if (answer.body !== undefined) await text(answer.body)
    },
    PublishFunctionVersion: () =>
      client.publishFunctionVersion(
        'golden',
        model('PublishFunctionVersionRequest', body('PublishVersionInput', {})),
      ),
    CreateAlias: () =>
      client.createAlias('golden', model('CreateAliasRequest', body('CreateAliasInput', alias))),
    GetAlias: () => client.getAlias('golden', 'prod'),
    CreateTrigger: () =>
      client.createTrigger('golden', model('CreateTriggerRequest', body('CreateTriggerInput', timer))),
    PutAsyncInvokeConfig: () =>
      client.putAsyncInvokeConfig(
        'golden',
        model('PutAsyncInvokeConfigRequest', {
          qualifier: 'LATEST',
          ...body('PutAsyncInvokeConfigInput', { asyncTask: true, maxAsyncRetryAttempts: 2 }),
        }),
      ),
    'GetLayerVersionByArn of none': () =>
      client.getLayerVersionByArn('acs:fc:cn-hangzhou:1:layers/a/versions/1'),
    CreateSession: () =>
      client.createSession('golden', model('CreateSessionRequest', body('CreateSessionInput', {}))),
    DeleteTrigger: () => client.deleteTrigger('golden', 'web'),
    DeleteFunction: () => client.deleteFunction('golden'),
  }
  for (const [name, call] of Object.entries(calls)) await recorder.step(name, call)
  await write('generation3', recorder.capture)
}

async function recordGeneration2(): Promise<void> {
  await using recorder = await startRecorder()
  const { endpoint } = recorder
  const client = newClient2(`http://${endpoint}`)
  const zipFile = await zipOf({ 'index.js': 'exports.handler = async event => event' })
  const definition = {
    functionName: 'f',
    runtime,
    handler: 'index.handler',
    memorySize: 128,
    code: { zipFile },
  }
  const timer = { triggerName: 't', triggerType: 'timer', triggerConfig: { cronExpression: '@every 60m' } }
  const calls: readonly (readonly [method: string, ...given: unknown[]])[] = [
    ['createService', 'svc', { description: 'd', internetAccess: true }],
    ['getService', 'svc'],
    ['listServices', { limit: 5, prefix: 's' }],
    ['createFunction', 'svc', definition],
    ['getFunction', 'svc', 'f'],
    ['updateFunction', 'svc', 'f', { description: 'changed' }],
    ['invokeFunction', 'svc', 'f', '{"a":1}'],
    ['publishVersion', 'svc', 'first'],
    ['createAlias', 'svc', 'prod', '1'],
    ['getFunction', 'svc', 'f', {}, 'prod'],
    ['createTrigger', 'svc', 'f', timer],
    ['listTriggers', 'svc', 'f', {}],
    ['getTempBucketToken'],
    ['deleteTrigger', 'svc', 'f', 't'],
    ['deleteFunction', 'svc', 'f'],
    ['deleteService', 'svc'],
    ['getService', 'svc'],
  ]
  for (const [method, ...given] of calls) {
    const member = client[method]
    if (member !== undefined) await recorder.step(method, () => Reflect.apply(member, client, given))
  }
  await write('generation2', recorder.capture)
}

await recordGeneration3()
await recordGeneration2()
