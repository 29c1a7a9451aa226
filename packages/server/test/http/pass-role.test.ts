import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, startServer, testAccount, type TestServer } from './harness.ts'

let server: TestServer
let writer: string
let passer: string

const allow = (Action: string, Resource = '*', further: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...further,
})
const role = `acs:ram:*:${testAccount}:role/courier`
const toRules = { Condition: { StringEquals: { 'acs:Service': 'eventbridge.aliyuncs.com' } } }

beforeAll(async () => {
  server = await startServer({ lingerMs: 200 })
  const writing = [allow('eventbridge:*'), allow('fc:*')]
  const policies = { writing, passing: [...writing, allow('ram:PassRole', role, toRules)] }
  for (const [name, Statement] of Object.entries(policies)) {
    await put(`policies/${name}`, { document: { Version: '1', Statement } })
    await put(`users/${name}`, { policies: [name] })
  }
  const trust = {
    Version: '1',
    Statement: [
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: ['eventbridge.aliyuncs.com'] } },
    ],
  }
  await put('roles/courier', { trust, policies: ['AdministratorAccess'] })
  await put('buses/orders', {})
  await put('buses/next', {})
  writer = await tokenOf('writing')
  passer = await tokenOf('passing')
})
afterAll(() => server[Symbol.asyncDispose]())

async function put(path: string, spec: object): Promise<void> {
  const answer = await server.call('PUT', `/api/v1/${path}`, spec)
  expect([200, 201], answer.text).toContain(answer.status)
}

async function tokenOf(user: string): Promise<string> {
  return String((await server.call('POST', `/api/v1/users/${user}/keys`, {})).json?.['token'])
}

function as(token: string, method: string, path: string, body?: unknown): Promise<Answer> {
  return server.call(method, path, body, { authorization: `Bearer ${token}` })
}

const rule = { pattern: {}, targets: [{ id: 't', sink: { bus: 'next' } }] }
const withRole = { ...rule, role: 'courier' }
const refusal = { code: 'auth.forbidden', action: 'ram:PassRole' }

describe('to give a rule a role', () => {
  test('needs ram:PassRole besides the right to write rules', async () => {
    expect((await as(writer, 'PUT', '/api/v1/buses/orders/rules/plain', rule)).status).toBe(201)
    const refused = await as(writer, 'PUT', '/api/v1/buses/orders/rules/bound', withRole)
    expect([refused.status, refused.json]).toEqual([403, expect.objectContaining(refusal)])
    expect((await as(passer, 'PUT', '/api/v1/buses/orders/rules/bound', withRole)).status).toBe(201)
  })

  test('is needed for whatever changes a rule that has one, also to take it away, by every interface', async () => {
    await put('buses/orders/rules/theirs', withRole)
    for (const spec of [{ ...withRole, description: 'mine' }, rule]) {
      const refused = await as(writer, 'PUT', '/api/v1/buses/orders/rules/theirs', spec)
      expect(refused.json).toMatchObject(refusal)
    }
    const targets = { EventBusName: 'orders', RuleName: 'theirs', Targets: [] }
    const refused = await as(writer, 'POST', '/openapi/createTargets', targets)
    expect([refused.status, refused.json?.['code']], refused.text).toEqual([403, 'AccessDenied'])
    expect((await as(passer, 'POST', '/openapi/createTargets', targets)).status).toBe(200)
  })

  test.each(['theirs-too', 'free'])('is needed for the roles of targets as well: %s', async name => {
    const bound = { ...rule, targets: [{ ...rule.targets[0], role: 'courier' }] }
    const path = `buses/orders/rules/${name}`
    if (name !== 'free') await put(path, bound)
    const refused = await as(writer, 'PUT', `/api/v1/${path}`, name === 'free' ? bound : rule)
    expect([refused.status, refused.json]).toEqual([403, expect.objectContaining(refusal)])
    expect((await as(passer, 'PUT', `/api/v1/${path}`, bound)).status).toBeLessThan(300)
  })

  test('counts for the service that the permission was given for alone', async () => {
    const refused = await as(passer, 'PUT', '/api/v1/functions/f', { code: '', role: 'courier' })
    expect(refused.json).toMatchObject(refusal)
  })
})
