import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  mnsSignature,
  mnsStringToSign,
  slsV1Signature,
  slsV1StringToSign,
} from '../../src/auth/signatures/index.ts'
import { awsInterfaces } from '../../src/http/aws/index.ts'
import { functionComputePaths } from '../../src/http/index.ts'
import { sendSigned } from '../wire/aws/signing.ts'
import { type Answer, startServer, type TestServer } from './harness.ts'

/*
 * Every operation of every interface, found in the tables by which requests are routed: whoever adds one and says no permission
 * for it, or the wrong parameters, is told here or before.
 */
interface Key {
  readonly id: string
  readonly secret: string
}

let server: TestServer
/** A user that nothing is allowed to, one to whom everything is, and a key that is disabled. */
let nothing: Key
let everything: Key
let disabled: Key

beforeAll(async () => {
  server = await startServer({ lingerMs: 200 })
  await server.call('PUT', '/api/v1/users/nothing', {})
  await server.call('PUT', '/api/v1/users/everything', { policies: ['AdministratorAccess'] })
  nothing = await newKey('nothing')
  everything = await newKey('everything')
  disabled = await newKey('everything')
  await server.call('PATCH', `/api/v1/users/everything/keys/${disabled.id}`, { disabled: true })
})
afterAll(() => server[Symbol.asyncDispose]())

async function newKey(user: string): Promise<Key> {
  const { json } = await server.call('POST', `/api/v1/users/${user}/keys`, {})
  return { id: String(json?.['id']), secret: String(json?.['secret']) }
}

function as({ id, secret }: Key, method: string, path: string, body?: unknown): Promise<Answer> {
  return server.call(method, path, body, { authorization: `Bearer ${id}.${secret}` })
}

function callable(path: string): string {
  return path.replaceAll(/:(\w+)/g, (_, name: string) => (name === 'position' ? '1' : 'orders'))
}

function closedRoutes() {
  return server.listener.routes
    .filter(({ isOpen }) => !isOpen)
    .flatMap(({ path, access }) => [...access].map(([method, needed]) => ({ method, path, needed })))
}

/** Members that the actions of both styles look at, so that each finds what it needs. */
const wholeBody = {
  EventBusName: 'orders',
  RuleName: 'paid',
  EventSourceName: 'orders',
  EventStreamingName: 'orders',
  ConnectionName: 'orders',
  ApiDestinationName: 'orders',
  EventId: '1',
  EventIds: ['1'],
  EventPattern: '{}',
  FilterPattern: '{}',
  Event: '{}',
  Targets: [],
  TargetIds: ['1'],
  StartTime: 1,
  EndTime: 2,
  Limit: 1,
  Source: {},
  Sink: {},
  ConnectionParameters: {},
  AuthParameters: {},
  NetworkParameters: { NetworkType: 'PublicNetwork' },
  HttpApiParameters: { Endpoint: 'http://x', Method: 'POST' },
}

const codeOf = ({ json }: Answer): unknown => json?.['code'] ?? json?.['Code']

describe('a user without permission', () => {
  test('is refused every operation that the router knows, before its body is looked at', async () => {
    const routes = closedRoutes().filter(({ needed }) => typeof needed !== 'string')
    expect(routes.length).toBeGreaterThan(250)
    for (const { method, path } of routes) {
      const answer = await as(nothing, method, callable(path))
      expect(answer.status, `${method} ${path} ${answer.text}`).toBe(403)
      const isOther = functionComputePaths.some(start => path.startsWith(start))
      if (method !== 'HEAD') expect(codeOf(answer), path).toBe(isOther ? 'AccessDenied' : 'auth.forbidden')
    }
  }, 60_000)

  test('is refused every action of EventBridge, in the words of the interface', async () => {
    const actions = closedRoutes().filter(({ path }) => path.startsWith('/openapi/'))
    expect(actions.length).toBeGreaterThan(30)
    for (const { path } of actions) {
      const isEvents = path === '/openapi/putEvents'
      const events = [
        { specversion: '1.0', id: '1', source: 's', type: 't', data: {}, aliyuneventbusname: 'orders' },
      ]
      const { authorization } = bearer(nothing)
      const type = isEvents ? 'application/cloudevents-batch+json' : 'application/json'
      const answer = await server.call('POST', path, isEvents ? events : wholeBody, {
        authorization,
        'content-type': type,
      })
      expect([answer.status, codeOf(answer)], `${path} ${answer.text}`).toEqual([403, 'AccessDenied'])
    }
  })

  test('may only be told what is nobody’s secret', () => {
    const told = closedRoutes().filter(({ needed }) => needed === 'authenticated')
    expect([...new Set(told.map(({ path }) => path))].toSorted()).toEqual([
      '/2016-08-15/code-packages/:code',
      '/api/v1/caller',
      '/api/v1/connectors',
      '/api/v1/openapi.json',
      '/api/v1/status',
    ])
    const inside = closedRoutes().filter(
      ({ needed, path }) => needed === 'inside' && !path.startsWith('/openapi/'),
    )
    // The two whose permission is in the body are looked at by name.
    expect([...new Set(inside.map(({ path }) => path))].toSorted()).toEqual([
      '/',
      '/api/v1/roles/:name/sessions',
    ])
  })

  test('cannot take on a role', async () => {
    const answer = await as(nothing, 'POST', '/api/v1/roles/any/sessions', { session: 'abc' })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'auth.forbidden'])
  })

  test.each(awsInterfaces.flatMap(({ actions }) => actions.map(({ name }) => name)))(
    'is refused %s of AWS',
    async name => {
      const body = JSON.stringify(awsInput)
      const answer = await sendSigned(server.listener.url, `AWSEvents.${name}`, body, {
        keyId: nothing.id,
        secret: nothing.secret,
      })
      expect([answer.status, answer.type], answer.message).toEqual([400, 'AccessDeniedException'])
      expect(answer.message).toContain('user/nothing is not authorized to perform')
    },
  )

  test.each([
    'queues',
    'queues/orders',
    'queues/orders/messages',
    'topics',
    'topics/t',
    'topics/t/messages',
    'topics/t/subscriptions',
    'topics/t/subscriptions/s',
  ])('is refused whatever MNS does with /%s', async path => {
    const seen: number[] = []
    for (const method of ['GET', 'PUT', 'POST', 'DELETE']) {
      const answer = await mns(nothing, method, `/${path}`)
      // 400: there is no such operation, whoever asks.
      expect([400, 403]).toContain(answer.status)
      if (answer.status === 403) expect(answer.text).toContain('<Code>AccessDenied</Code>')
      seen.push(answer.status)
    }
    expect(seen).toContain(403)
  })

  test.each([
    ['GET', '/'],
    ['POST', '/'],
    ['PUT', '/'],
    ['DELETE', '/'],
    ['POST', '/logstores'],
    ['GET', '/logstores'],
    ['GET', '/logstores/app'],
    ['PUT', '/logstores/app'],
    ['DELETE', '/logstores/app'],
    ['POST', '/logstores/app/shards/lb'],
    ['GET', '/logstores/app/shards'],
    ['GET', '/logstores/app/shards/0?type=cursor'],
    ['GET', '/logstores/app/shards/0?type=logs'],
    ['GET', '/logstores/app?type=log'],
    ['GET', '/logstores/app?type=histogram'],
    ['GET', '/logstores/app/index'],
  ])('is refused %s %s of Log Service', async (method, path) => {
    const answer = await sls(nothing, method, path)
    expect(answer.status, answer.text).toBe(401)
    expect(answer.text).toContain('is not authorized to perform')
  })
})

