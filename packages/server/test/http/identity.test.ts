import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { acsSignature, acsStringToSign } from '../../src/auth/signatures/index.ts'
import { type Answer, otherCredential, startServer, testAccount, type TestServer } from './harness.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ lingerMs: 200 })
  for (const bus of ['orders', 'bills']) await server.call('PUT', `/api/v1/buses/${bus}`, {})
})
afterAll(() => server[Symbol.asyncDispose]())

const event = { specversion: '1.0', id: '1', source: 's', type: 't', data: {} }
const structured = { 'content-type': 'application/cloudevents+json' }
const busArn = (bus: string) => `acs:eventbridge:*:${testAccount}:eventbus/${bus}`
const allowing = (Action: string | string[], Resource: string | string[], further: object = {}) => ({
  document: { Version: '1', Statement: [{ Effect: 'Allow', Action, Resource, ...further }] },
})

async function put(path: string, spec: object): Promise<Answer> {
  const answer = await server.call('PUT', `/api/v1/${path}`, spec)
  expect([200, 201], answer.text).toContain(answer.status)
  return answer
}

/** A bearer token of a new key. */
async function tokenOf(user: string): Promise<string> {
  const { status, json } = await server.call('POST', `/api/v1/users/${user}/keys`, {})
  expect(status).toBe(201)
  return String(json?.['token'])
}

function as(
  token: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  return server.call(method, path, body, { authorization: `Bearer ${token}`, ...headers })
}

const publish = (token: string, bus: string, headers: Record<string, string> = {}) =>
  as(token, 'POST', `/api/v1/buses/${bus}/events`, event, { ...structured, ...headers })

describe('a user', () => {
  test('may do what a policy allows, on what it allows, and nothing else', async () => {
    await put('policies/publish-orders', allowing('eventbridge:PutEvents', busArn('orders')))
    await put('users/shop', { policies: ['publish-orders'] })
    const token = await tokenOf('shop')

    expect((await publish(token, 'orders')).status).toBe(200)
    const refused = await publish(token, 'bills')
    expect(refused.status).toBe(403)
    expect(refused.json).toMatchObject({
      code: 'auth.forbidden',
      principal: `acs:ram::${testAccount}:user/shop`,
      action: 'eventbridge:PutEvents',
      resource: `acs:eventbridge:local:${testAccount}:eventbus/bills`,
      denial: 'implicit-deny',
    })
    expect((await as(token, 'GET', '/api/v1/buses/orders')).status).toBe(403)
    // What is not there looks the same as what is.
    expect((await as(token, 'GET', '/api/v1/buses/no-such-bus')).status).toBe(403)
  })

  test('has the same rights by another interface', async () => {
    const token = await tokenOf('shop')
    const body = (bus: string) => [{ ...event, aliyuneventbusname: bus }]
    const headers = { 'content-type': 'application/cloudevents-batch+json' }
    expect((await as(token, 'POST', '/openapi/putEvents', body('orders'), headers)).status).toBe(200)
    const refused = await as(token, 'POST', '/openapi/putEvents', body('bills'), headers)
    expect([refused.status, refused.json?.['code']]).toEqual([403, 'AccessDenied'])
  })

  test('loses and gains rights at once, by itself, by its group and by the document', async () => {
    await put('users/late', {})
    const token = await tokenOf('late')
    expect((await publish(token, 'orders')).status).toBe(403)
    await put('groups/publishers', { policies: ['publish-orders'] })
    await put('users/late', { groups: ['publishers'] })
    expect((await publish(token, 'orders')).status).toBe(200)
    await put('policies/no-publishing', {
      document: { Version: '1', Statement: { Effect: 'Deny', Action: 'eventbridge:*', Resource: '*' } },
    })
    await put('groups/publishers', { policies: ['publish-orders', 'no-publishing'] })
    expect((await publish(token, 'orders')).json).toMatchObject({ denial: 'explicit-deny' })
    await put('policies/no-publishing', allowing('fc:*', '*'))
    expect((await publish(token, 'orders')).status).toBe(200)
  })

  test('is held by conditions on where it calls from', async () => {
    const from = (address: string) => ({ Condition: { IpAddress: { 'acs:SourceIp': address } } })
    await put('policies/from-here', allowing('eventbridge:GetEventBus', '*', from('127.0.0.0/8')))
    await put('policies/from-there', allowing('eventbridge:DeleteEventBus', '*', from('192.0.2.0/24')))
    await put('users/near', { policies: ['from-here', 'from-there'] })
    const token = await tokenOf('near')
    expect((await as(token, 'GET', '/api/v1/buses/orders')).status).toBe(200)
    expect((await as(token, 'DELETE', '/api/v1/buses/bills')).status).toBe(403)
  })

  test('needs the one permission to create and the other to replace', async () => {
    await put('policies/create-only', allowing('mns:CreateQueue', '*'))
    await put('users/maker', { policies: ['create-only'] })
    const token = await tokenOf('maker')
    expect((await as(token, 'PUT', '/api/v1/queues/made', {})).status).toBe(403)
    expect((await as(token, 'PUT', '/api/v1/queues/made', {}, { 'if-none-match': '*' })).status).toBe(201)
    expect((await as(token, 'PUT', '/api/v1/queues/made', {}, { 'if-match': '"1"' })).status).toBe(403)
  })

  test('cannot give itself rights without the permission to', async () => {
    await put('policies/user-editor', allowing(['ram:CreateUser', 'ram:UpdateUser'], '*'))
    await put('users/editor', { policies: ['user-editor'] })
    const refused = await as(await tokenOf('editor'), 'PUT', '/api/v1/users/editor', {
      policies: ['AdministratorAccess'],
    })
    expect(refused.json).toMatchObject({ code: 'auth.forbidden', action: 'ram:AttachPolicyToUser' })
  })
})

