import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Catcher, startCatcher } from '../eventbridge/fixture.ts'
import {
  account,
  arn,
  type AwsServer,
  errorOf,
  operationsOf,
  queueArn,
  region,
  startAwsServer,
} from './fixture.ts'

let server: AwsServer
let catcher: Catcher

beforeAll(async () => {
  server = await startAwsServer()
  catcher = await startCatcher()
  await server.rest('PUT', '/queues/first', {})
  await server.rest('PUT', '/queues/dead', {})
  await server.send('CreateEventBus', { Name: 'lab' })
})
afterAll(async () => {
  await catcher[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const send: AwsServer['send'] = (command, input) => server.send(command, input)

const entry = { Source: 'shop.orders', DetailType: 'OrderPaid', Detail: '{"id":7,"note":"café"}' }

describe('targets', () => {
  const publish = (detail: object): Promise<unknown> =>
    send('PutEvents', { Entries: [{ ...entry, Detail: JSON.stringify(detail), EventBusName: 'lab' }] })

  test('are given what they ask for, and told as they were written', async () => {
    await send('PutRule', { Name: 'shaped', EventBusName: 'lab', EventPattern: '{"detail":{"n":[1]}}' })
    const target = { Id: 'a', Arn: queueArn('first') }
    const place = { Rule: 'shaped', EventBusName: 'lab' }
    const shapes: [object, string][] = [
      [{ Input: '{"fixed":true}' }, '{"fixed":true}'],
      [{ InputPath: '$.detail' }, '{"n":1}'],
      [{ InputPath: '$.detail-type' }, '"OrderPaid"'],
      [
        {
          InputTransformer: {
            InputPathsMap: { n: '$.detail.n', s: '$.source' },
            InputTemplate: '{"n":<n>,"text":"from <s>","rule":<aws.events.rule-name>}',
          },
        },
        '{"n":1,"text":"from shop.orders","rule":"shaped"}',
      ],
    ]
    for (const [shape, text] of shapes) {
      const RetryPolicy = { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 }
      const Targets = [{ ...target, ...shape, RetryPolicy }]
      expect(await send('PutTargets', { ...place, Targets })).toMatchObject({ FailedEntryCount: 0 })
      expect((await send('ListTargetsByRule', place))['Targets']).toEqual(Targets)
      await publish({ n: 1 })
      expect(await server.received('first')).toBe(text)
    }
    const { RuleNames } = await send('ListRuleNamesByTarget', {
      TargetArn: queueArn('first'),
      EventBusName: 'lab',
    })
    expect(RuleNames).toEqual(['shaped'])
    expect(await errorOf(send('DeleteRule', { Name: 'shaped', EventBusName: 'lab' }))).toBe(
      'ValidationException',
    )
    await send('RemoveTargets', { ...place, Ids: ['a'] })
    await send('DeleteRule', { Name: 'shaped', EventBusName: 'lab' })
  })

  test('that fail end in the queue for dead letters', async () => {
    await send('PutRule', { Name: 'lost', EventBusName: 'lab', EventPattern: '{"detail":{"lost":[true]}}' })
    const { ConnectionArn } = await send('CreateConnection', {
      Name: 'nowhere',
      AuthorizationType: 'API_KEY',
      AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: 'x-key', ApiKeyValue: 'v' } },
    })
    const { ApiDestinationArn } = await send('CreateApiDestination', {
      Name: 'nowhere',
      ConnectionArn,
      InvocationEndpoint: 'http://127.0.0.1:1/',
      HttpMethod: 'POST',
    })
    const RetryPolicy = { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 }
    const DeadLetterConfig = { Arn: queueArn('dead') }
    await send('PutTargets', {
      Rule: 'lost',
      EventBusName: 'lab',
      Targets: [{ Id: 'x', Arn: ApiDestinationArn, RetryPolicy, DeadLetterConfig }],
    })
    await publish({ lost: true })
    expect(JSON.parse(await server.received('dead'))).toMatchObject({ data: { lost: true } })
    expect(await errorOf(send('DeleteApiDestination', { Name: 'nowhere' }))).toBe('ValidationException')
    expect(await errorOf(send('DeleteConnection', { Name: 'nowhere' }))).toBe('ValidationException')
    await send('RemoveTargets', { Rule: 'lost', EventBusName: 'lab', Ids: ['x'] })
    await send('DeleteApiDestination', { Name: 'nowhere' })
    await send('DeleteConnection', { Name: 'nowhere' })
  })

  test('can be another bus', async () => {
    await send('PutRule', { Name: 'orders', EventPattern: '{"detail":{"id":[7]}}' })
    await send('PutTargets', { Rule: 'orders', Targets: [{ Id: 'q', Arn: queueArn('first') }] })
    await send('PutRule', { Name: 'on', EventBusName: 'lab', EventPattern: '{"detail":{"on":[1]}}' })
    await send('PutTargets', {
      Rule: 'on',
      EventBusName: 'lab',
      Targets: [{ Id: 'b', Arn: arn('event-bus/default') }],
    })
    await publish({ on: 1, id: 7 })
    expect(JSON.parse(await server.received('first'))).toMatchObject({ detail: { on: 1, id: 7 } })
  })

  test.each([
    ['a function that is not there', { Arn: `arn:aws:lambda:${region}:${account}:function:none` }],
    ['a queue that is not there', { Arn: queueArn('none') }],
    ['a service that is not offered', { Arn: `arn:aws:states:${region}:${account}:stateMachine:s` }],
    ['another account', { Arn: `arn:aws:sqs:${region}:999999999999:first` }],
    ['no ARN', { Arn: 'first' }],
    ['two inputs', { Arn: queueArn('first'), Input: '{}', InputPath: '$.id' }],
    ['an input that is not JSON', { Arn: queueArn('first'), Input: '{' }],
    ['a path that is none', { Arn: queueArn('first'), InputPath: 'detail' }],
    [
      'a variable without a path',
      { Arn: queueArn('first'), InputTransformer: { InputTemplate: '{"a":<b>}' } },
    ],
    ['a transformed event for a bus', { Arn: arn('event-bus/default'), Input: '{}' }],
    ['an API destination that is not there', { Arn: arn('api-destination/none/x') }],
  ])('are refused with %s, and none of the call is written', async (_what, target) => {
    await send('PutRule', { Name: 'strict', EventBusName: 'lab', EventPattern: '{"source":["none"]}' })
    const Targets = [
      { Id: 'good', Arn: queueArn('first') },
      { Id: 'bad', ...target },
    ]
    const place = { Rule: 'strict', EventBusName: 'lab' }
    expect(await errorOf(send('PutTargets', { ...place, Targets }))).toBe('ValidationException')
    expect((await send('ListTargetsByRule', place))['Targets']).toEqual([])
  })

  test('are five at most', async () => {
    await send('PutRule', { Name: 'many', EventBusName: 'lab', EventPattern: '{"source":["none"]}' })
    const Targets = [1, 2, 3, 4, 5, 6].map(index => ({ Id: `t${index}`, Arn: queueArn('first') }))
    const put = send('PutTargets', { Rule: 'many', EventBusName: 'lab', Targets })
    expect(await errorOf(put)).toBe('LimitExceededException')
    expect(await errorOf(send('PutTargets', { Rule: 'none', EventBusName: 'lab', Targets }))).toBe(
      'ResourceNotFoundException',
    )
  })
})

describe('API destinations', () => {
  const publish = (desk: number): Promise<unknown> =>
    send('PutEvents', { Entries: [{ ...entry, EventBusName: 'lab', Detail: JSON.stringify({ desk }) }] })

  test('have connections whose secrets are not told', async () => {
    const { ConnectionArn, ConnectionState } = await send('CreateConnection', {
      Name: 'desk',
      Description: 'of the shop',
      AuthorizationType: 'API_KEY',
      AuthParameters: {
        ApiKeyAuthParameters: { ApiKeyName: 'x-key', ApiKeyValue: 'secret-1' },
        InvocationHttpParameters: {
          HeaderParameters: [{ Key: 'x-desk', Value: 'd' }],
          QueryStringParameters: [{ Key: 'q', Value: '1' }],
        },
      },
    })
    expect(ConnectionState).toBe('AUTHORIZED')
    const told = await send('DescribeConnection', { Name: 'desk' })
    expect(told).toMatchObject({
      Description: 'of the shop',
      AuthorizationType: 'API_KEY',
      AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: 'x-key' } },
    })
    expect(JSON.stringify(told)).not.toContain('secret-1')
    expect(JSON.stringify((await server.rest('GET', '/instances/desk')).json)).not.toContain('secret-1')
    expect((await send('ListConnections', { NamePrefix: 'de' }))['Connections']).toMatchObject([
      { Name: 'desk', ConnectionArn },
    ])
  })

  test('are called with the credentials of their connection', async () => {
    const { ConnectionArn } = await send('DescribeConnection', { Name: 'desk' })
    const { ApiDestinationArn } = await send('CreateApiDestination', {
      Name: 'desk',
      ConnectionArn,
      InvocationEndpoint: `${catcher.url}/*`,
      HttpMethod: 'POST',
      InvocationRateLimitPerSecond: 50,
    })
    await send('PutRule', {
      Name: 'desk',
      EventBusName: 'lab',
      EventPattern: '{"detail":{"desk":[{"exists":true}]}}',
    })
    const HttpParameters = {
      PathParameterValues: ['a b'],
      HeaderParameters: { 'x-own': 'o', 'x-desk': 'mine', 'x-type': '$.detail-type' },
      QueryStringParameters: { n: '$.detail.desk' },
    }
    await send('PutTargets', {
      Rule: 'desk',
      EventBusName: 'lab',
      Targets: [{ Id: 'd', Arn: ApiDestinationArn, HttpParameters }],
    })
    await publish(1)
    const first = await catcher.next()
    expect(first.headers).toMatchObject({
      'x-key': 'secret-1',
      'x-desk': 'd',
      'x-own': 'o',
      'x-type': 'OrderPaid',
      'content-type': 'application/json; charset=utf-8',
    })
    expect(first.url).toBe('/in/a%20b?q=1&n=1')
    expect(JSON.parse(first.text)).toMatchObject({ detail: { desk: 1 } })
  })

  test('follow the changes of their connection and their own', async () => {
    const { ConnectionArn } = await send('DescribeConnection', { Name: 'desk' })
    await send('UpdateConnection', {
      Name: 'desk',
      AuthorizationType: 'BASIC',
      AuthParameters: {
        BasicAuthParameters: { Username: 'u', Password: 'p' },
        InvocationHttpParameters: {
          HeaderParameters: [{ Key: 'x-desk', Value: 'new' }],
          QueryStringParameters: [{ Key: 'q', Value: '2' }],
        },
      },
    })
    const authorization = `Basic ${Buffer.from('u:p').toString('base64')}`
    await publish(2)
    const changed = await catcher.next()
    expect(changed.headers).toMatchObject({ authorization, 'x-desk': 'new', 'x-own': 'o' })
    expect(changed.url).toBe('/in/a%20b?q=2&n=2')

    await send('UpdateApiDestination', { Name: 'desk', HttpMethod: 'PUT', Description: 'now PUT' })
    expect(await send('DescribeApiDestination', { Name: 'desk' })).toMatchObject({
      ApiDestinationState: 'ACTIVE',
      ConnectionArn,
      HttpMethod: 'PUT',
      InvocationRateLimitPerSecond: 50,
      Description: 'now PUT',
    })
    expect((await send('ListApiDestinations', { ConnectionArn }))['ApiDestinations']).toHaveLength(1)
    await publish(3)
    expect((await catcher.next()).headers).toMatchObject({ authorization, 'x-own': 'o' })

    expect(await send('DeauthorizeConnection', { Name: 'desk' })).toMatchObject({
      ConnectionState: 'DEAUTHORIZED',
    })
    expect(await send('DescribeConnection', { Name: 'desk' })).toMatchObject({
      ConnectionState: 'DEAUTHORIZED',
    })
  })

  test('of OAuth connections have their secrets sealed', async () => {
    const parameters = {
      ClientParameters: { ClientID: 'id', ClientSecret: 'secret-2' },
      AuthorizationEndpoint: 'https://auth.test/token',
      HttpMethod: 'POST',
      OAuthHttpParameters: {
        BodyParameters: [{ Key: 'scope', Value: 'a', IsValueSecret: false }],
        HeaderParameters: [{ Key: 'x', Value: 'secret-3', IsValueSecret: true }],
      },
    }
    await send('CreateConnection', {
      Name: 'oauth',
      AuthorizationType: 'OAUTH_CLIENT_CREDENTIALS',
      AuthParameters: { OAuthParameters: parameters },
    })
    const told = await send('DescribeConnection', { Name: 'oauth' })
    expect(told).toMatchObject({
      AuthParameters: {
        OAuthParameters: {
          ClientParameters: { ClientID: 'id' },
          OAuthHttpParameters: { BodyParameters: [{ Key: 'scope' }] },
        },
      },
    })
    const { json } = await server.rest('GET', '/instances/oauth')
    expect(json).toMatchObject({
      spec: { connector: 'http', options: { auth: { type: 'oauth2', clientId: 'id' } } },
    })
    expect(JSON.stringify([told, json])).not.toMatch(/secret-[23]/)
    await send('DeleteConnection', { Name: 'oauth' })
  })

  test.each([
    ['CreateConnection', { AuthorizationType: 'BASIC', AuthParameters: {} }],
    [
      'CreateConnection',
      {
        AuthorizationType: 'API_KEY',
        AuthParameters: {
          ApiKeyAuthParameters: { ApiKeyName: 'a', ApiKeyValue: 'b' },
          InvocationHttpParameters: { BodyParameters: [{ Key: 'a', Value: 'b' }] },
        },
      },
    ],
    ['CreateApiDestination', { InvocationEndpoint: 'ftp://x/', HttpMethod: 'POST' }],
    ['CreateApiDestination', { InvocationEndpoint: 'https://*.x/', HttpMethod: 'POST' }],
    ['CreateApiDestination', { InvocationEndpoint: 'https://x/', HttpMethod: 'OPTIONS' }],
  ])('and connections are refused: %s with %j', async (command, input) => {
    const { ConnectionArn } = await send('DescribeConnection', { Name: 'desk' })
    expect(await errorOf(send(command, { Name: 'bad', ConnectionArn, ...input }))).toBe('ValidationException')
  })
})

test('the table of actions tells what this client was answered', () => {
  expect(server.contradictions(operationsOf.targets)).toEqual([])
})
