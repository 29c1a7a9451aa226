import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compatibleInterfaces } from '../../../src/http/fc/actions.ts'
import { Exercised } from '../exercised.ts'
import {
  account,
  actionOf3,
  type Client3,
  client3Actions,
  codeOf,
  type FcServer,
  model,
  runtime,
  startFcServer,
  zipOf,
} from './fixture.ts'

const [table] = compatibleInterfaces
if (table === undefined) throw new Error('there is no table')
const refusedCode = 'OperationNotSupported'
const exercised = new Exercised(table, refusedCode)
const arn = (rest: string): string => `acs:fc:cn-hangzhou:${account}:${rest}`

let server: FcServer
let client: Client3
let echo: string

beforeAll(async () => {
  server = await startFcServer()
  // Longer than the client's own three seconds: the first call of a function starts a process.
  client = exercised.watch(server.client3({ readTimeout: 20_000 }), actionOf3)
  echo = await zipOf({
    'index.js': `exports.handler = async (event, context) => {
      console.log('seen ' + event)
      if (event.toString() === 'throw') throw new TypeError('on purpose')
      if (event.toString() === 'version') return context.function.name + process.env.MARK
      return event
    }
    exports.stop = async () => {}`,
  })
})
afterAll(() => server[Symbol.asyncDispose]())

function create(functionName: string, more: object = {}) {
  const fields = { functionName, runtime, handler: 'index.handler', code: { zipFile: echo } }
  const body = model('CreateFunctionInput', { ...fields, ...more })
  return client.createFunction(model('CreateFunctionRequest', { body }))
}

async function invoke(name: string, event: string, headers: object = {}, qualifier?: string) {
  const body = Readable.from([Buffer.from(event)])
  const answer = await client.invokeFunctionWithOptions(
    name,
    model('InvokeFunctionRequest', { body, ...(qualifier === undefined ? {} : { qualifier }) }),
    model('InvokeFunctionHeaders', { commonHeaders: headers }),
    {} as never,
  )
  const { statusCode, headers: given = {}, body: stream } = answer
  return { statusCode, headers: given, text: stream === undefined ? '' : await text(stream) }
}

