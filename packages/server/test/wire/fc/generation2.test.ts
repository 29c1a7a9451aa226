import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compatibleInterfaces } from '../../../src/http/fc/actions.ts'
import { Exercised } from '../exercised.ts'
import {
  account,
  type Answer2,
  type Client2,
  client2Methods,
  codeOf,
  type FcServer,
  runtime,
  startFcServer,
  zipOf,
} from './fixture.ts'

const table = compatibleInterfaces[1]
if (table === undefined) throw new Error('there is no table')
const refusedCode = 'OperationNotSupported'
const exercised = new Exercised(table, refusedCode)

/** Methods of the client that are no actions: what actions are made of, and two that are made of several actions. */
const helpers = [
  'constructor',
  'buildHeaders',
  'request',
  'get',
  'post',
  'put',
  'delete',
  'websocket',
  'normalizeParams',
  'largeFunctionHelper',
  'uploadCodeToTmpOssBucket',
  'publishLayerVersionForBigCode',
]
const clientActions = client2Methods.filter(method => !helpers.includes(method))

let server: FcServer
let client: Client2
let zipFile: string

/** Calls a method of the client. */
function call(method: string, ...given: unknown[]): Promise<Answer2> {
  const member = client[method]
  if (member === undefined) throw new Error(`the client has no ${method}`)
  return Reflect.apply(member, client, given)
}

beforeAll(async () => {
  server = await startFcServer()
  // A shell is refused after the call has returned: what it is told is noted where it is called.
  const isWatched = (method: string) => clientActions.includes(method) && method !== 'instanceExec'
  client = exercised.watch(server.client2(), method => (isWatched(method) ? method : undefined))
  zipFile = await zipOf({
    'index.js': `exports.handler = async (event, context) => {
      if (event.toString() === 'throw') throw new TypeError('on purpose')
      if (event.toString() === 'json') return { a: 1 }
      if (event.toString() === 'version') return process.env.MARK
      return event
    }
    exports.web = (request, response) => {
      response.setStatusCode(201)
      response.setHeader('x-path', request.path)
      response.send(request.method + ' ' + JSON.stringify(request.queries))
    }`,
  })
})
afterAll(() => server[Symbol.asyncDispose]())

const definition = (functionName: string, more: object = {}) => ({
  functionName,
  runtime,
  handler: 'index.handler',
  memorySize: 128,
  timeout: 10,
  code: { zipFile },
  ...more,
})
const mark = (MARK: string, headers?: object) =>
  call('updateFunction', 'shop', 'pay', { environmentVariables: { MARK } }, headers)
const invoke = (event: string, qualifier?: string, headers: object = {}) =>
  call('invokeFunction', 'shop', 'pay', event, headers, qualifier)

describe('services', () => {
  const settings = {
    description: 'd',
    role: `acs:ram::${account}:role/r`,
    internetAccess: true,
    logConfig: { project: 'p', logstore: 'l' },
    vpcConfig: { vpcId: 'v', vSwitchIds: ['w'], securityGroupId: 's' },
    nasConfig: { userId: 1, groupId: 1, mountPoints: [] },
  }

  test('keep their settings, and give them back', async () => {
    const made = await call('createService', 'shop', { ...settings })
    expect(made.data).toMatchObject({ ...settings, serviceName: 'shop', serviceId: expect.any(String) })
    expect((await call('getService', 'shop')).data).toEqual(made.data)
    expect(await codeOf(call('createService', 'shop'))).toBe('ServiceAlreadyExists')
    expect(await codeOf(call('createService', 'a.b'))).toBe('InvalidArgument')
    expect(await codeOf(call('getService', 'nowhere'))).toBe('ServiceNotFound')
  })

  test('are changed as long as nobody else has changed them', async () => {
    const { etag } = (await call('getService', 'shop')).headers
    const changed = await call('updateService', 'shop', { description: 'e' }, { 'if-match': etag })
    expect(changed.data).toMatchObject({ description: 'e', logConfig: settings.logConfig })
    const late = call('updateService', 'shop', { description: 'f' }, { 'if-match': etag })
    expect(await codeOf(late)).toBe('PreconditionFailed')
  })

  test('are listed, chosen by tags, and deleted when they are empty', async () => {
    await call('createService', 'spare')
    const arn = `acs:fc:cn-hangzhou:${account}:services/spare`
    await call('tagResource', arn, { team: 'a', stage: 'b' })
    expect((await call('getResourceTags', { resourceArn: arn })).data).toMatchObject({
      tags: { team: 'a', stage: 'b' },
    })
    const names = async (options: object) => {
      const { data } = await call('listServices', options)
      return (data['services'] as { serviceName: string }[]).map(one => one.serviceName)
    }
    expect(await names({ limit: 1 })).toEqual(['shop'])
    expect(await names({ tags: { team: 'a' } })).toEqual(['spare'])
    await call('untagResource', arn, ['team'])
    expect(await names({ tags: { team: 'a' } })).toEqual([])
    await call('deleteService', 'spare')
    expect(await names({})).toEqual(['shop'])
  })
})

