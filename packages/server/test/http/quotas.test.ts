import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, otherCredential, startServer, testAccount, type TestServer } from './harness.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ lingerMs: 200 })
  for (const call of [asOperator, asOther]) await call('PUT', '/api/v1/buses/orders', {})
})
afterAll(() => server[Symbol.asyncDispose]())

const asOperator: TestServer['call'] = (...request) => server.call(...request)

function asOther(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { accessKeyId, accessKeySecret } = otherCredential
  return server.call(method, path, body, {
    authorization: `Bearer ${accessKeyId}.${accessKeySecret}`,
    ...headers,
  })
}

async function set(account: string, quota: string, limit: number): Promise<Answer> {
  const answer = await server.call('PUT', `/api/v1/accounts/${account}/quotas/${quota}`, { limit })
  expect(answer.status, answer.text).toBe(200)
  return answer
}

async function unset(account: string, quota: string): Promise<void> {
  const { status } = await server.call('DELETE', `/api/v1/accounts/${account}/quotas/${quota}`)
  expect(status).toBe(204)
}

const event = { specversion: '1.0', id: '1', source: 's', type: 't', data: {} }
const batch = { 'content-type': 'application/cloudevents-batch+json' }

async function quotaOf(quota: string, call = asOperator) {
  const { json = {} } = await call('GET', '/api/v1/quotas')
  return (json['items'] as { name: string }[]).find(({ name }) => name === quota)
}

describe('a quota that is set', () => {
  test('is told with its use and the numbers of interfaces, and ends at its limit for that account alone', async () => {
    const before = await quotaOf('buses', asOther)
    expect(before).toMatchObject({
      limit: 1_000,
      default: 1_000,
      set: false,
      used: 1,
      interfaces: { aws: 100 },
    })
    const answer = await set(otherCredential.account, 'buses', 1)
    expect(answer.json).toMatchObject({ name: 'buses', limit: 1, set: true, used: 1, interfaces: {} })

    const refused = await asOther('PUT', '/api/v1/buses/more', {})
    expect(refused.status).toBe(429)
    expect(refused.json).toMatchObject({ code: 'resource.limit-exceeded', quota: 'buses', limit: 1, seen: 1 })
    expect((await server.call('PUT', '/api/v1/buses/more', {})).status).toBe(201)
    expect(await quotaOf('buses')).toMatchObject({ limit: 1_000, used: 2 })

    await unset(otherCredential.account, 'buses')
    expect((await asOther('PUT', '/api/v1/buses/more', {})).status).toBe(201)
  })

  test('of events refuses a batch as a whole, with the time to come again', async () => {
    await set(testAccount, 'events-per-second', 2)
    await set(testAccount, 'events-per-second-per-bus', 1)
    const publish = (call: typeof asOther, count: number) =>
      call(
        'POST',
        '/api/v1/buses/orders/events',
        Array.from({ length: count }, () => event),
        batch,
      )
    const answers = [await publish(asOperator, 1), await publish(asOperator, 1)]
    expect(answers.map(({ status }) => status)).toEqual([200, 429])
    expect(answers[1]?.json).toMatchObject({
      code: 'quota.rate-exceeded',
      quota: 'events-per-second-per-bus',
    })
    expect(answers[1]?.headers.get('retry-after')).toBe('1')
    expect((await publish(asOther, 50)).status).toBe(200)
    for (const quota of ['events-per-second', 'events-per-second-per-bus']) await unset(testAccount, quota)
  })

  test('of requests does not keep who runs the server from raising it again', async () => {
    await set(testAccount, 'requests-per-second', 0)
    const refused = await server.call('GET', '/api/v1/buses')
    expect([refused.status, refused.json?.['quota']]).toEqual([429, 'requests-per-second'])
    expect(refused.headers.get('retry-after')).toBe('60')
    expect((await asOther('GET', '/api/v1/buses')).status).toBe(200)
    expect(await quotaOf('requests-per-second')).toMatchObject({ limit: 0 })
    await unset(testAccount, 'requests-per-second')
    expect((await server.call('GET', '/api/v1/buses')).status).toBe(200)
  })
})

describe('quotas of accounts', () => {
  test('are seen and set by the account that runs the server only', async () => {
    const refusal = { code: 'quota.operator-only' }
    const own = `/api/v1/accounts/${otherCredential.account}/quotas`
    expect((await asOther('PUT', `${own}/buses`, { limit: 10_000 })).json).toMatchObject(refusal)
    expect((await asOther('DELETE', `${own}/buses`)).json).toMatchObject(refusal)
    expect((await asOther('GET', own)).json).toMatchObject(refusal)
    expect((await asOther('GET', '/api/v1/accounts')).json).toMatchObject(refusal)
    expect((await server.call('GET', own)).status).toBe(200)
    expect((await server.call('GET', '/api/v1/accounts')).json).toEqual({
      items: [testAccount, otherCredential.account].sort().map(account => ({ account })),
    })
  })

  test('are of accounts and by names that there are', async () => {
    expect((await server.call('GET', '/api/v1/accounts/77/quotas')).status).toBe(404)
    for (const path of ['77/quotas/buses', `${testAccount}/quotas/busses`]) {
      expect((await server.call('PUT', `/api/v1/accounts/${path}`, { limit: 1 })).status).toBe(404)
    }
    const below = await server.call('PUT', `/api/v1/accounts/${testAccount}/quotas/buses`, { limit: -1 })
    expect(below.status).toBe(400)
    expect((await server.call('DELETE', `/api/v1/accounts/${testAccount}/quotas/buses`)).status).toBe(404)
  })
})