describe('functions', () => {
  test('are created with their code, and told again with everything that was written', async () => {
    const settings = {
      description: 'd',
      cpu: 0.35,
      memorySize: 512,
      diskSize: 512,
      timeout: 60,
      instanceConcurrency: 1,
      environmentVariables: { MARK: '!' },
      internetAccess: true,
      role: `acs:ram::${account}:role/r`,
      idleTimeout: 600,
      instanceLifecycleConfig: { preStop: { handler: 'index.stop', timeout: 5 } },
      logConfig: { project: 'p', logstore: 'l', enableRequestMetrics: true, logBeginRule: 'None' },
      vpcConfig: { vpcId: 'vpc-1', vSwitchIds: ['v'], securityGroupId: 'sg' },
      nasConfig: {
        userId: 1,
        groupId: 2,
        mountPoints: [{ serverAddr: 'a:/b', mountDir: '/mnt/a', enableTLS: false }],
      },
      sessionAffinityConfig: '{"a":1}',
      instanceIsolationMode: 'SHARE',
      disableInjectCredentials: 'None',
    }
    const made = await create('hello', settings)

    expect(made.statusCode).toBe(200)
    expect(made.headers?.['x-fc-request-id']).toMatch(/^1-[\da-f]{8}-[\da-f]{8}-[\da-f]{12}$/)
    const expected = {
      ...settings,
      functionName: 'hello',
      functionArn: arn('functions/hello'),
      runtime,
      handler: 'index.handler',
      codeSize: Buffer.from(echo, 'base64').length,
      state: 'Active',
      lastUpdateStatus: 'Successful',
    }
    expect(plain(made.body)).toMatchObject(expected)
    const read = await client.getFunction('hello', model('GetFunctionRequest', {}))
    expect(plain(read.body)).toEqual(plain(made.body))
    expect(await codeOf(create('hello'))).toBe('FunctionAlreadyExists')
  })

  test('are changed member by member; what is left out stays', async () => {
    const body = model('UpdateFunctionInput', { description: 'changed', environmentVariables: { MARK: '?' } })
    const changed = await client.updateFunction('hello', model('UpdateFunctionRequest', { body }))

    expect(plain(changed.body)).toMatchObject({
      description: 'changed',
      environmentVariables: { MARK: '?' },
      timeout: 60,
      vpcConfig: { vpcId: 'vpc-1' },
      instanceLifecycleConfig: { preStop: { handler: 'index.stop', timeout: 5 } },
    })
    expect((await invoke('hello', 'version')).text).toBe('hello?')
  })

  test('give out their code by a link that works for whoever has it, and by no other', async () => {
    const { body } = await client.getFunctionCode('hello', model('GetFunctionCodeRequest', {}))
    const url = body?.url ?? ''

    const zip = await fetch(url)
    expect(Buffer.from(await zip.arrayBuffer()).toString('base64')).toBe(echo)
    expect((await fetch(url.replace(/expires=\d/, 'expires=9'))).status).toBe(403)
    expect((await fetch(url.replace(/\?.*/, ''))).status).toBe(400)
    const checked = { code: { zipFile: echo, checksum: body?.checksum } }
    expect((await create('checked', checked)).statusCode).toBe(200)
    expect(await codeOf(create('wrong', { code: { zipFile: echo, checksum: '1' } }))).toBe('InvalidArgument')
    const bucket = { code: { ossBucketName: 'bucket', ossObjectName: 'object' } }
    expect(await codeOf(create('wrong', bucket))).toBe(refusedCode)
  })

  test('are listed page by page, and chosen by prefix, runtime and tags', async () => {
    const tags = [model('Tag', { key: 'team', value: 'a' })]
    await create('page-1', { tags })
    await create('page-2')
    const list = (fields: object) => client.listFunctions(model('ListFunctionsRequest', fields))
    const names = async (fields: object) => (await list(fields)).body?.functions?.map(one => one.functionName)

    const first = (await list({ prefix: 'page-', limit: 1 })).body
    expect(first?.functions?.map(one => one.functionName)).toEqual(['page-1'])
    expect(await names({ prefix: 'page-', limit: 1, nextToken: first?.nextToken })).toEqual(['page-2'])
    expect(await names({ tags })).toEqual(['page-1'])
    expect(await names({ runtime: 'python3.10' })).toEqual([])
    expect(await names({ prefix: 'page-', fcVersion: 'v2' })).toEqual([])
    expect(await codeOf(list({ limit: 101 }))).toBe('InvalidArgument')
  })

  test('are deleted once they have no triggers', async () => {
    const config = JSON.stringify({ cronExpression: '@every 60m', enable: false, payload: '' })
    const body = model('CreateTriggerInput', {
      triggerName: 't',
      triggerType: 'timer',
      triggerConfig: config,
    })
    await client.createTrigger('page-1', model('CreateTriggerRequest', { body }))
    expect(await codeOf(client.deleteFunction('page-1'))).toBe('FunctionNotEmpty')
    await client.deleteTrigger('page-1', 't')

    expect((await client.deleteFunction('page-1')).statusCode).toBe(204)
    expect(await codeOf(client.deleteFunction('page-1'))).toBe('FunctionNotFound')
  })
})

describe('calls', () => {
  test('hand over bytes and give back bytes, with what the call was', async () => {
    const answer = await invoke('hello', '\u0000\u00e4')

    expect(answer).toMatchObject({ statusCode: 200, text: '\u0000\u00e4' })
    expect(answer.headers).toMatchObject({
      'x-fc-invocation-function-version': 'LATEST',
      'x-fc-instance-id': expect.stringMatching(/^c-/),
      'x-fc-code-checksum': expect.stringMatching(/^\d+$/),
      'x-fc-invocation-duration': expect.stringMatching(/^\d+\.\d\d$/),
      'x-fc-max-memory-usage': expect.stringMatching(/^\d+\.\d\d$/),
    })
    expect(answer.headers['x-fc-error-type']).toBeUndefined()
  })

  test('that fail are answered with 200, the type of the error and its parts', async () => {
    const answer = await invoke('hello', 'throw')

    expect(answer.statusCode).toBe(200)
    expect(answer.headers['x-fc-error-type']).toBe('UnhandledInvocationError')
    expect(JSON.parse(answer.text)).toMatchObject({ errorType: 'TypeError', errorMessage: 'on purpose' })
  })

  test('bring the end of their log when it is asked for', async () => {
    const answer = await invoke('hello', 'logged', { 'x-fc-log-type': 'Tail' })

    const log = Buffer.from(answer.headers['x-fc-log-result'] ?? '', 'base64').toString()
    expect(log).toContain('seen logged')
    expect(log).toMatch(/Duration: .* ms, Billed Duration: .* ms, Memory Size: 512 MB/)
  })

  test('of what is not there name what is missing', async () => {
    expect(await codeOf(invoke('nobody', ''))).toBe('FunctionNotFound')
    expect(await codeOf(invoke('hello', '', {}, '77'))).toBe('VersionNotFound')
    expect(await codeOf(invoke('hello', '', {}, 'nowhere'))).toBe('AliasNotFound')
  })

  test('stop when the function is disabled, and go on when it is enabled', async () => {
    const body = model('DisableFunctionInvocationRequest', { reason: 'maintenance' })
    expect((await client.disableFunctionInvocation('hello', body)).body?.success).toBe(true)
    const read = await client.getFunction('hello', model('GetFunctionRequest', {}))
    expect(plain(read.body)).toMatchObject({
      invocationRestriction: { disable: true, reason: 'maintenance' },
    })
    await expect(invoke('hello', 'x')).rejects.toMatchObject({
      code: 'AccessDenied',
      statusCode: 403,
      message: expect.stringContaining('maintenance'),
    })

    expect((await client.enableFunctionInvocation('hello')).body?.success).toBe(true)
    expect((await invoke('hello', 'x')).text).toBe('x')
  })

  test('leave instances behind that can be listed', async () => {
    const { body } = await client.listInstances(
      'hello',
      model('ListInstancesRequest', { qualifier: 'LATEST' }),
    )

    expect(plain(body)).toMatchObject({
      instances: [{ instanceId: expect.stringMatching(/^c-/), versionId: '0', status: 'Running' }],
      requestId: expect.stringMatching(/^1-/),
    })
    const other = model('ListInstancesRequest', { instanceIds: ['c-0'] })
    expect((await client.listInstances('hello', other)).body?.instances).toEqual([])
  })
})

