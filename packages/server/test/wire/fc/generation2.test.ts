import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { functionComputeInterfaces } from '../../../src/http/index.ts'
import { Exercised } from '../exercised.ts'
import { account, client2Methods, codeOf, runtime } from './fixture.ts'
import { accountTests } from './generation2/account.ts'
import { settingsTests } from './generation2/settings.ts'
import { refusedCode, Stage } from './generation2/stage.ts'

const table = functionComputeInterfaces.find(({ client }) => client.startsWith('@alicloud/fc2 '))
if (table === undefined) throw new Error('there is no table')
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

const stage = new Stage(exercised, clientActions)
const call: Stage['call'] = (method, ...given) => stage.call(method, ...given)
const invoke: Stage['invoke'] = (event, qualifier, headers) => stage.invoke(event, qualifier, headers)
const mark = (MARK: string, headers?: object) =>
  call('updateFunction', 'shop', 'pay', { environmentVariables: { MARK } }, headers)

beforeAll(() => stage.start())
afterAll(() => stage.stop())

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
    const made = await call('createFunction', 'shop', stage.definition('pay', { description: 'd' }))
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
    expect(await codeOf(call('createFunction', 'shop', stage.definition('pay')))).toBe(
      'FunctionAlreadyExists',
    )
    expect(await codeOf(call('createFunction', 'nowhere', stage.definition('pay')))).toBe('ServiceNotFound')
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
    expect(Buffer.from(await zip.arrayBuffer()).toString('base64')).toBe(stage.zipFile)
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
    const path = `${stage.server.url}/api/v1/functions/shop.pay`
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

settingsTests(stage)

accountTests(stage)

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
