import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMetrics } from '../../src/observability/index.ts'
import { startServer, type TestServer } from './harness.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await server.call('PUT', '/api/v1/buses/orders', {})
})
afterAll(() => server[Symbol.asyncDispose]())

const structured = { 'content-type': 'application/cloudevents+json' }

function itemsOf<Item>(json: Record<string, unknown> | undefined): Item[] {
  const items = json?.['items']
  return Array.isArray(items) ? (items as Item[]) : []
}

async function publish(bus: string, members: Record<string, unknown>): Promise<number> {
  const event = { specversion: '1.0', source: '/shop', type: 'order.placed', ...members }
  const { json } = await server.call('POST', `/api/v1/buses/${bus}/events`, event, structured)
  return Number(json?.['position'])
}

function settled(): Promise<void> {
  return server.delivery.settled(AbortSignal.timeout(10_000))
}

describe('reading events', () => {
  test('pages of events can be followed to the end of the log', async () => {
    await server.call('PUT', '/api/v1/buses/paged', {})
    for (const id of ['1', '2', '3']) await publish('paged', { id })
    const first = await server.call('GET', '/api/v1/buses/paged/events?limit=2')
    const second = await server.call(
      'GET',
      `/api/v1/buses/paged/events?limit=2&from=${String(first.json?.['next'])}`,
    )

    expect(first.json).toMatchObject({
      items: [
        { position: 1, event: { id: '1' } },
        { position: 2, event: { id: '2' } },
      ],
      next: '3',
    })
    expect(second.json).toMatchObject({ items: [{ position: 3 }] })
    expect(second.json).not.toHaveProperty('next')
  })

  test('a pattern picks events, and a broken one is refused', async () => {
    await server.call('PUT', '/api/v1/buses/picked', {})
    for (const type of ['a', 'b', 'a']) await publish('picked', { id: 'x', type })
    const pattern = encodeURIComponent(JSON.stringify({ type: ['a'] }))
    const { json } = await server.call('GET', `/api/v1/buses/picked/events?pattern=${pattern}`)

    expect(itemsOf<{ position: number }>(json).map(item => item.position)).toEqual([1, 3])
    expect(await server.call('GET', '/api/v1/buses/picked/events?pattern=%7B')).toMatchObject({
      status: 400,
      json: { code: 'pattern.not-json' },
    })
  })

  test('a time picks where to begin, and must be one', async () => {
    await server.call('PUT', '/api/v1/buses/timed', {})
    await publish('timed', { id: '1' })
    const later = await server.call('GET', '/api/v1/buses/timed/events?since=2999-01-01T00:00:00Z')
    const wrong = await server.call('GET', '/api/v1/buses/timed/events?since=yesterday')

    expect(later.json).toEqual({ items: [] })
    expect(wrong).toMatchObject({ status: 400, json: { path: 'query.since' } })
  })
})

describe('traces', () => {
  test('a trace tells which rules matched, why the others did not, and how deliveries ended', async () => {
    await server.call('PUT', '/api/v1/buses/traced', {})
    const target = { id: 'log', sink: { connector: 'echo', options: {} } }
    await server.call('PUT', '/api/v1/buses/traced/rules/yes', {
      pattern: { type: ['a'] },
      targets: [target],
    })
    await server.call('PUT', '/api/v1/buses/traced/rules/no', { pattern: { type: ['b'] }, targets: [target] })
    const position = await publish('traced', { id: 'traced-1', type: 'a' })
    await settled()
    const { status, json } = await server.call('GET', `/api/v1/buses/traced/events/${position}/trace`)

    expect(status).toBe(200)
    expect(json).toMatchObject({
      position,
      event: { id: 'traced-1', type: 'a' },
      rules: expect.arrayContaining([
        expect.objectContaining({ rule: 'yes', matched: true }),
        expect.objectContaining({ rule: 'no', matched: false }),
      ]),
      journal: [{ rule: 'yes', target: 'log', ending: 'delivered' }],
    })
    const found = await server.call('GET', '/api/v1/buses/traced/traces?source=/shop&id=traced-1')
    expect(found.json).toMatchObject({ items: [{ position }] })
  })

  test('an event that is not there has no trace', async () => {
    expect(await server.call('GET', '/api/v1/buses/orders/events/999/trace')).toMatchObject({
      status: 404,
      json: { code: 'event.not-found' },
    })
    expect((await server.call('GET', '/api/v1/buses/orders/events/0/trace')).status).toBe(400)
    expect((await server.call('GET', '/api/v1/buses/orders/traces?source=/x&id=none')).json).toEqual({
      items: [],
    })
  })
})