describe('versions and aliases', () => {
  const publish = (description: string) =>
    client.publishFunctionVersion(
      'hello',
      model('PublishFunctionVersionRequest', { body: model('PublishVersionInput', { description }) }),
    )
  const mark = (MARK: string) => {
    const body = model('UpdateFunctionInput', { environmentVariables: { MARK } })
    return client.updateFunction('hello', model('UpdateFunctionRequest', { body }))
  }

  test('a version keeps what was published; publishing the same again is refused', async () => {
    await mark('1')
    expect((await publish('first')).body).toMatchObject({ versionId: '1', description: 'first' })
    expect(await codeOf(publish('again'))).toBe('InvalidArgument')
    await mark('2')
    expect((await publish('second')).body?.versionId).toBe('2')
    await mark('latest')

    const answer = await invoke('hello', 'version', {}, '1')
    expect(answer.text).toBe('hello1')
    expect(answer.headers['x-fc-invocation-function-version']).toBe('1')
    const old = await client.getFunction('hello', model('GetFunctionRequest', { qualifier: '2' }))
    expect(old.body?.environmentVariables).toEqual({ MARK: '2' })
  })

  test('versions are listed in both directions', async () => {
    const list = async (fields: object) => {
      const { body } = await client.listFunctionVersions(
        'hello',
        model('ListFunctionVersionsRequest', fields),
      )
      return {
        ids: body?.versions?.map(one => one.versionId),
        next: body?.nextToken,
        direction: body?.direction,
      }
    }
    expect(await list({})).toMatchObject({ ids: ['2', '1'], direction: 'BACKWARD' })
    const first = await list({ direction: 'FORWARD', limit: 1 })
    expect(first.ids).toEqual(['1'])
    const next = await list({ direction: 'FORWARD', limit: 1, nextToken: first.next })
    expect(next.ids).toEqual(['2'])
  })

  test('an alias points to a version and shares calls with another by weight', async () => {
    const body = model('CreateAliasInput', {
      aliasName: 'prod',
      versionId: '1',
      description: 'd',
      additionalVersionWeight: { 2: 1 },
    })
    const made = await client.createAlias('hello', model('CreateAliasRequest', { body }))
    expect(plain(made.body)).toMatchObject({
      aliasName: 'prod',
      versionId: '1',
      additionalVersionWeight: { 2: 1 },
    })
    expect((await invoke('hello', 'version', {}, 'prod')).text).toBe('hello2')
    expect(await codeOf(client.createAlias('hello', model('CreateAliasRequest', { body })))).toBe(
      'AliasAlreadyExists',
    )

    const update = model('UpdateAliasInput', { additionalVersionWeight: {} })
    await client.updateAlias('hello', 'prod', model('UpdateAliasRequest', { body: update }))
    expect((await invoke('hello', 'version', {}, 'prod')).text).toBe('hello1')
    expect((await client.getAlias('hello', 'prod')).body).toMatchObject({ versionId: '1', description: 'd' })
    const list = await client.listAliases('hello', model('ListAliasesRequest', { prefix: 'p' }))
    expect(list.body?.aliases?.map(one => one.aliasName)).toEqual(['prod'])
  })

  test('a deleted alias and a deleted version are found no more', async () => {
    expect((await client.deleteAlias('hello', 'prod')).statusCode).toBe(204)
    expect(await codeOf(client.getAlias('hello', 'prod'))).toBe('AliasNotFound')
    expect((await client.deleteFunctionVersion('hello', '1')).statusCode).toBe(204)
    expect(await codeOf(client.deleteFunctionVersion('hello', '1'))).toBe('VersionNotFound')
  })
})