describe('a key', () => {
  test('is made beside the old one, disabled, enabled and deleted', async () => {
    await put('users/rotating', { policies: ['publish-orders'] })
    const [old, fresh] = [await tokenOf('rotating'), await tokenOf('rotating')]
    const path = `/api/v1/users/rotating/keys/${old.split('.')[0]}`
    expect((await publish(old, 'orders')).status).toBe(200)
    await server.call('PATCH', path, { disabled: true })
    expect((await publish(old, 'orders')).status).toBe(401)
    expect((await publish(fresh, 'orders')).status).toBe(200)
    await server.call('PATCH', path, { disabled: false })
    expect((await publish(old, 'orders')).status).toBe(200)
    expect((await server.call('DELETE', '/api/v1/users/rotating')).json).toMatchObject({
      code: 'resource.in-use',
    })
    await server.call('DELETE', path)
    expect((await publish(old, 'orders')).status).toBe(401)
    const { json } = await server.call('GET', '/api/v1/users/rotating/keys')
    expect(json?.['items']).toHaveLength(1)
  })

  test('tells a client of a signed interface that it is disabled', async () => {
    const token = await tokenOf('rotating')
    const [id, ...rest] = token.split('.')
    const secret = rest.join('.')
    await server.call('PATCH', `/api/v1/users/rotating/keys/${id}`, { disabled: true })
    const answer = await signed(id, secret)
    expect([answer.status, answer.json?.['code']]).toEqual([403, 'InvalidAccessKeyId'])
  })

  test('of a user of another account is not found', async () => {
    const [id] = (await tokenOf('rotating')).split('.')
    expect((await asOther('DELETE', `/api/v1/users/rotating/keys/${id}`)).status).toBe(404)
    expect((await server.call('DELETE', `/api/v1/users/shop/keys/${id}`)).status).toBe(404)
  })

  test('has a secret that is shown once and is stored nowhere in the clear', async () => {
    const token = await tokenOf('shop')
    const secret = token.slice(token.indexOf('.') + 1)
    const paths = ['users', 'users/shop', 'users/shop/keys', 'groups', 'roles', 'policies', 'caller']
    for (const path of paths) {
      const { text } = await server.call('GET', `/api/v1/${path}`)
      expect(text).not.toContain(secret)
      expect(text).not.toContain('sealed')
    }
    const stored = await server.documents.list('', { limit: 1_000 })
    expect(stored.some(({ key }) => key.startsWith('access-key/'))).toBe(true)
    expect(JSON.stringify(stored)).not.toContain(secret)
    expect(JSON.stringify(server.logged)).not.toContain(secret)
  })
})

