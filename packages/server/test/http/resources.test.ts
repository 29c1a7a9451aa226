import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from './harness.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

describe('buses', () => {
  test('a new bus is answered with 201, its complete settings and its revision', async () => {
    const answer = await server.call('PUT', '/api/v1/buses/orders', { description: 'all orders' })

    expect(answer.status).toBe(201)
    expect(answer.headers.get('etag')).toBe('"1"')
    expect(answer.json).toMatchObject({
      name: 'orders',
      revision: 1,
      spec: { description: 'all orders', durability: 'durable', eventBytesMax: 262_144 },
    })
  })

  test('writing the same twice changes nothing', async () => {
    await server.call('PUT', '/api/v1/buses/twice', { description: 'x' })
    const answer = await server.call('PUT', '/api/v1/buses/twice', { description: 'x' })

    expect(answer).toMatchObject({ status: 200, json: { revision: 1 } })
  })

  test('a change with an outdated revision is refused with 412', async () => {
    await server.call('PUT', '/api/v1/buses/guarded', {})
    await server.call('PUT', '/api/v1/buses/guarded', { description: 'second' }, { 'if-match': '"1"' })
    const answer = await server.call(
      'PUT',
      '/api/v1/buses/guarded',
      { description: 'third' },
      { 'if-match': '"1"' },
    )

    expect(answer).toMatchObject({ status: 412, json: { code: 'resource.conflict', expected: 1, seen: 2 } })
  })

  test('If-None-Match: * spares a bus that is there already', async () => {
    await server.call('PUT', '/api/v1/buses/spared', {})
    const answer = await server.call(
      'PUT',
      '/api/v1/buses/spared',
      { description: 'new' },
      { 'if-none-match': '*' },
    )

    expect(answer.status).toBe(412)
  })

  test('a precondition that cannot be understood is refused, not ignored', async () => {
    const answer = await server.call('PUT', '/api/v1/buses/weak', {}, { 'if-match': 'W/"1"' })

    expect(answer).toMatchObject({ status: 400, json: { code: 'http.invalid-request' } })
  })

  test('an unknown property is refused with the nearest name', async () => {
    const answer = await server.call('PUT', '/api/v1/buses/typo', { retentionMss: 5_000 })

    expect(answer).toMatchObject({
      status: 400,
      json: { code: 'http.invalid-request', path: 'body.retentionMss', nearest: 'retentionMs' },
    })
    expect(answer.json?.['detail']).toContain('did you mean retentionMs?')
  })

  test('nothing is coerced: a number in quotes is not a number', async () => {
    const answer = await server.call('PUT', '/api/v1/buses/quoted', { retentionMs: '5000' })

    expect(answer).toMatchObject({ status: 400, json: { path: 'body.retentionMs' } })
  })

  test('lists come in pages that can be followed to the end', async () => {
    for (const name of ['page-a', 'page-b', 'page-c']) await server.call('PUT', `/api/v1/buses/${name}`, {})
    const names: unknown[] = []
    let after = 'page'
    for (let pages = 0; pages < 10; pages++) {
      const { json } = await server.call('GET', `/api/v1/buses?limit=2&after=${after}`)
      const items = json?.['items'] as { name: string }[]
      names.push(...items.map(item => item.name))
      if (json?.['next'] === undefined) break
      after = json['next'] as string
    }

    expect(names.filter(name => String(name).startsWith('page-'))).toEqual(['page-a', 'page-b', 'page-c'])
  })

  test.each([
    ['limit=0', 'query.limit'],
    ['limit=1001', 'query.limit'],
    ['limit=ten', 'query.limit'],
    ['limit=1e2', 'query.limit'],
    ['limit=1&limit=2', 'query.limit'],
    ['limti=1', 'query.limti'],
  ])('the query %s is refused', async (query, path) => {
    const answer = await server.call('GET', `/api/v1/buses?${query}`)

    expect(answer).toMatchObject({ status: 400, json: { code: 'http.invalid-request', path } })
  })

  test('a bus that is not there is 404', async () => {
    expect(await server.call('GET', '/api/v1/buses/nowhere')).toMatchObject({
      status: 404,
      json: { code: 'resource.not-found' },
    })
    expect((await server.call('DELETE', '/api/v1/buses/nowhere')).status).toBe(404)
    expect((await server.call('GET', '/api/v1/buses/nowhere/status')).status).toBe(404)
  })

  test('the built-in bus can be read but not changed', async () => {
    expect((await server.call('GET', '/api/v1/buses/default')).status).toBe(200)
    expect(await server.call('PUT', '/api/v1/buses/default', {})).toMatchObject({
      status: 403,
      json: { code: 'bus.reserved' },
    })
    expect((await server.call('DELETE', '/api/v1/buses/default')).status).toBe(403)
  })

  test.each(['-begins-with-a-dash', 'has%20space', 'x'.repeat(128), '%2e%2e%2fetc'])(
    'the name %s is refused',
    async name => {
      expect((await server.call('PUT', `/api/v1/buses/${name}`, {})).status).toBe(400)
    },
  )

  test('a deleted bus is gone', async () => {
    await server.call('PUT', '/api/v1/buses/short', {})
    expect((await server.call('DELETE', '/api/v1/buses/short')).status).toBe(204)
    expect((await server.call('GET', '/api/v1/buses/short')).status).toBe(404)
  })

  test('the status of a bus tells where its log stands', async () => {
    await server.call('PUT', '/api/v1/buses/measured', {})
    const answer = await server.call('GET', '/api/v1/buses/measured/status')

    expect(answer.json).toEqual({
      name: 'measured',
      rules: 0,
      first: 1,
      next: 1,
      bytes: 0,
      routed: 1,
      lag: 0,
    })
  })
})