describe('triggers', () => {
  const write = (triggerName: string, triggerType: string, triggerConfig: object, more: object = {}) => {
    const fields = { triggerName, triggerType, triggerConfig: JSON.stringify(triggerConfig), ...more }
    const body = model('CreateTriggerInput', fields)
    return client.createTrigger('hello', model('CreateTriggerRequest', { body }))
  }

  test('one of HTTP has an address that answers, and its configuration comes back to the letter', async () => {
    const config = { authType: 'anonymous', methods: ['GET', 'POST'], disableURLInternet: false }
    const made = await write('web', 'http', config, { qualifier: 'LATEST' })

    expect(plain(made.body)).toMatchObject({
      triggerName: 'web',
      triggerType: 'http',
      triggerConfig: JSON.stringify(config),
      qualifier: 'LATEST',
      targetArn: arn('functions/hello'),
    })
    const called = await fetch(`${made.body?.httpTrigger?.urlInternet}path?q=1`)
    expect(called.status).toBe(200)
    expect(await called.json()).toMatchObject({ rawPath: '/path', queryParameters: { q: '1' } })
    expect(await codeOf(write('second', 'http', config))).toBe('TriggerAlreadyExists')
  })

  test('one is changed, read and listed', async () => {
    const config = JSON.stringify({ authType: 'function', methods: ['GET'] })
    const body = model('UpdateTriggerInput', { triggerConfig: config })
    const changed = await client.updateTrigger('hello', 'web', model('UpdateTriggerRequest', { body }))
    expect(changed.body?.triggerConfig).toBe(config)
    const { body: read } = await client.getTrigger('hello', 'web')
    expect(read?.triggerConfig).toBe(config)
    expect((await fetch(read?.httpTrigger?.urlInternet ?? '')).status).toBe(400)
    expect(plain((await client.listTriggers('hello', model('ListTriggersRequest', {}))).body)).toMatchObject({
      triggers: [{ triggerName: 'web' }],
    })
  })

  test('what another interface changes shows in the configuration', async () => {
    const path = `${server.url}/api/v1/functions/hello/triggers/web`
    const headers = { authorization: 'Bearer testAK.testSK', 'content-type': 'application/json' }
    const spec = { kind: 'http', methods: ['PUT'], auth: { kind: 'none' } }
    await fetch(path, { method: 'PUT', headers, body: JSON.stringify(spec) })

    const { body } = await client.getTrigger('hello', 'web')
    expect(JSON.parse(body?.triggerConfig ?? '')).toMatchObject({ authType: 'anonymous', methods: ['PUT'] })
  })

  test('kinds whose source is not here are refused, and so is a schedule that means no time', async () => {
    for (const kind of ['oss', 'log', 'mns_topic', 'cdn_events', 'tablestore', 'eventbridge']) {
      await expect(write(kind, kind, {})).rejects.toMatchObject({ code: refusedCode })
    }
    expect(await codeOf(write('x', 'unheard', {}))).toBe('InvalidArgument')
    expect(await codeOf(write('x', 'timer', { cronExpression: 'whenever' }))).toBe('InvalidArgument')
    expect(await codeOf(write('x', 'http', { authType: 'jwt', authConfig: '{"jwks":1}' }))).toBe(
      'InvalidArgument',
    )
    await expect(codeOf(client.getTrigger('hello', 'x'))).resolves.toBe('TriggerNotFound')
  })

  test('bearer tokens and pages of other origins are let in as the configuration says', async () => {
    const tokens = [{ enable: true, tokenName: 't', tokenData: 'a'.repeat(32) }]
    const config = {
      authType: 'bearer',
      authConfig: JSON.stringify({ tokens }),
      methods: ['POST'],
      corsConfig: { allowOrigins: ['https://example.com'], allowMethods: ['POST'], maxAge: 60 },
    }
    await client.deleteTrigger('hello', 'web')
    const { body } = await write('web', 'http', config)
    const url = body?.httpTrigger?.urlInternet ?? ''

    expect((await fetch(url, { method: 'POST' })).status).toBe(401)
    const headers = { authorization: `Bearer ${'a'.repeat(32)}`, origin: 'https://example.com' }
    const answer = await fetch(url, { method: 'POST', headers })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://example.com')
  })
})

