import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { account, arn, type AwsServer, errorOf, sdk, startAwsServer } from './aws/fixture.ts'
import { codeOf } from './eventbridge/fixture.ts'
import { rpcClient } from './eventbridge/rpc-client.ts'
import { userKey } from './roles.ts'

/** Conditions on tags, by each interface whose resources have them. */
let server: AwsServer
let key: { accessKeyId: string; accessKeySecret: string }

const ofShop = (kind: 'Resource' | 'Request') => ({
  Condition: { StringEquals: { [`acs:${kind}Tag/team`]: 'shop' } },
})
const using = ['GetEventBus', 'PutEvents', 'UpdateRule', 'PutTargets', 'ListTargets'].map(
  name => `eventbridge:${name}`,
)
const making = [
  'eventbridge:CreateEventBus',
  'eventbridge:UpdateEventBus',
  'eventbridge:CreateRule',
  'fc:CreateFunction',
  'fc:UpdateFunction',
]
const Statement = [
  { Effect: 'Allow', Action: [...using, 'fc:GetFunction'], Resource: '*', ...ofShop('Resource') },
  { Effect: 'Allow', Action: making, Resource: '*', ...ofShop('Request') },
]

beforeAll(async () => {
  server = await startAwsServer()
  key = await userKey(server, 'shop', { document: { Version: '1', Statement } })
  await server.rest('PUT', '/buses/ours', { tags: { team: 'shop' } })
  await server.rest('PUT', '/buses/theirs', { tags: { team: 'other' } })
  await server.rest('PUT', '/buses/plain', {})
})
afterAll(() => server[Symbol.asyncDispose]())

async function statusOf(method: string, path: string, body?: object): Promise<number> {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key.accessKeyId}.${key.accessKeySecret}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  await response.arrayBuffer()
  return response.status
}

describe('by the own interface', () => {
  test.each([
    ['ours', 200],
    ['theirs', 403],
    ['plain', 403],
    ['none', 403],
  ])('the bus %s is read: %i', async (bus, status) => {
    expect(await statusOf('GET', `/buses/${bus}`)).toBe(status)
  })

  test.each([
    [{ tags: { team: 'shop' } }, 201],
    [{ tags: { team: 'other' } }, 403],
    [{ tags: { Team: 'shop' } }, 403],
    [{}, 403],
    [{ unknown: true }, 403],
    [{ tags: { team: 'shop' }, unknown: true }, 400],
  ])('a bus with %j is made: %i', async (spec, status) => {
    expect(await statusOf('PUT', '/buses/made', spec)).toBe(status)
  })

  test('a denial of what the request gives holds as well', async () => {
    const denying = [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { StringEquals: { 'acs:RequestTag/stage': 'live' } },
      },
    ]
    key = await userKey(server, 'careful', { document: { Version: '1', Statement: denying } })
    expect(await statusOf('PUT', '/buses/staged', { tags: { stage: 'live' } })).toBe(403)
    expect(await statusOf('PUT', '/buses/staged', { tags: { stage: 'test' } })).toBe(201)
    key = await userKey(server, 'shop2', { document: { Version: '1', Statement } })
  })

  test('a decision is explained with the tags that the resource has', async () => {
    const explain = async (bus: string, requestTags?: object) => {
      const resource = `acs:eventbridge:us-east-1:${account}:eventbus/${bus}`
      const action = requestTags === undefined ? 'eventbridge:PutEvents' : 'eventbridge:CreateEventBus'
      const asked = {
        principal: 'user/shop',
        action,
        resource,
        ...(requestTags === undefined ? {} : { requestTags }),
      }
      return (await server.rest('POST', '/explain-access', asked)).json['outcome']
    }
    expect(await explain('ours')).toBe('allow')
    expect(await explain('theirs')).toBe('implicit-deny')
    expect(await explain('new', { team: 'shop' })).toBe('allow')
    expect(await explain('new', {})).toBe('implicit-deny')
  })
})

test('clients of AWS tag what conditions ask for, and give tags that they ask for', async () => {
  const { accessKeyId, accessKeySecret: secretAccessKey } = key
  const client = server.clientWith({ credentials: { accessKeyId, secretAccessKey } })
  const publish = () =>
    client.send(
      new sdk.PutEventsCommand({
        Entries: [{ Source: 's', DetailType: 't', Detail: '{}', EventBusName: 'plain' }],
      }),
    )
  expect(await errorOf(publish())).toBe('AccessDeniedException')
  await server.send('TagResource', {
    ResourceARN: arn('event-bus/plain'),
    Tags: [{ Key: 'team', Value: 'shop' }],
  })
  expect(await errorOf(publish())).toBeUndefined()
  await server.send('UntagResource', { ResourceARN: arn('event-bus/plain'), TagKeys: ['team'] })
  expect(await errorOf(publish())).toBe('AccessDeniedException')

  const create = (...values: string[]) =>
    client.send(
      new sdk.CreateEventBusCommand({
        Name: `made-${values.length}`,
        Tags: values.map(Value => ({ Key: 'team', Value })),
      }),
    )
  expect(await errorOf(create())).toBe('AccessDeniedException')
  expect(await errorOf(create('other'))).toBe('AccessDeniedException')
  expect(await errorOf(create('shop'))).toBeUndefined()
  expect((await server.rest('GET', '/buses/made-1')).json).toMatchObject({ spec: { tags: { team: 'shop' } } })
})

test('so do clients of Alibaba Cloud with rules', async () => {
  const call = rpcClient(server, key)
  const rule = { EventBusName: 'ours', FilterPattern: '{"source":["s"]}' }
  expect(await codeOf(call('CreateRule', { ...rule, RuleName: 'r' }))).toBe('NoPermission')
  await call('CreateRule', { ...rule, RuleName: 'r', 'Tags.1.Key': 'team', 'Tags.1.Value': 'shop' })
  expect(await codeOf(call('ListTargets', { EventBusName: 'ours', RuleName: 'r' }))).toBeUndefined()
  await server.rest('PUT', '/buses/ours/rules/plain', { pattern: { source: ['s'] } })
  expect(await codeOf(call('ListTargets', { EventBusName: 'ours', RuleName: 'plain' }))).toBe('NoPermission')
})

test('functions have tags, by whichever interface they are read', async () => {
  const files = { 'index.js': Buffer.from('exports.handler = async () => 1').toString('base64') }
  const { json } = await server.rest('POST', '/code', { files })
  const spec = {
    runtime: `nodejs${process.versions.node.split('.', 1)[0]}`,
    handler: 'index.handler',
    code: json['code'],
  }
  for (const team of ['shop', 'other']) {
    const made = await server.rest('PUT', `/functions/${team}`, { ...spec, tags: { team } })
    expect(made.status).toBe(201)
  }
  expect(await statusOf('GET', '/functions/shop')).toBe(200)
  expect(await statusOf('GET', '/functions/other')).toBe(403)
  expect(await statusOf('PUT', '/functions/new', { ...spec, tags: { team: 'other' } })).toBe(403)
  expect(await statusOf('PUT', '/functions/new', { ...spec, tags: { team: 'shop' } })).toBe(201)
})