describe('targets', () => {
  test('a target is paused and resumed, and keeps its deliveries in between', async () => {
    await server.call('PUT', '/api/v1/buses/held', {})
    const rule = '/api/v1/buses/held/rules/all'
    await server.call('PUT', rule, {
      pattern: { type: ['a'] },
      targets: [{ id: 't', sink: { connector: 'echo' } }],
    })
    expect((await server.call('POST', `${rule}/targets/t/pause`)).status).toBe(204)
    await publish('held', { id: '1', type: 'a' })
    await settled()
    expect((await server.call('GET', `${rule}/status`)).json).toMatchObject({
      name: 'all',
      targets: [{ id: 't', state: 'paused', pending: 1 }],
    })
    expect((await server.call('GET', rule)).json).toMatchObject({ spec: { targets: [{ paused: true }] } })
    expect((await server.call('POST', `${rule}/targets/t/resume`, {})).status).toBe(204)
    await settled()

    expect((await server.call('GET', `${rule}/status`)).json).toMatchObject({
      targets: [{ state: 'running', pending: 0 }],
    })
  })

  test('resuming needs no body', async () => {
    await server.call('PUT', '/api/v1/buses/orders/rules/bare', {
      pattern: { type: ['z'] },
      targets: [{ id: 't', sink: { connector: 'echo' } }],
    })

    expect((await server.call('POST', '/api/v1/buses/orders/rules/bare/targets/t/resume')).status).toBe(204)
  })

  test('a target that is not there is 404', async () => {
    await server.call('PUT', '/api/v1/buses/orders/rules/none', { pattern: { type: ['z'] } })
    for (const action of ['pause', 'resume']) {
      const answer = await server.call('POST', `/api/v1/buses/orders/rules/none/targets/t/${action}`)
      expect(answer).toMatchObject({ status: 404, json: { code: 'resource.not-found' } })
    }
  })
})

describe('replays', () => {
  test('a dry run only counts; a real one is listed and can be read', async () => {
    await server.call('PUT', '/api/v1/buses/again', {})
    await server.call('PUT', '/api/v1/buses/again/rules/all', {
      pattern: { type: ['a'] },
      targets: [{ id: 't', sink: { connector: 'echo' } }],
    })
    for (const id of ['1', '2']) await publish('again', { id, type: 'a' })
    await publish('again', { id: '3', type: 'b' })
    await settled()
    const dry = await server.call('POST', '/api/v1/buses/again/replays', { rule: 'all', dryRun: true })
    expect(dry).toMatchObject({
      status: 200,
      json: { state: 'dry-run', matched: 2, deliveries: 2, bus: 'again' },
    })
    const real = await server.call('POST', '/api/v1/buses/again/replays', {
      rule: 'all',
      from: { position: 2 },
    })
    expect(real.status).toBe(201)
    await settled()
    const id = String(real.json?.['id'])

    expect((await server.call('GET', `/api/v1/buses/again/replays/${id}`)).json).toMatchObject({
      id,
      state: 'done',
      matched: 1,
    })
    expect((await server.call('GET', '/api/v1/buses/again/replays')).json).toMatchObject({ items: [{ id }] })
  })

  test('what cannot be replayed is refused', async () => {
    const path = '/api/v1/buses/orders/replays'
    expect((await server.call('POST', path, { rule: 'nowhere' })).status).toBeGreaterThanOrEqual(400)
    expect(await server.call('POST', path, { rule: 'all', from: { time: 'soon' } })).toMatchObject({
      status: 400,
      json: { path: 'body.from.time' },
    })
    expect((await server.call('GET', `${path}/none`)).json).toMatchObject({ code: 'replay.not-found' })
    expect((await server.call('DELETE', `${path}/none`)).json).toMatchObject({ code: 'replay.not-found' })
  })
})