describe('asynchronous calls', () => {
  const config = (fields: object) => model('PutAsyncInvokeConfigInput', fields)

  test('their settings come back as they were written', async () => {
    await create('done')
    const destinationConfig = { onSuccess: { destination: arn('functions/done') } }
    const body = config({
      asyncTask: true,
      maxAsyncRetryAttempts: 0,
      maxAsyncEventAgeInSeconds: 3600,
      destinationConfig,
    })
    const request = model('PutAsyncInvokeConfigRequest', { body, qualifier: 'LATEST' })
    const written = await client.putAsyncInvokeConfig('hello', request)
    const expected = {
      asyncTask: true,
      maxAsyncRetryAttempts: 0,
      maxAsyncEventAgeInSeconds: 3600,
      destinationConfig,
      functionArn: arn('functions/hello'),
    }
    expect(plain(written.body)).toMatchObject(expected)
    const read = await client.getAsyncInvokeConfig('hello', model('GetAsyncInvokeConfigRequest', {}))
    expect(plain(read.body)).toMatchObject(expected)
    const list = await client.listAsyncInvokeConfigs(model('ListAsyncInvokeConfigsRequest', { limit: 5 }))
    expect(plain(list.body)).toMatchObject({ configs: [expected] })
    const bad = config({ destinationConfig: { onFailure: { destination: 'acs:mq:cn:1:/x' } } })
    expect(
      await codeOf(client.putAsyncInvokeConfig('hello', model('PutAsyncInvokeConfigRequest', { body: bad }))),
    ).toBe('InvalidArgument')
  })

  test('a call is accepted, made once for one task id, and told by its task', async () => {
    const headers = { 'x-fc-invocation-type': 'Async', 'x-fc-async-task-id': 'job-1' }
    const accepted = await invoke('hello', 'later', headers)
    expect(accepted).toMatchObject({ statusCode: 202, text: '' })
    expect(accepted.headers['x-fc-async-task-id']).toBe('job-1')
    expect(await codeOf(invoke('hello', 'later', headers))).toBe('StatefulAsyncInvocationAlreadyExists')

    const task = () => client.getAsyncTask('hello', 'job-1', model('GetAsyncTaskRequest', {}))
    await expect.poll(async () => (await task()).body?.status, { timeout: 20_000 }).toBe('Succeeded')
    expect(plain((await task()).body)).toMatchObject({
      taskId: 'job-1',
      qualifier: 'LATEST',
      taskPayload: 'later',
      taskErrorMessage: '',
      alreadyRetriedTimes: 0,
      events: expect.arrayContaining([expect.objectContaining({ eventId: 1, status: 'Enqueued' })]),
    })
    expect(await codeOf(client.getAsyncTask('hello', 'none', model('GetAsyncTaskRequest', {})))).toBe(
      'AsyncTaskNotFound',
    )
  })

  test('a task that waits is stopped, and tasks are listed by state', async () => {
    const later = {
      'x-fc-invocation-type': 'Async',
      'x-fc-async-task-id': 'job-2',
      'x-fc-async-delay': '600',
    }
    await invoke('hello', 'never', later)
    const stopped = await client.stopAsyncTask('hello', 'job-2', model('StopAsyncTaskRequest', {}))
    expect(stopped.statusCode).toBe(204)
    expect(await codeOf(client.stopAsyncTask('hello', 'job-1', model('StopAsyncTaskRequest', {})))).toBe(
      'InvalidArgument',
    )
    const list = async (fields: object) => {
      const { body } = await client.listAsyncTasks('hello', model('ListAsyncTasksRequest', fields))
      return body?.tasks?.map(one => [one.taskId, one.taskPayload])
    }
    expect(await list({ status: 'Stopped', includePayload: true })).toEqual([['job-2', 'never']])
    expect(await list({ prefix: 'job', sortOrderByTime: 'asc' })).toEqual([
      ['job-1', undefined],
      ['job-2', undefined],
    ])
    const request = model('DeleteAsyncInvokeConfigRequest', {})
    expect((await client.deleteAsyncInvokeConfig('hello', request)).statusCode).toBe(204)
    expect(await codeOf(client.getAsyncInvokeConfig('hello', model('GetAsyncInvokeConfigRequest', {})))).toBe(
      'AsyncConfigNotExists',
    )
  })
})

