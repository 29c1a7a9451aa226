import { Value } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  mnsSignature,
  mnsStringToSign,
  slsV1Signature,
  slsV1StringToSign,
} from '../../src/auth/signatures/index.ts'
import { ApiCallData } from '../../src/http/audit/index.ts'
import { busKey } from '../../src/resources/index.ts'
import { sendSigned } from '../wire/aws/signing.ts'
import {
  authorization,
  credential,
  otherCredential,
  startServer,
  testAccount,
  type TestServer,
} from './harness.ts'

/* Whoever changes something, by whichever interface, is found on the built-in bus. */
interface AuditEvent {
  readonly type: string
  readonly source: string
  readonly subject: string
  readonly aliyunaccountid: string
  readonly data: ApiCallData
}

/** Texts that an interface was given to keep to itself. */
const planted = [
  'planted-in-environment',
  'planted-in-options',
  'planted-in-message',
  'planted-in-description',
]

let server: TestServer
let user: { readonly id: string; readonly secret: string }

beforeAll(async () => {
  server = await startServer()
  await server.call('PUT', '/api/v1/users/clerk', { policies: ['ReadOnlyAccess'] })
  const { json } = await server.call('POST', '/api/v1/users/clerk/keys', {})
  user = { id: String(json?.['id']), secret: String(json?.['secret']) }
})
afterAll(() => server[Symbol.asyncDispose]())

async function recorded(account = testAccount): Promise<AuditEvent[]> {
  await server.audit.settled()
  const key = busKey(account, 'default')
  const entries = await server.services.eventLogs.read(key, 1, { entriesMax: 10_000, bytesMax: 50_000_000 })
  return entries.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as AuditEvent)
}

/** Waits until a call with this name, on a subject that ends so, is recorded; there is then exactly one. */
async function theOne(eventName: string, end: string, account = testAccount): Promise<AuditEvent> {
  const find = async (): Promise<AuditEvent[]> =>
    (await recorded(account)).filter(
      ({ data, subject }) => data.eventName === eventName && subject.endsWith(end),
    )
  await expect.poll(find, { timeout: 5_000 }).toHaveLength(1)
  const [event] = await find()
  if (event === undefined) throw new Error('it was there a moment ago')
  expect(Value.Errors(ApiCallData, event.data)).toEqual([])
  return event
}

const asUser = (): { authorization: string } => ({ authorization: `Bearer ${user.id}.${user.secret}` })