describe('trying things', () => {
  test('a pattern is held against an event and explained', async () => {
    const body = {
      event: { type: 'a', data: { n: 5 } },
      pattern: { type: ['a'], data: { n: [{ numeric: ['>', 9] }] } },
    }
    const { status, json } = await server.call('POST', '/api/v1/test-pattern', body)

    expect(status).toBe(200)
    expect(json).toMatchObject({ matches: false })
    expect(json?.['explanation']).toContainEqual(
      expect.objectContaining({ path: 'data.n', found: [5], verdict: 'different' }),
    )
  })

  test('numbers are compared as they were written, not as the server would write them', async () => {
    const verdict = async (event: string, dialect: string): Promise<unknown> => {
      const body = `{"event":{"data":{"n":${event}}},"pattern":{"data":{"n":[1.0]}},"dialect":"${dialect}"}`
      const headers = { 'content-type': 'application/json' }
      return (await server.call('POST', '/api/v1/test-pattern', body, headers)).json?.['matches']
    }

    expect(await verdict('1.0', 'aliyun')).toBe(true)
    expect(await verdict('1', 'aliyun')).toBe(false)
    expect(await verdict('1', 'standard')).toBe(true)
  })

  test('an invalid pattern is 400 with a code', async () => {
    const body = { event: {}, pattern: { type: 'a' } }

    expect(await server.call('POST', '/api/v1/test-pattern', body)).toMatchObject({
      status: 400,
      json: { code: 'pattern.field-not-a-list' },
    })
  })

  test('a transform is applied, or refused', async () => {
    const event = { type: 'a', data: { name: 'Ada' } }
    const template = { form: 'TEMPLATE', value: { name: '$.data.name' }, template: 'Hello ${name}' }
    const applied = await server.call('POST', '/api/v1/test-transform', { event, transform: template })
    const missing = await server.call('POST', '/api/v1/test-transform', {
      event,
      transform: { form: 'JSONPATH', value: '$.data.age' },
    })
    const broken = await server.call('POST', '/api/v1/test-transform', {
      event,
      transform: { form: 'JSONPATH', value: 'data' },
    })

    expect(applied.json).toMatchObject({ found: true, text: 'Hello Ada' })
    expect(missing.json).toEqual({ found: false })
    expect(broken).toMatchObject({ status: 400, json: { code: 'transform.invalid' } })
  })
})

describe('the platform', () => {
  test('metrics count requests by route, published events included', async () => {
    using metrics = createMetrics({ version: '1' })
    await using counted = await startServer({}, services => ({
      ...services,
      metrics,
      observer: metrics.http,
    }))
    await counted.call('PUT', '/api/v1/buses/b', {})
    await counted.call('POST', '/api/v1/buses/b/events', '{', structured)
    await counted.call('GET', '/nowhere/at/all')
    const { status, text, headers } = await counted.call('GET', '/metrics')

    expect(status).toBe(200)
    expect(headers.get('content-type')).toContain('text/plain; version=0.0.4')
    expect(text).toContain(
      'millrace_http_requests_total{method="PUT",route="/api/v1/buses/:bus",status="201"} 1',
    )
    expect(text).toContain('{method="POST",route="/api/v1/buses/:bus/events",status="400"} 1')
    expect(text).toContain('{method="GET",route="none",status="404"} 1')
  })

  test('status and connectors tell what is there', async () => {
    expect((await server.call('GET', '/api/v1/status')).json).toMatchObject({
      version: '0.0.0-test',
      storage: 'memory',
      sandbox: { kind: 'process', weaknesses: expect.arrayContaining([expect.any(String)]) },
    })
    const { json } = await server.call('GET', '/api/v1/connectors')
    expect(itemsOf<{ system: string }>(json).map(({ system }) => system)).toContain('http')
  })

  test('health is open, and readiness names what is missing', async () => {
    expect((await server.call('GET', '/healthz', undefined, { authorization: '' })).json).toEqual({
      status: 'alive',
    })
    await using broken = await startServer({}, services => ({
      ...services,
      readiness: { disk: async () => {}, pump: () => Promise.reject(new Error('secret reason')) },
    }))
    const answer = await broken.call('GET', '/readyz', undefined, { authorization: '' })

    expect(answer).toMatchObject({
      status: 503,
      json: { status: 'not-ready', checks: { disk: 'ok', pump: 'internal.unexpected' } },
    })
    expect(answer.text).not.toContain('secret')
  })

  test('the console sends those who are not signed in to the way in', async () => {
    expect((await server.call('GET', '/console')).headers.get('location')).toBe('/console/')
    expect((await server.call('GET', '/console/')).headers.get('location')).toBe('/console/login')
  })
})

test('an unforeseen failure is 500 without its reason, logged once with it', async () => {
  await using failing = await startServer({}, services => ({
    ...services,
    plugins: { connectors: () => Promise.reject(new Error('the password is 123')) },
  }))
  const answer = await failing.call('GET', '/api/v1/connectors')

  expect(answer).toMatchObject({ status: 500, json: { code: 'internal.unexpected' } })
  expect(answer.text).not.toContain('123')
  expect(failing.logged).toHaveLength(1)
  expect(failing.logged[0]).toMatchObject({
    level: 'error',
    fields: { route: '/api/v1/connectors', cause: { message: 'the password is 123' } },
  })
})
