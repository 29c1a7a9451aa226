import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { account as awsAccount, type AwsServer, errorOf, startAwsServer } from './aws/fixture.ts'
import { account, codeOf, sdk, startWireServer, type WireServer } from './eventbridge/fixture.ts'
import { account as fcAccount, type FcServer, model, runtime, startFcServer, zipOf } from './fc/fixture.ts'
import { type MnsServer, startMnsServer } from './mns/fixture.ts'
import { type SlsServer, startSlsServer } from './sls/fixture.ts'

type Rest = Pick<WireServer, 'rest'>

/** Sets a quota while something is done, and takes it back. */
async function within<Result>(
  { rest }: Rest,
  owner: string,
  quota: string,
  limit: number,
  act: () => Promise<Result>,
): Promise<Result> {
  const path = `/accounts/${owner}/quotas/${quota}`
  const { status, json } = await rest('PUT', path, { limit })
  expect(status, JSON.stringify(json)).toBe(200)
  try {
    return await act()
  } finally {
    await rest('PUT', path, { limit: 1_000_000 })
  }
}

describe('EventBridge tells of quotas by codes of its own', () => {
  let server: WireServer
  beforeAll(async () => {
    server = await startWireServer()
    await createBus('orders')
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const createBus = (eventBusName: string) =>
    server.client.createEventBus(new sdk.CreateEventBusRequest({ eventBusName }))
  const limited = (quota: string, limit: number, act: () => Promise<unknown>) =>
    within(server, account, quota, limit, () => codeOf(act()))

  test('for buses and rules', async () => {
    expect(await limited('buses', 1, () => createBus('more'))).toBe('EventBusCountExceedLimit')
    const rule = new sdk.CreateRuleRequest({
      eventBusName: 'orders',
      ruleName: 'paid',
      filterPattern: '{}',
    })
    expect(await limited('rules-per-bus', 0, () => server.client.createRule(rule))).toBe(
      'EventRuleCountExceedLimit',
    )
  })

  test('for too many events and requests', async () => {
    const event = new sdk.CloudEvent({
      id: '1',
      source: 'shop',
      type: 't',
      data: Buffer.from('{}'),
      extensions: { aliyuneventbusname: 'orders' },
    })
    const publish = () => server.client.putEvents([event])
    expect(await limited('events-per-second', 0, publish)).toBe('TooManyRequests')
    expect(await limited('event-bytes', 0, publish)).toBe('TooManyRequests')
    expect(await limited('requests-per-second', 0, () => createBus('more'))).toBe('TooManyRequests')
    expect(await codeOf(publish())).toBeUndefined()
  })

  test('and has 50 buses by itself, where the own API has more', async () => {
    await server.rest('DELETE', `/accounts/${account}/quotas/buses`)
    for (let count = 1; count < 50; count++) await createBus(`bus-${count}`)
    expect(await codeOf(createBus('one-more'))).toBe('EventBusCountExceedLimit')
    expect((await server.rest('PUT', '/buses/one-more', {})).status).toBe(201)
  })
})

describe('AWS EventBridge tells of quotas by codes of its own', () => {
  let server: AwsServer
  beforeAll(async () => {
    server = await startAwsServer()
    await server.send('CreateEventBus', { Name: 'orders' })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const limited = (quota: string, limit: number, command: string, input: object) =>
    within(server, awsAccount, quota, limit, () => errorOf(server.send(command, input)))

  test('for what is counted, and for rates', async () => {
    const connection = {
      Name: 'c',
      AuthorizationType: 'API_KEY',
      AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: 'k', ApiKeyValue: 'v' } },
    }
    const entry = { EventBusName: 'orders', Source: 's', DetailType: 'd', Detail: '{}' }
    const exceeded = 'LimitExceededException'
    const throttled = 'ThrottlingException'
    expect(await limited('buses', 1, 'CreateEventBus', { Name: 'more' })).toBe(exceeded)
    expect(
      await limited('rules-per-bus', 0, 'PutRule', {
        Name: 'r',
        EventBusName: 'orders',
        EventPattern: '{"a":[1]}',
      }),
    ).toBe(exceeded)
    expect(await limited('connections', 0, 'CreateConnection', connection)).toBe(exceeded)
    expect(await limited('events-per-second', 0, 'PutEvents', { Entries: [entry] })).toBe(throttled)
    expect(await limited('requests-per-second', 0, 'ListRules', {})).toBe(throttled)
    const sent = await within(server, awsAccount, 'event-bytes', 0, () =>
      server.send('PutEvents', { Entries: [entry] }),
    )
    expect(sent).toMatchObject({ FailedEntryCount: 1, Entries: [{ ErrorCode: throttled }] })
  })
})

test('Function Compute tells of quotas by codes of its own', async () => {
  await using server: FcServer = await startFcServer()
  const client = server.client3()
  const zipFile = await zipOf({ 'index.js': 'exports.handler = async () => 1' })
  const create = (functionName: string) => {
    const body = model('CreateFunctionInput', {
      functionName,
      runtime,
      handler: 'index.handler',
      code: { zipFile },
    })
    return client.createFunction(model('CreateFunctionRequest', { body }))
  }
  const limited = (quota: string, limit: number, act: () => Promise<unknown>) =>
    within(server, fcAccount, quota, limit, () => codeOf(act()))
  expect(await limited('functions', 0, () => create('f'))).toBe('LimitExceededError')
  expect(await limited('code-bytes', 10, () => create('f'))).toBe('LimitExceededError')
  expect(await limited('requests-per-second', 0, () => create('f'))).toBe('ResourceExhausted')
  expect(await codeOf(create('f'))).toBeUndefined()
})

test('MNS tells of quotas by codes of its own', async () => {
  await using server: MnsServer = await startMnsServer()
  const call = async (method: string, ...values: unknown[]): Promise<string | undefined> =>
    await Promise.resolve(server.mns[method]?.(...values)).then(
      () => undefined,
      (thrown: Error) => thrown.name,
    )
  const limited = (quota: string, limit: number, method: string, ...values: unknown[]) =>
    within(server, account, quota, limit, () => call(method, ...values))
  expect(await call('createQueue', 'first', {})).toBeUndefined()
  expect(await limited('queues', 1, 'createQueue', 'more', {})).toBe('MNSInvalidArgumentError')
  expect(await limited('requests-per-second', 0, 'createQueue', 'more', {})).toBe('MNSQpsLimitExceededError')
  const message = { MessageBody: 'hello' }
  expect(await limited('message-requests-per-second', 0, 'sendMessage', 'first', message)).toBe(
    'MNSQpsLimitExceededError',
  )
  expect(await call('sendMessage', 'first', message)).toBeUndefined()
})

test('Log Service tells of quotas by codes of its own', async () => {
  await using server: SlsServer = await startSlsServer()
  const call = async (method: string, ...values: unknown[]): Promise<string | undefined> =>
    await server.call(method, ...values).then(
      () => undefined,
      (thrown: { code?: string }) => thrown.code,
    )
  const limited = (quota: string, limit: number, method: string, ...values: unknown[]) =>
    within(server, account, quota, limit, () => call(method, ...values))
  await call('createProject', 'shop', { description: '' })
  await call('createLogStore', 'shop', 'first', {})
  expect(await limited('log-stores', 1, 'createLogStore', 'shop', 'more', {})).toBe('ProjectQuotaExceed')
  expect(await limited('requests-per-second', 0, 'createLogStore', 'shop', 'more', {})).toBe('ServerBusy')
  const group = { logs: [{ timestamp: Math.floor(Date.now() / 1_000), content: { a: 'b' } }] }
  expect(await limited('log-writes-per-second', 0, 'postLogStoreLogs', 'shop', 'first', group)).toBe(
    'WriteQuotaExceed',
  )
  expect(await call('postLogStoreLogs', 'shop', 'first', group)).toBeUndefined()
})