describe('documents are refused', () => {
  test.each<[string, object, string]>([
    ['users/u', { policies: ['no-such-policy'] }, 'identity.invalid'],
    ['users/u', { groups: ['no-such-group'] }, 'identity.invalid'],
    ['policies/ReadOnlyAccess', allowing('*', '*'), 'identity.invalid'],
    [
      'policies/p',
      { document: { Version: '1', Statement: [{ Effect: 'Allow', Action: '*' }] } },
      'policy.invalid',
    ],
    ['roles/r', { trust: allowing('*', '*').document }, 'policy.unknown-member'],
  ])('%s %j: %s', async (path, spec, code) => {
    const answer = await server.call('PUT', `/api/v1/${path}`, spec)
    expect([answer.status, answer.json?.['code']]).toEqual([400, code])
  })

  test('with a member that is there twice', async () => {
    const text =
      '{"document":{"Version":"1","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}}'
    const answer = await server.call('PUT', '/api/v1/policies/twice', Buffer.from(text), {
      'content-type': 'application/json',
    })
    expect(answer.json).toMatchObject({ code: 'policy.duplicate-member', path: 'document.Statement.Effect' })
  })

  test('when others still need them', async () => {
    expect((await server.call('DELETE', '/api/v1/policies/publish-orders')).json).toMatchObject({
      code: 'resource.in-use',
    })
  })
})

describe('another account', () => {
  test('has nothing of this one', async () => {
    const { json: buses } = await asOther('GET', '/api/v1/buses')
    expect(buses?.['items']).toMatchObject([{ name: 'default', revision: 1 }])
    for (const kind of ['users', 'groups', 'roles', 'policies', 'queues', 'functions']) {
      const { json } = await asOther('GET', `/api/v1/${kind}`)
      expect(json?.['items'], kind).toEqual([])
    }
    for (const path of ['buses/orders', 'users/shop', 'policies/publish-orders', 'queues/made']) {
      expect((await asOther('GET', `/api/v1/${path}`)).status, path).toBe(404)
      expect((await asOther('DELETE', `/api/v1/${path}`)).status, path).toBe(404)
    }
    expect((await asOther('POST', '/api/v1/buses/orders/events', event)).status).toBe(404)
  })
})

describe('a role', () => {
  const trusting = (principal: string, further: object = {}) => ({
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: principal }, ...further }],
  })
  const sessionOf = (token: string, role: string, body: object = {}) =>
    as(token, 'POST', `/api/v1/roles/${role}/sessions`, { session: 'nightly', ...body })

  let token: string
  beforeAll(async () => {
    await put('policies/assume', allowing('sts:AssumeRole', `acs:ram:*:${testAccount}:role/*`))
    await put('users/ci', { policies: ['assume'] })
    token = await tokenOf('ci')
    const ci = `acs:ram::${testAccount}:user/ci`
    await put('roles/deploy', { trust: trusting(ci), policies: ['publish-orders'] })
    await put('roles/strict', {
      trust: trusting(ci, { Condition: { StringEquals: { 'sts:ExternalId': 'tenant-42' } } }),
    })
    await put('roles/closed', { trust: trusting(`acs:ram::${testAccount}:user/shop`) })
  })

  test('gives its rights, and no others, to the session', async () => {
    const { status, json } = await sessionOf(token, 'deploy')
    expect(status).toBe(201)
    const headers = { 'x-acs-security-token': String(json?.['securityToken']) }
    const bearer = `${String(json?.['accessKeyId'])}.${String(json?.['accessKeySecret'])}`
    expect((await publish(token, 'orders')).status).toBe(403)
    expect((await publish(bearer, 'orders', headers)).status).toBe(200)
    expect((await publish(bearer, 'bills', headers)).json).toMatchObject({
      principal: `acs:ram::${testAccount}:assumed-role/deploy/nightly`,
    })
    expect((await publish(bearer, 'orders')).status).toBe(401)
    expect((await as(bearer, 'GET', '/api/v1/caller', undefined, headers)).json).toMatchObject({
      account: testAccount,
      kind: 'session',
    })
    const lastChanged = { 'x-acs-security-token': `${headers['x-acs-security-token'].slice(0, -8)}AAAAAAAA` }
    expect((await publish(bearer, 'orders', lastChanged)).status).toBe(401)
  })

  test('lets its sessions sign requests of the compatible interfaces', async () => {
    const { json } = await sessionOf(token, 'deploy')
    const [id, secret, security] = ['accessKeyId', 'accessKeySecret', 'securityToken'].map(name =>
      String(json?.[name]),
    )
    expect((await signed(id, secret, security)).json).toMatchObject({ code: 'AccessDenied' })
    expect((await signed(id, secret)).json).toMatchObject({ code: 'InvalidStsAccessKeyId' })
    expect((await signed(id, 'wrong', security)).json).toMatchObject({ code: 'SignatureDoesNotMatch' })
    expect((await signed(id, secret, 'CAISnone')).json).toMatchObject({ code: 'SecurityTokenInvalid' })
  })

  test('gives no more than the session policy allows', async () => {
    const { json } = await sessionOf(token, 'deploy', { policy: allowing('fc:*', '*').document })
    const headers = { 'x-acs-security-token': String(json?.['securityToken']) }
    const bearer = `${String(json?.['accessKeyId'])}.${String(json?.['accessKeySecret'])}`
    expect((await publish(bearer, 'orders', headers)).json).toMatchObject({ layer: 'session' })
  })

  test('is taken on only by whom it trusts, under its conditions, and for as long as it says', async () => {
    expect((await sessionOf(token, 'closed')).status).toBe(403)
    expect((await sessionOf(await tokenOf('shop'), 'closed')).status).toBe(403)
    expect((await sessionOf(token, 'strict')).status).toBe(403)
    expect((await sessionOf(token, 'strict', { externalId: 'tenant-42' })).status).toBe(201)
    expect((await sessionOf(token, 'no-such-role')).status).toBe(403)
    expect((await sessionOf(token, 'deploy', { durationSeconds: 3_601 })).json).toMatchObject({
      code: 'sts.duration-invalid',
    })
    // The key of the account has every right already.
    expect((await server.call('POST', '/api/v1/roles/deploy/sessions', { session: 'abc' })).status).toBe(403)
  })

  test('that was deleted and made anew is another one', async () => {
    await put('roles/brief', {
      trust: trusting(`acs:ram::${testAccount}:root`),
      policies: ['publish-orders'],
    })
    const { json } = await sessionOf(token, 'brief')
    const headers = { 'x-acs-security-token': String(json?.['securityToken']) }
    const bearer = `${String(json?.['accessKeyId'])}.${String(json?.['accessKeySecret'])}`
    expect((await publish(bearer, 'orders', headers)).status).toBe(200)
    await server.call('DELETE', '/api/v1/roles/brief')
    expect((await publish(bearer, 'orders', headers)).status).toBe(401)
  })
})