describe('functions of services', () => {
  test('are created, read and changed', async () => {
    const made = await call('createFunction', 'shop', definition('pay', { description: 'd' }))
    expect(made.data).toMatchObject({
      functionName: 'pay',
      runtime,
      memorySize: 128,
      timeout: 10,
      description: 'd',
    })
    expect((await call('getFunction', 'shop', 'pay')).data).toEqual(made.data)
    expect((await mark('1', { 'if-match': made.headers['etag'] })).data).toMatchObject({
      description: 'd',
      environmentVariables: { MARK: '1' },
    })
    expect(await codeOf(mark('2', { 'if-match': made.headers['etag'] }))).toBe('PreconditionFailed')
    expect(await codeOf(call('createFunction', 'shop', definition('pay')))).toBe('FunctionAlreadyExists')
    expect(await codeOf(call('createFunction', 'nowhere', definition('pay')))).toBe('ServiceNotFound')
    expect(await codeOf(call('deleteService', 'shop'))).toBe('ServiceNotEmpty')
  })

  test('are called with bytes, and answer as their result is', async () => {
    expect((await invoke('text')).data).toBe('text')
    const json = await invoke('json')
    expect(json.data).toEqual({ a: 1 })
    expect(json.headers).toMatchObject({ 'x-fc-invocation-service-version': 'LATEST' })
    const failed = await invoke('throw')
    expect(failed.headers['x-fc-error-type']).toBe('UnhandledInvocationError')
    expect(failed.data).toMatchObject({ errorType: 'TypeError', errorMessage: 'on purpose' })
    const raw = await call('invokeFunction', 'shop', 'pay', Buffer.from([0, 255]), {}, undefined, {
      rawBuf: true,
    })
    expect(Buffer.from(raw.data as unknown as Uint8Array)).toEqual(Buffer.from([0, 255]))
    expect(await codeOf(call('invokeFunction', 'shop', 'nobody', 'x'))).toBe('FunctionNotFound')
  })

  test('give out their code by a link that works', async () => {
    const { data } = await call('getFunctionCode', 'shop', 'pay')
    const zip = await fetch(String(data['url']))
    expect(Buffer.from(await zip.arrayBuffer()).toString('base64')).toBe(zipFile)
  })

  test('are listed with their service, and stand beside the functions of the third generation', async () => {
    const list = await call('listFunctions', 'shop', { prefix: 'p' })
    expect(list.data).toMatchObject({ functions: [{ functionName: 'pay' }] })
    expect((await call('listInstances', 'shop', 'pay', 'LATEST')).data).toMatchObject({
      instances: [{ versionId: '0' }],
    })
  })

  test('lose the network with their service', async () => {
    await call('updateService', 'shop', { internetAccess: false })
    const path = `${server.url}/api/v1/functions/shop.pay`
    const headers = { authorization: 'Bearer testAK.testSK' }
    const found = (await (await fetch(path, { headers })).json()) as { spec: object }
    expect(found.spec).toMatchObject({ network: 'off' })
    await call('updateService', 'shop', { internetAccess: true })
  })
})