describe('capacity', () => {
  test('reserved instances limit a function; none shut it', async () => {
    const put = (reservedConcurrency: number) => {
      const body = model('PutConcurrencyInput', { reservedConcurrency })
      return client.putConcurrencyConfig('done', model('PutConcurrencyConfigRequest', { body }))
    }
    const expected = { functionArn: arn('functions/done'), reservedConcurrency: 0 }
    expect(plain((await put(0)).body)).toMatchObject(expected)
    expect(plain((await client.getConcurrencyConfig('done')).body)).toMatchObject(expected)
    expect(await codeOf(invoke('done', 'x'))).toBe('ResourceExhausted')
    const list = await client.listConcurrencyConfigs(model('ListConcurrencyConfigsRequest', {}))
    expect(plain(list.body)).toMatchObject({ configs: [expected] })
    expect((await client.deleteConcurrencyConfig('done')).statusCode).toBe(204)
    expect(await codeOf(client.getConcurrencyConfig('done'))).toBe('ConcurrencyConfigNotFound')
  })

  test('provisioned instances are kept, and told with their schedules and policies', async () => {
    const scheduledActions = [
      {
        name: 's',
        startTime: '2030-01-01T00:00:00Z',
        endTime: '2031-01-01T00:00:00Z',
        timeZone: 'Asia/Shanghai',
        target: 2,
        scheduleExpression: 'cron(0 0 4 * * *)',
      },
    ]
    const targetTrackingPolicies = [
      {
        name: 't',
        startTime: '',
        endTime: '',
        timeZone: 'UTC',
        metricType: 'ProvisionedConcurrencyUtilization',
        metricTarget: 0.6,
        minCapacity: 0,
        maxCapacity: 3,
      },
    ]
    const fields = { defaultTarget: 0, scheduledActions, targetTrackingPolicies, alwaysAllocateCPU: true }
    const body = model('PutProvisionConfigInput', fields)
    const request = model('PutProvisionConfigRequest', { body, qualifier: 'LATEST' })
    const written = await client.putProvisionConfig('done', request)
    expect(plain(written.body)).toMatchObject({ ...fields, functionArn: arn('functions/done') })
    const read = await client.getProvisionConfig(
      'done',
      model('GetProvisionConfigRequest', { qualifier: 'LATEST' }),
    )
    expect(plain(read.body)).toMatchObject(fields)
    const list = await client.listProvisionConfigs(
      model('ListProvisionConfigsRequest', { functionName: 'done' }),
    )
    expect(plain(list.body)).toMatchObject({ provisionConfigs: [fields] })
    const gone = await client.deleteProvisionConfig('done', model('DeleteProvisionConfigRequest', {}))
    expect(gone.statusCode).toBe(204)
    expect(await codeOf(client.getProvisionConfig('done', model('GetProvisionConfigRequest', {})))).toBe(
      'ProvisionConfigNotFound',
    )
  })

  test('a scaling config keeps instances, and says how many there are', async () => {
    const body = model('PutScalingConfigInput', { minInstances: 1, enableOnDemandScaling: true })
    const put = await client.putScalingConfig(
      'done',
      model('PutScalingConfigRequest', { body, qualifier: 'LATEST' }),
    )
    expect(plain(put.body)).toMatchObject({ minInstances: 1, enableOnDemandScaling: true })
    const get = () =>
      client.getScalingConfig('done', model('GetScalingConfigRequest', { qualifier: 'LATEST' }))
    await expect.poll(async () => (await get()).body?.currentInstances, { timeout: 20_000 }).toBe(1)
    expect((await get()).body?.targetInstances).toBe(1)
    const list = await client.listScalingConfigs(model('ListScalingConfigsRequest', {}))
    expect(plain(list.body)).toMatchObject({ scalingConfigs: [{ functionArn: arn('functions/done') }] })
    const gone = await client.deleteScalingConfig('done', model('DeleteScalingConfigRequest', {}))
    expect(gone.statusCode).toBe(204)
    expect(await codeOf(get())).toBe('ScalingConfigNotFound')
  })
})