describe('an explanation', () => {
  const explain = (principal: string, action: string, resource: string) =>
    server.call('POST', '/api/v1/explain-access', { principal, action, resource })

  test('names the statement that decides', async () => {
    const allowed = await explain(
      'user/shop',
      'eventbridge:PutEvents',
      `acs:eventbridge:local:${testAccount}:eventbus/orders`,
    )
    expect(allowed.json).toMatchObject({
      outcome: 'allow',
      layer: 'identity',
      by: { policy: 'publish-orders', via: 'user shop', statement: 0, effect: 'Allow' },
    })
    const refused = await explain('user/shop', 'fc:InvokeFunction', 'acs:fc:local:1:functions/f')
    expect(refused.json).toMatchObject({ outcome: 'implicit-deny', asked: [{ policy: 'publish-orders' }] })
    expect(refused.json).not.toHaveProperty('by')
    expect((await explain('root', 'fc:InvokeFunction', '*')).json).toMatchObject({ outcome: 'root' })
    expect((await explain('user/none', 'fc:InvokeFunction', '*')).status).toBe(404)
  })
})

function asOther(method: string, path: string, body?: unknown): Promise<Answer> {
  const { accessKeyId, accessKeySecret } = otherCredential
  const headers = body === undefined ? {} : structured
  return as(`${accessKeyId}.${accessKeySecret}`, method, path, body, headers)
}

/** A listing of buses, signed as clients of EventBridge do. */
async function signed(
  id = '',
  secret = '',
  token?: string,
): Promise<{ status: number; json: Record<string, unknown> | undefined }> {
  const path = '/openapi/listEventBuses'
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    date: new Date().toUTCString(),
    'x-acs-signature-nonce': `${id}${secret}${token ?? ''}${count++}`.slice(-100),
    ...(token === undefined ? {} : { 'x-acs-security-token': token }),
  }
  const signature = acsSignature(acsStringToSign('POST', headers, path), secret)
  return await server.call('POST', path, Buffer.from('{}'), {
    ...headers,
    authorization: `acs:${id}:${signature}`,
  })
}
let count = 0