describe('rules', () => {
  const target = { id: 'a', sink: { connector: 'http', options: { url: 'http://127.0.0.1:1/' } } }

  test('a rule comes back complete, defaults inside unions included', async () => {
    await server.call('PUT', '/api/v1/buses/ruled', {})
    const body = {
      pattern: { type: ['a'] },
      targets: [{ ...target, retry: { strategy: 'CUSTOM', retriesMax: 3 } }],
    }
    const answer = await server.call('PUT', '/api/v1/buses/ruled/rules/first', body)

    expect(answer.status).toBe(201)
    expect(answer.json).toMatchObject({
      name: 'first',
      spec: {
        dialect: 'standard',
        state: 'enabled',
        targets: [{ retry: { strategy: 'CUSTOM', retriesMax: 3, ageMsMax: 86_400_000 }, concurrencyMax: 64 }],
      },
    })
    expect({ ...(await server.call('GET', '/api/v1/buses/ruled/rules/first')).json, created: true }).toEqual(
      answer.json,
    )
    expect((await server.call('GET', '/api/v1/buses/ruled/rules')).json).toMatchObject({
      items: [{ name: 'first' }],
    })
  })

  test('an invalid pattern is refused with its code, the place and the reason', async () => {
    await server.call('PUT', '/api/v1/buses/ruled', {})
    const answer = await server.call('PUT', '/api/v1/buses/ruled/rules/broken', {
      pattern: { data: { amount: [{ numerc: ['>', 1] }] } },
    })

    expect(answer).toMatchObject({ status: 400, json: { code: 'pattern.unknown-operator' } })
    expect(answer.json?.['path']).toContain('data.amount')
    expect((await server.call('GET', '/api/v1/buses/ruled/rules/broken')).status).toBe(404)
  })

  test('a misspelt member of a target is named with the one that was meant', async () => {
    await server.call('PUT', '/api/v1/buses/ruled', {})
    const answer = await server.call('PUT', '/api/v1/buses/ruled/rules/typo', {
      pattern: {},
      targets: [{ ...target, sink: { connector: 'http', option: {} } }],
    })

    expect(answer).toMatchObject({
      status: 400,
      json: { path: 'body.targets.0.sink.option', nearest: 'options' },
    })
  })

  test('a bus with rules cannot be deleted', async () => {
    await server.call('PUT', '/api/v1/buses/full', {})
    await server.call('PUT', '/api/v1/buses/full/rules/one', { pattern: { type: ['a'] } })
    expect(await server.call('DELETE', '/api/v1/buses/full')).toMatchObject({
      status: 409,
      json: { code: 'bus.not-empty' },
    })
    expect((await server.call('DELETE', '/api/v1/buses/full/rules/one')).status).toBe(204)
    expect((await server.call('DELETE', '/api/v1/buses/full')).status).toBe(204)
  })
})