describe('a user to whom everything is allowed', () => {
  test('is refused nothing for want of permission', async () => {
    for (const { method, path, needed } of closedRoutes()) {
      // What changes or ends something is not tried; that it is let in shows by what only looks.
      if (method !== 'GET' || typeof needed === 'string' || /\/(?:events|logs)$/.test(path)) continue
      const answer = await as(everything, method, callable(path))
      expect(answer.status, `${method} ${path} ${answer.text}`).not.toBe(403)
    }
    expect((await mns(everything, 'GET', '/queues')).status).toBe(200)
    expect((await sls(everything, 'GET', '/logstores/none')).status).toBe(404)
  })
})

describe('a disabled key', () => {
  test('is as good as none, everywhere', async () => {
    for (const { method, path } of closedRoutes()) {
      const answer = await as(disabled, method, callable(path))
      const isOther = functionComputePaths.some(start => path.startsWith(start))
      expect(answer.status, `${method} ${path}`).toBe(isOther ? 400 : 401)
    }
    expect(await mns(disabled, 'GET', '/queues')).toMatchObject({ status: 403 })
    const aws = await sendSigned(server.listener.url, 'AWSEvents.ListEventBuses', '{}', {
      keyId: disabled.id,
      secret: disabled.secret,
    })
    expect(aws.type).toBe('UnrecognizedClientException')
  }, 60_000)
})

function bearer({ id, secret }: Key): { authorization: string } {
  return { authorization: `Bearer ${id}.${secret}` }
}

/** Enough for every operation to know what it is about. */
const arn = 'arn:aws:events:us-east-1::event-bus/orders'
const awsInput = {
  Name: 'orders',
  Rule: 'paid',
  EventBusName: 'orders',
  ArchiveName: 'orders',
  ReplayName: 'orders',
  EventPattern: '{"source":["a"]}',
  Event: '{}',
  Entries: [{ Source: 's', DetailType: 't', Detail: '{}' }],
  Ids: ['1'],
  Targets: [{ Id: '1', Arn: 'arn:aws:sqs:us-east-1::q' }],
  TargetArn: 'arn:aws:sqs:us-east-1::q',
  EventSourceArn: arn,
  StatementId: 's',
  Action: 'events:PutEvents',
  Principal: '*',
  EventStartTime: 1,
  EventEndTime: 2,
  Destination: { Arn: arn },
  AuthorizationType: 'API_KEY',
  AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: 'k', ApiKeyValue: 'v' } },
  ConnectionArn: 'arn:aws:events:us-east-1::connection/x/y',
  InvocationEndpoint: 'https://x.example',
  HttpMethod: 'POST',
  ResourceARN: 'arn:aws:events:us-east-1::rule/paid',
  Tags: [{ Key: 'k', Value: 'v' }],
  TagKeys: ['k'],
}

async function mns(
  { id, secret }: Key,
  method: string,
  target: string,
): Promise<{ status: number; text: string }> {
  const headers: Record<string, string> = { date: new Date().toUTCString(), 'x-mns-version': '2015-06-06' }
  headers['authorization'] = `MNS ${id}:${mnsSignature(mnsStringToSign(method, headers, target), secret)}`
  const response = await fetch(server.listener.url + target, { method, headers })
  return { status: response.status, text: await response.text() }
}

async function sls(
  { id, secret }: Key,
  method: string,
  target: string,
): Promise<{ status: number; text: string }> {
  const headers: Record<string, string> = {
    date: new Date().toUTCString(),
    'x-log-apiversion': '0.6.0',
    'x-log-signaturemethod': 'hmac-sha1',
    'x-log-bodyrawsize': '0',
  }
  const signature = slsV1Signature(slsV1StringToSign(method, headers, target), secret, 'hmac-sha1')
  headers['authorization'] = `LOG ${id}:${signature}`
  const response = await fetch(server.listener.url + target, { method, headers })
  return { status: response.status, text: await response.text() }
}