describe('versions and aliases of services', () => {
  test('a version holds the functions as they were', async () => {
    const first = await call('publishVersion', 'shop', 'first')
    expect(first.data).toMatchObject({ versionId: '1', description: 'first' })
    expect(await codeOf(call('publishVersion', 'shop'))).toBe('InvalidArgument')
    await mark('2')
    await call('publishVersion', 'shop')
    await mark('latest')

    const old = await invoke('version', '1')
    expect(old).toMatchObject({ data: '1', headers: { 'x-fc-invocation-service-version': '1' } })
    expect((await invoke('version')).data).toBe('latest')
    expect((await call('getFunction', 'shop', 'pay', {}, '2')).data).toMatchObject({
      environmentVariables: { MARK: '2' },
    })
    expect((await call('listFunctions', 'shop', {}, {}, '1')).data).toMatchObject({
      functions: [{ environmentVariables: { MARK: '1' } }],
    })
    const list = await call('listVersions', 'shop', { direction: 'FORWARD' })
    expect(list.data).toMatchObject({ versions: [{ versionId: '1' }, { versionId: '2' }] })
    expect(await codeOf(invoke('x', '9'))).toBe('VersionNotFound')
  })

  test('an alias leads to a version, or by weight to two', async () => {
    const made = await call('createAlias', 'shop', 'prod', '1', {
      description: 'd',
      routePolicy: { condition: 'AND' },
    })
    expect(made.data).toMatchObject({ aliasName: 'prod', versionId: '1', routePolicy: { condition: 'AND' } })
    expect(await codeOf(call('createAlias', 'shop', 'prod', '1'))).toBe('AliasAlreadyExists')
    expect(await codeOf(call('createAlias', 'shop', 'other', '9'))).toBe('VersionNotFound')
    const answer = await invoke('version', 'prod')
    expect(answer).toMatchObject({ data: '1', headers: { 'x-fc-invocation-service-version': '1' } })
    await call('updateAlias', 'shop', 'prod', '1', { additionalVersionWeight: { 2: 1 } })
    const other = await invoke('version', 'prod')
    expect(other).toMatchObject({ data: '2', headers: { 'x-fc-invocation-service-version': '2' } })
    expect((await call('getAlias', 'shop', 'prod')).data).toMatchObject({ additionalVersionWeight: { 2: 1 } })
    expect((await call('listAliases', 'shop')).data).toMatchObject({ aliases: [{ aliasName: 'prod' }] })
  })
})

describe('capacity', () => {
  test('instances are provisioned for an alias', async () => {
    const resource = `${account}#shop#prod#pay`
    const put = await call('putProvisionConfig', 'shop', 'pay', 'prod', { target: 1 })
    expect(put.data).toMatchObject({ resource, target: 1 })
    await expect
      .poll(async () => (await call('getProvisionConfig', 'shop', 'pay', 'prod')).data, { timeout: 20_000 })
      .toMatchObject({ resource, current: 1 })
    const list = await call('listProvisionConfigs', { serviceName: 'shop' })
    expect(list.data).toMatchObject({ provisionConfigs: [{ resource }] })
    await call('putProvisionConfig', 'shop', 'pay', 'prod', { target: 0 })
  })

  test('instances are limited', async () => {
    const resource = `${account}#shop#LATEST#pay`
    const put = await call('putOnDemandConfig', 'shop', 'pay', 'LATEST', { maximumInstanceCount: 0 })
    expect(put.data).toMatchObject({ resource, maximumInstanceCount: 0 })
    expect(await codeOf(invoke('x'))).toBe('ResourceExhausted')
    expect((await call('getOnDemandConfig', 'shop', 'pay', 'LATEST')).data).toMatchObject({
      maximumInstanceCount: 0,
    })
    expect((await call('listOnDemandConfigs')).data).toMatchObject({ configs: [{ resource }] })
    await call('deleteOnDemandConfig', 'shop', 'pay', 'LATEST')
    expect((await invoke('x')).data).toBe('x')
    expect((await call('listReservedCapacities')).data).toEqual({ reservedCapacities: [] })
  })
})

describe('asynchronous calls', () => {
  test('follow their setting, and leave a record', async () => {
    const config = { statefulInvocation: true, maxAsyncRetryAttempts: 1, maxAsyncEventAgeInSeconds: 60 }
    const put = await call('putFunctionAsyncConfig', 'shop', 'pay', 'prod', config)
    expect(put.data).toMatchObject(config)
    expect((await call('getFunctionAsyncConfig', 'shop', 'pay', 'prod')).data).toMatchObject(config)
    expect((await call('listFunctionAsyncConfigs', 'shop', 'pay')).data).toMatchObject({
      configs: [{ qualifier: 'prod', ...config }],
    })
    const headers = { 'x-fc-invocation-type': 'Async', 'x-fc-stateful-async-invocation-id': 'job-1' }
    const accepted = await invoke('later', 'prod', headers)
    expect(accepted.data).toBe('')
    expect(accepted.headers['x-fc-stateful-async-invocation-id']).toBe('job-1')

    const path = '/services/shop.prod/functions/pay/stateful-async-invocations'
    const raw = (action: string, method: string, end: string) =>
      exercised.note(action, () => call('request', method, path + end, null, null))
    const read = () => raw('getStatefulAsyncInvocation', 'GET', '/job-1')
    await expect
      .poll(async () => (await read()).data, { timeout: 20_000 })
      .toMatchObject({ status: 'Succeeded' })
    expect((await read()).data).toMatchObject({ invocationId: 'job-1', invocationPayload: 'later' })
    expect((await raw('listStatefulAsyncInvocations', 'GET', '')).data).toMatchObject({
      invocations: [{ invocationId: 'job-1' }],
    })
    const delayed = { ...headers, 'x-fc-stateful-async-invocation-id': 'job-2', 'x-fc-async-delay': '600' }
    await invoke('never', 'prod', delayed)
    await raw('stopStatefulAsyncInvocation', 'PUT', '/job-2')
    await call('deleteFunctionAsyncConfig', 'shop', 'pay', 'prod')
    expect(await codeOf(call('getFunctionAsyncConfig', 'shop', 'pay', 'prod'))).toBe('AsyncConfigNotExists')
  })
})