describe('a change is recorded', () => {
  test('by the REST API, with who, what and from where', async () => {
    await server.call('PUT', '/api/v1/buses/plain', {}, { 'user-agent': 'a test' })
    const event = await theOne('CreateEventBus', 'eventbus/plain')
    expect(event).toMatchObject({
      type: 'eventbridge:ActionTrail:ApiCall',
      source: 'acs.eventbridge',
      subject: `acs:eventbridge:local:${testAccount}:eventbus/plain`,
      aliyunaccountid: testAccount,
      data: {
        eventRW: 'Write',
        serviceName: 'EventBridge',
        sourceIpAddress: '127.0.0.1',
        userAgent: 'a test',
        resourceName: 'plain',
        resourceType: 'ACS::EventBridge::EventBus',
        referencedResources: { 'ACS::EventBridge::EventBus': ['plain'] },
        apiVersion: 'v1',
        requestParameterJson: '{"bus":"plain"}',
        responseElements: { httpStatus: 201 },
        recipientAccountId: testAccount,
        requestParameters: { bus: 'plain' },
        userIdentity: { type: 'root-account', accountId: testAccount, accessKeyId: credential.accessKeyId },
      },
    })
    expect(event.data.errorCode).toBeUndefined()
  })

  test('under its own name when a PUT has replaced what was there', async () => {
    await server.call('PUT', '/api/v1/buses/twice', {})
    await server.call('PUT', '/api/v1/buses/twice', { description: planted[3] })
    await theOne('CreateEventBus', 'eventbus/twice')
    const { data } = await theOne('UpdateEventBus', 'eventbus/twice')
    expect(data.additionalEventData.actions).toEqual([
      'eventbridge:UpdateEventBus',
      'eventbridge:CreateEventBus',
    ])
  })

  test('by the older style of EventBridge, and by its RPC style, a refusal that is answered 200 included', async () => {
    const json = { authorization, 'content-type': 'application/json' }
    const old = await server.call(
      'POST',
      '/openapi/createEventBus',
      { eventBusName: 'older', EventBusName: 'older' },
      json,
    )
    expect(old.status, old.text).toBe(200)
    const { data } = await theOne('CreateEventBus', 'eventbus/older')
    expect(data.requestId).toBe(old.headers.get('x-eventbridge-request-id'))
    const rpc = { authorization, 'x-acs-version': '2020-04-01', 'x-acs-action': 'CreateEventBus' }
    const answers = [
      await server.call('POST', '/?EventBusName=newer', '', rpc),
      await server.call('POST', '/?EventBusName=default', '', rpc),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    const { data: made } = await theOne('CreateEventBus', 'eventbus/newer')
    expect(made).toMatchObject({ requestParameters: { EventBusName: 'newer' }, apiVersion: '2020-04-01' })
    expect(made.errorCode).toBeUndefined()
    expect((await theOne('CreateEventBus', 'eventbus/default')).data.errorCode).toBe('EventBusNameInvalid')
  })

  test('by Function Compute, without environment and code', async () => {
    const body = {
      functionName: 'coded',
      runtime: 'nodejs20',
      handler: 'index.handler',
      environmentVariables: { TOKEN: planted[0] },
    }
    const answer = await server.call('POST', '/2023-03-30/functions', body)
    const { type, data } = await theOne('CreateFunction', '*')
    expect(type).toBe('fc:ActionTrail:ApiCall')
    expect(data.requestId).toBe(answer.headers.get('x-fc-request-id'))
    expect(data.errorCode === undefined).toBe(answer.status < 400)
    expect(data).toMatchObject({
      apiVersion: '2023-03-30',
      requestParameters: { functionName: 'coded', runtime: 'nodejs20', environmentVariables: '1 members' },
    })
  })

  test('of code, by its size', async () => {
    await server.call('POST', '/api/v1/code', Buffer.from('no zip'), {
      authorization,
      'content-type': 'application/zip',
    })
    const { data } = await theOne('UploadCode', 'code/*')
    expect(data).toMatchObject({
      requestParameters: { bodyBytes: 6 },
      errorCode: expect.anything() as unknown,
    })
  })

  test('by MNS, SLS and AWS', async () => {
    const attributes = '<Queue xmlns="http://mns.aliyuncs.com/doc/v1/"><DelaySeconds>7</DelaySeconds></Queue>'
    expect(await mns('PUT', '/queues/jobs', attributes)).toBe(201)
    expect(await theOne('CreateQueue', '/queues/jobs')).toMatchObject({
      type: 'mns:ActionTrail:ApiCall',
      data: { requestParameters: { queue: 'jobs', DelaySeconds: '7' }, apiVersion: '2015-06-06' },
    })
    await sls('DELETE', '/logstores/gone')
    expect(await theOne('DeleteLogStore', 'logstore/gone')).toMatchObject({
      type: 'log:ActionTrail:ApiCall',
      data: { errorCode: 'LogStoreNotExist', requestParameters: { project: 'default', logstore: 'gone' } },
    })
    const input = JSON.stringify({ Name: 'of-aws', Description: planted[3] })
    const { accessKeyId: keyId, accessKeySecret: secret } = credential
    const { status } = await sendSigned(server.listener.url, 'AWSEvents.CreateEventBus', input, {
      keyId,
      secret,
    })
    expect(status).toBe(200)
    expect((await theOne('CreateEventBus', 'eventbus/of-aws')).data).toMatchObject({
      userIdentity: { accessKeyId: keyId },
      requestParameters: { Name: 'of-aws', Description: `${planted[3]?.length} characters` },
    })
  })

  test('when a role is taken on, by STS and by the own interface, granted or not', async () => {
    const headers = { authorization, 'x-acs-version': '2015-04-01', 'x-acs-action': 'AssumeRole' }
    const arn = `acs:ram::${testAccount}:role/none`
    const query = `RoleArn=${encodeURIComponent(arn)}&RoleSessionName=abc&ExternalId=${planted[1]}`
    await server.call('POST', `/?${query}`, '', headers)
    await server.call('POST', '/api/v1/roles/nil/sessions', { session: 'abc' }, asUser())
    for (const [end, type] of [
      ['role/none', 'root-account'],
      ['role/nil', 'ram-user'],
    ] as const) {
      expect(await theOne('AssumeRole', end)).toMatchObject({
        type: 'sts:ActionTrail:ApiCall',
        data: { errorCode: 'auth.forbidden', userIdentity: { type } },
      })
    }
    const { requestParameters } = (await theOne('AssumeRole', 'role/none')).data
    expect(requestParameters).toEqual({ RoleArn: arn, RoleSessionName: 'abc', ExternalId: 'hidden' })
  })

  test('of users, policies and keys, with what they may but no secret', async () => {
    const document = { Version: '1', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
    await server.call('PUT', '/api/v1/policies/wide', { document })
    await server.call('PUT', '/api/v1/users/guest', { policies: ['wide'] })
    await server.call('POST', '/api/v1/users/guest/keys', { description: planted[3] })
    expect((await theOne('CreatePolicy', 'policy/wide')).data.requestParameters).toEqual({
      name: 'wide',
      document,
    })
    const { data } = await theOne('CreateUser', 'user/guest')
    expect(data.requestParameters).toEqual({ name: 'guest', policies: ['wide'] })
    expect(data.additionalEventData.actions).toContain('ram:AttachPolicyToUser')
    expect((await theOne('CreateAccessKey', 'user/guest')).data).toMatchObject({
      requestParameters: { name: 'guest', description: `${planted[3]?.length} characters` },
      eventAttributes: { SensitiveAction: 'true' },
    })
  })

  test('in the account of who made it', async () => {
    const { accessKeyId, accessKeySecret, account } = otherCredential
    const headers = { authorization: `Bearer ${accessKeyId}.${accessKeySecret}` }
    await server.call('PUT', '/api/v1/buses/elsewhere', {}, headers)
    await theOne('CreateEventBus', 'eventbus/elsewhere', account)
    expect(JSON.stringify(await recorded())).not.toContain('elsewhere')
  })
})

describe('a refusal is recorded', () => {
  test('for want of permission', async () => {
    expect((await server.call('DELETE', '/api/v1/buses/plain', undefined, asUser())).status).toBe(403)
    expect(await theOne('DeleteEventBus', 'eventbus/plain')).toMatchObject({
      data: {
        errorCode: 'auth.forbidden',
        errorMessage: expect.stringContaining('user/clerk is not authorized') as string,
        userIdentity: { type: 'ram-user', userName: 'clerk', accessKeyId: user.id },
      },
    })
  })

  test('of a known key with a wrong secret or signature, by every scheme', async () => {
    const attempts = async (): Promise<number> =>
      (await recorded()).filter(
        ({ data }) => data.eventName === 'Authenticate' && data.userIdentity.userName === 'clerk',
      ).length
    const wrong = { ...user, secret: 'wrong' }
    await server.call('GET', '/api/v1/buses', undefined, { authorization: `Bearer ${user.id}.wrong` })
    await expect.poll(attempts).toBe(1)
    await mns('GET', '/queues', '', wrong)
    await expect.poll(attempts).toBe(2)
    await sls('GET', '/logstores', wrong)
    await expect.poll(attempts).toBe(3)
    await sendSigned(server.listener.url, 'AWSEvents.ListEventBuses', '{}', {
      keyId: user.id,
      secret: 'wrong',
    })
    await expect.poll(attempts).toBe(4)
    for (const [scheme, path] of [
      [`acs:${user.id}:d3Jvbmc=`, '/openapi/listEventBuses'],
      [`FC ${user.id}:d3Jvbmc=`, '/2023-03-30/functions'],
    ] as const) {
      await server.call('POST', path, '{}', { authorization: scheme, date: new Date().toUTCString() })
    }
    await expect.poll(attempts).toBe(6)
  })

  test('of a disabled key, but not of one that does not exist', async () => {
    const { json } = await server.call('POST', '/api/v1/users/clerk/keys', {})
    const id = String(json?.['id'])
    await server.call('PATCH', `/api/v1/users/clerk/keys/${id}`, { disabled: true })
    const bearer = (keyId: string, secret: unknown) => ({
      authorization: `Bearer ${keyId}.${String(secret)}`,
    })
    await server.call('GET', '/api/v1/buses', undefined, bearer('MRNOBODY', 'x'))
    await server.call('GET', '/api/v1/buses', undefined, bearer(id, json?.['secret']))
    await theOne('Authenticate', `accesskey/${id}`)
    expect(JSON.stringify(await recorded())).not.toContain('MRNOBODY')
  })
})

test('who has an answer finds the call on the bus, without waiting', async () => {
  for (let index = 0; index < 20; index++) {
    const name = `bus-${index}`
    await server.call('PUT', `/api/v1/buses/${name}`, {})
    const entries = await server.services.eventLogs.read(busKey(testAccount, 'default'), 1, {
      entriesMax: 10_000,
      bytesMax: 50_000_000,
    })
    expect(Buffer.from(entries.at(-1)?.bytes ?? []).toString()).toContain(`eventbus/${name}`)
  }
})

test('reads, events and messages are not recorded', async () => {
  await server.call('PUT', '/api/v1/buses/busy', {})
  await server.call('PUT', '/api/v1/queues/busy', {})
  await theOne('CreateQueue', 'queues/busy')
  const before = (await recorded()).length
  await server.call('GET', '/api/v1/buses')
  const event = { specversion: '1.0', id: '1', source: 's', type: 't', data: planted[2] }
  const published = await server.call('POST', '/api/v1/buses/busy/events', event, {
    authorization,
    'content-type': 'application/cloudevents+json',
  })
  expect(published.status).toBe(200)
  expect(
    (await server.call('POST', '/api/v1/queues/busy/messages', { messages: [{ body: planted[2] }] })).status,
  ).toBeLessThan(300)
  await server.call('DELETE', '/api/v1/buses/busy')
  await theOne('DeleteEventBus', 'eventbus/busy')
  expect(await recorded()).toHaveLength(before + 1)
})

test('no secret and no body is ever in an event', async () => {
  const options = { url: 'http://127.0.0.1:1/', headers: { Authorization: planted[1] } }
  await server.call('PUT', '/api/v1/instances/kept', { connector: 'http', options })
  await server.call('PUT', `/api/v1/buses/refused?token=${planted[1]}`, { nonsense: planted[1] })
  await server.call('PUT', '/api/v1/buses/marked', {})
  await theOne('CreateEventBus', 'eventbus/marked')
  const all = JSON.stringify(await recorded())
  for (const text of [...planted, credential.accessKeySecret, user.secret]) expect(all).not.toContain(text)
})

async function mns(method: string, target: string, body = '', { id, secret } = rootKey()): Promise<number> {
  const headers: Record<string, string> = { date: new Date().toUTCString(), 'x-mns-version': '2015-06-06' }
  if (body !== '') headers['content-type'] = 'text/xml'
  headers['authorization'] = `MNS ${id}:${mnsSignature(mnsStringToSign(method, headers, target), secret)}`
  const response = await fetch(server.listener.url + target, {
    method,
    headers,
    ...(body === '' ? {} : { body }),
  })
  await response.text()
  return response.status
}

async function sls(method: string, target: string, { id, secret } = rootKey()): Promise<void> {
  const headers: Record<string, string> = {
    date: new Date().toUTCString(),
    'x-log-apiversion': '0.6.0',
    'x-log-signaturemethod': 'hmac-sha1',
    'x-log-bodyrawsize': '0',
  }
  const signature = slsV1Signature(slsV1StringToSign(method, headers, target), secret, 'hmac-sha1')
  headers['authorization'] = `LOG ${id}:${signature}`
  await (await fetch(server.listener.url + target, { method, headers })).text()
}

function rootKey() {
  return { id: credential.accessKeyId, secret: credential.accessKeySecret }
}