describe('layers', () => {
  test('have versions with code, and functions find their files', async () => {
    const zipFile = await zipOf({
      'nodejs/node_modules/shared/index.js': 'module.exports = () => "from the layer"',
    })
    const publish = () => {
      const fields = { code: { zipFile }, compatibleRuntime: [runtime], description: 'd', license: 'MIT' }
      const body = model('CreateLayerVersionInput', fields)
      return client.createLayerVersion('shared', model('CreateLayerVersionRequest', { body }))
    }
    const first = await publish()
    const expected = {
      layerName: 'shared',
      version: 1,
      layerVersionArn: arn('layers/shared/versions/1'),
      compatibleRuntime: [runtime],
      description: 'd',
      license: 'MIT',
      acl: '0',
    }
    expect(plain(first.body)).toMatchObject(expected)
    expect((await fetch(first.body?.code?.location ?? '')).status).toBe(200)
    expect((await publish()).body?.version).toBe(2)
    expect(plain((await client.getLayerVersion('shared', '1')).body)).toMatchObject(expected)
    expect((await client.getLayerVersionByArn(arn('layers/shared/versions/2'))).body?.version).toBe(2)
    const versions = await client.listLayerVersions('shared', model('ListLayerVersionsRequest', { limit: 1 }))
    expect(plain(versions.body)).toMatchObject({ layers: [{ version: 1 }], nextVersion: 2 })
    const layers = await client.listLayers(model('ListLayersRequest', { prefix: 's' }))
    expect(layers.body?.layers?.map(one => [one.layerName, one.version])).toEqual([['shared', 2]])

    const code = { zipFile: await zipOf({ 'index.js': 'exports.handler = async () => require("shared")()' }) }
    const made = await create('layered', { code, layers: [arn('layers/shared/versions/1')] })
    expect(made.body?.layers?.map(one => one.arn)).toEqual([arn('layers/shared/versions/1')])
    expect((await invoke('layered', '')).text).toBe('from the layer')
    expect(
      await codeOf(
        create('other', { runtime: 'python3', handler: 'a.b', layers: [arn('layers/shared/versions/1')] }),
      ),
    ).toBe('InvalidArgument')
  })

  test('who may use one is kept; a deleted version is found no more', async () => {
    const acl = await client.putLayerACL('shared', model('PutLayerACLRequest', { acl: '1' }))
    expect(acl.statusCode).toBe(204)
    expect((await client.getLayerVersion('shared', '1')).body?.acl).toBe('1')
    expect((await client.deleteLayerVersion('shared', '2')).statusCode).toBe(204)
    expect(await codeOf(client.getLayerVersion('shared', '2'))).toBe('LayerVersionNotFound')
    expect(await codeOf(client.listLayerVersions('none', model('ListLayerVersionsRequest', {})))).toBe(
      'LayerNotFound',
    )
  })
})

describe('custom domains', () => {
  test('lead to functions by path, with their settings given back', async () => {
    const routes = [
      {
        path: '/v1/*',
        functionName: 'hello',
        qualifier: 'LATEST',
        methods: ['POST'],
        rewriteConfig: { wildcardRules: [{ match: '/v1/*', replacement: '/$1' }] },
      },
    ]
    const fields = {
      domainName: 'api.example.com',
      protocol: 'HTTP',
      routeConfig: { routes },
      certConfig: { certName: 'c', certificate: 'CERT', privateKey: 'KEY' },
      tlsConfig: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', cipherSuites: ['TLS_X'] },
      authConfig: { authType: 'anonymous', authInfo: '' },
    }
    const body = model('CreateCustomDomainInput', fields)
    const made = await client.createCustomDomain(model('CreateCustomDomainRequest', { body }))
    const { certConfig: _, ...shown } = fields
    expect(plain(made.body)).toMatchObject({ ...shown, accountId: account, apiVersion: '2023-03-30' })
    expect(plain(made.body)['certConfig']).toEqual({ certName: 'c', certificate: 'CERT' })
    expect(await codeOf(client.createCustomDomain(model('CreateCustomDomainRequest', { body })))).toBe(
      'DomainNameAlreadyExists',
    )
    const answer = await requestTo(server, 'api.example.com', '/v1/a/b')
    expect(JSON.parse(answer)).toMatchObject({ rawPath: '/a/b' })
  })

  test('are changed, read, listed and deleted', async () => {
    const update = model('UpdateCustomDomainInput', { protocol: 'HTTP,HTTPS' })
    const changed = await client.updateCustomDomain(
      'api.example.com',
      model('UpdateCustomDomainRequest', { body: update }),
    )
    expect(changed.body).toMatchObject({
      protocol: 'HTTP,HTTPS',
      routeConfig: { routes: [{ path: '/v1/*' }] },
    })
    expect((await client.getCustomDomain('api.example.com')).body?.protocol).toBe('HTTP,HTTPS')
    const list = await client.listCustomDomains(model('ListCustomDomainsRequest', { prefix: 'api' }))
    expect(list.body?.customDomains?.map(one => one.domainName)).toEqual(['api.example.com'])
    expect((await client.deleteCustomDomain('api.example.com')).statusCode).toBe(204)
    expect(await codeOf(client.getCustomDomain('api.example.com'))).toBe('DomainNameNotFound')
  })
})