describe('triggers', () => {
  const timer = { cronExpression: '@every 60m', enable: true, payload: 'p' }

  test('of time have an object for their configuration', async () => {
    const options = { triggerName: 't', triggerType: 'timer', triggerConfig: timer }
    expect((await call('createTrigger', 'shop', 'pay', options)).data).toMatchObject({
      ...options,
      qualifier: 'LATEST',
    })
    const triggerConfig = { ...timer, enable: false }
    expect((await call('updateTrigger', 'shop', 'pay', 't', { triggerConfig })).data).toMatchObject({
      triggerConfig,
    })
    expect((await call('getTrigger', 'shop', 'pay', 't')).data).toMatchObject({ triggerConfig })
    expect((await call('listTriggers', 'shop', 'pay')).data).toMatchObject({
      triggers: [{ triggerName: 't' }],
    })
    await call('deleteTrigger', 'shop', 'pay', 't')
    expect(await codeOf(call('getTrigger', 'shop', 'pay', 't'))).toBe('TriggerNotFound')
    const other = { triggerName: 'o', triggerType: 'oss', triggerConfig: {} }
    expect(await codeOf(call('createTrigger', 'shop', 'pay', other))).toBe(refusedCode)
  })

  test('of HTTP make the handler take a request and a response, by the path of the interface', async () => {
    await call('createFunction', 'shop', definition('web', { handler: 'index.web' }))
    const config = { authType: 'function', methods: ['GET', 'POST'] }
    const options = { triggerName: 'h', triggerType: 'http', triggerConfig: config }
    const made = await call('createTrigger', 'shop', 'web', options)
    expect(made.data['urlInternet']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/fn\//)

    const answer = await call('request', 'GET', '/proxy/shop/web/a%20b', { q: '1', r: ['x', 'y'] }, null)
    expect(answer.headers['x-path']).toBe('/2016-08-15/proxy/shop/web/a%20b')
    expect(String(answer.data)).toBe('GET {"q":"1","r":["x","y"]}')
    const unsigned = await fetch(`${server.url}/2016-08-15/proxy/shop/web/`)
    expect(unsigned.status).toBe(400)
    expect(await unsigned.json()).toMatchObject({ ErrorCode: 'MissingRequiredHeader' })
    expect(await codeOf(call('request', 'GET', '/proxy/shop.prod/web/', {}, null))).toBe('TriggerNotFound')
    expect(await codeOf(call('invokeFunction', 'shop', 'web', 'x'))).toBe('InvalidArgument')
  })

  test('of HTTP for an alias answer by its name and by that of its version in the path', async () => {
    const config = { authType: 'anonymous', methods: ['GET'] }
    await call('publishVersion', 'shop')
    await call('updateAlias', 'shop', 'prod', '3', { additionalVersionWeight: {} })
    for (const qualifier of ['prod', '3']) {
      const options = { triggerName: `h-${qualifier}`, triggerType: 'http', triggerConfig: config, qualifier }
      expect((await call('createTrigger', 'shop', 'web', options)).data).toMatchObject({ qualifier })
      const answer = await fetch(`${server.url}/2016-08-15/proxy/shop.${qualifier}/web/x`)
      expect([answer.status, await answer.text()]).toEqual([201, 'GET {}'])
      await call('deleteTrigger', 'shop', 'web', `h-${qualifier}`)
    }
    await call('deleteTrigger', 'shop', 'web', 'h')
    expect(await codeOf(call('invokeFunction', 'shop', 'web', 'x'))).toBeUndefined()
  })
})

describe('domains and layers', () => {
  test('a domain leads to a function of a service', async () => {
    const routes = [
      { path: '/*', serviceName: 'shop', functionName: 'pay', qualifier: 'prod', methods: ['GET'] },
    ]
    const made = await call('createCustomDomain', 'api.example.com', {
      protocol: 'HTTP',
      routeConfig: { routes },
    })
    expect(made.data).toMatchObject({ domainName: 'api.example.com', routeConfig: { routes } })
    const changed = await call('updateCustomDomain', 'api.example.com', { protocol: 'HTTP,HTTPS' })
    expect(changed.data).toMatchObject({ protocol: 'HTTP,HTTPS', routeConfig: { routes } })
    expect((await call('getCustomDomain', 'api.example.com')).data).toEqual(changed.data)
    expect((await call('listCustomDomains')).data).toMatchObject({
      customDomains: [{ domainName: 'api.example.com' }],
    })
    await call('deleteCustomDomain', 'api.example.com')
    expect(await codeOf(call('getCustomDomain', 'api.example.com'))).toBe('DomainNameNotFound')
  })

  test('layers have versions', async () => {
    const code = { zipFile: await zipOf({ 'nodejs/a.js': '1' }) }
    const made = await call('publishLayerVersion', 'shared', { code, compatibleRuntime: [runtime] })
    expect(made.data).toMatchObject({ layerName: 'shared', version: 1 })
    expect((await call('listLayers')).data).toMatchObject({ layers: [{ layerName: 'shared' }] })
    expect((await call('listLayerVersions', 'shared')).data).toMatchObject({ layers: [{ version: 1 }] })
    await call('putLayerACL', 'shared', { public: true })
    expect((await call('getLayerVersion', 'shared', 1)).data).toMatchObject({ acl: '1' })
    const arn = String(made.data['layerVersionArn'])
    expect((await call('getLayerVersionByArn', arn)).data).toMatchObject({ version: 1 })
    const layered = await call('updateFunction', 'shop', 'pay', { layers: [arn] })
    expect(layered.data).toMatchObject({ layers: [arn] })
    await call('updateFunction', 'shop', 'pay', { layers: [] })
    await call('deleteLayerVersion', 'shared', 1)
    expect(await codeOf(call('getLayerVersion', 'shared', 1))).toBe('LayerVersionNotFound')
  })
})

describe('the account', () => {
  test('has settings, and no buckets for code', async () => {
    expect((await call('getAccountSettings')).data).toMatchObject({ availableAZs: ['cn-hangzhou-a'] })
    expect((await call('getAccountConfigs', { config: ['CodeSizeLimit'] })).data).toMatchObject({
      CodeSizeLimit: expect.any(Number),
    })
    expect(await codeOf(call('getTempCodeBucketPermission', 'shop', 'pay'))).toBe(refusedCode)
    expect(await codeOf(call('getTempBucketToken'))).toBe(refusedCode)
  })

  test('has no shell in instances, and says so', async () => {
    const refused = await new Promise<Error>(resolve => {
      void call('instanceExec', 'shop', 'pay', '', 'c-1', {}, { onError: resolve })
    })
    expect(refused.message).toBe('this server does not offer a shell in instances')
    const path = '/services/shop/functions/pay/instances/c-1/exec'
    const raw = exercised.note('instanceExec', () => call('get', path))
    expect(await codeOf(raw)).toBe(refusedCode)
  })
})

describe('what is deleted', () => {
  test('is found no more, and the last function lets its service go', async () => {
    await call('deleteAlias', 'shop', 'prod')
    expect(await codeOf(call('getAlias', 'shop', 'prod'))).toBe('AliasNotFound')
    expect(await codeOf(invoke('x', 'prod'))).toBe('AliasNotFound')
    await call('deleteVersion', 'shop', '1')
    expect(await codeOf(call('deleteVersion', 'shop', '1'))).toBe('VersionNotFound')
    await call('deleteFunction', 'shop', 'pay')
    await call('deleteFunction', 'shop', 'web')
    expect(await codeOf(call('getFunction', 'shop', 'pay'))).toBe('FunctionNotFound')
    await call('deleteService', 'shop')
    expect(await codeOf(call('getService', 'shop'))).toBe('ServiceNotFound')
  })
})

test('the table says of every action of the client what became of it', () => {
  expect(exercised.contradictions(clientActions)).toEqual([])
})