describe('tags, groups and regions', () => {
  test('tags are added, listed and taken away', async () => {
    const resourceId = [arn('functions/done')]
    const tag = [model('Tag', { key: 'a', value: '1' }), model('Tag', { key: 'b', value: '2' })]
    const body = model('TagResourcesInput', { resourceId, resourceType: 'function', tag })
    await client.tagResources(model('TagResourcesRequest', { body }))
    const list = async () => {
      const request = model('ListTagResourcesRequest', { resourceType: 'function', resourceId })
      const { body: page } = await client.listTagResources(request)
      return page?.tagResources?.map(one => [one.resourceId, one.tagKey, one.tagValue])
    }
    expect(await list()).toEqual([
      [resourceId[0], 'a', '1'],
      [resourceId[0], 'b', '2'],
    ])
    await client.untagResources(
      model('UntagResourcesRequest', { resourceType: 'function', resourceId, tagKey: ['a'] }),
    )
    expect(await list()).toEqual([[resourceId[0], 'b', '2']])
    await client.untagResources(
      model('UntagResourcesRequest', { resourceType: 'function', resourceId, all: true }),
    )
    expect(await list()).toEqual([])
  })

  test('a resource group is kept, and lists are chosen by it', async () => {
    const move = async (newResourceGroupId: string) => {
      const fields = { resourceId: 'done', resourceType: 'function', newResourceGroupId }
      const body = model('ChangeResourceGroupInput', fields)
      return (await client.changeResourceGroup(model('ChangeResourceGroupRequest', { body }))).body
    }
    expect(await move('rg-1')).toMatchObject({ oldResourceGroupId: '', newResourceGroupId: 'rg-1' })
    expect(await move('rg-2')).toMatchObject({ oldResourceGroupId: 'rg-1', newResourceGroupId: 'rg-2' })
    const list = await client.listFunctions(model('ListFunctionsRequest', { resourceGroupId: 'rg-2' }))
    expect(list.body?.functions?.map(one => one.functionName)).toEqual(['done'])
  })

  test('there is one region', async () => {
    const { body } = await client.describeRegions(
      model('DescribeRegionsRequest', { acceptLanguage: 'en-US' }),
    )
    expect(plain(body)).toMatchObject({ Regions: { Region: [{ RegionId: 'cn-hangzhou' }] } })
  })
})

describe('what is not here', () => {
  test('sessions and bindings to networks are refused, and there are none', async () => {
    const session = model('CreateSessionRequest', { body: model('CreateSessionInput', {}) })
    const calls = [
      client.createSession('hello', session),
      client.getSession('hello', 's', model('GetSessionRequest', {})),
      client.updateSession(
        'hello',
        's',
        model('UpdateSessionRequest', { body: model('UpdateSessionInput', {}) }),
      ),
      client.deleteSession('hello', 's', model('DeleteSessionRequest', {})),
      client.listSessions('hello', model('ListSessionsRequest', {})),
      client.pauseSession('hello', 's', model('PauseSessionRequest', {})),
      client.resumeSession('hello', 's', model('ResumeSessionRequest', {})),
      client.createVpcBinding(
        'hello',
        model('CreateVpcBindingRequest', { body: model('CreateVpcBindingInput', { vpcId: 'v' }) }),
      ),
      client.deleteVpcBinding('hello', 'v'),
    ]
    for (const call of calls) expect(await codeOf(call)).toBe(refusedCode)
    expect((await client.listVpcBindings('hello')).body?.vpcIds).toEqual([])
  })
})

test('the table says of every action of the client what became of it', () => {
  expect(exercised.contradictions(client3Actions)).toEqual([])
})

/** What the client has read, by the names of the wire. */
function plain(body: unknown): Record<string, unknown> {
  const map = (body as { toMap(): Record<string, unknown> }).toMap()
  return JSON.parse(JSON.stringify(map)) as Record<string, unknown>
}

/** A request whose host is another than the one it is sent to. */
async function requestTo({ endpoint }: FcServer, host: string, path: string): Promise<string> {
  const { request } = await import('node:http')
  const [hostname, port] = endpoint.split(':')
  return await new Promise((resolve, reject) => {
    request({ hostname, port, path, method: 'POST', headers: { host } }, answer => {
      text(answer).then(resolve, reject)
    })
      .on('error', reject)
      .end()
  })
}
