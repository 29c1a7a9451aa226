import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from './harness.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await server.call('PUT', '/api/v1/buses/orders', { dedupWindowMs: 60_000 })
})
afterAll(() => server[Symbol.asyncDispose]())

const structured = 'application/cloudevents+json'
const batch = 'application/cloudevents-batch+json'
const path = '/api/v1/buses/orders/events'
let lastId = 0

function event(members: Record<string, unknown> = {}): Record<string, unknown> {
  return { specversion: '1.0', id: `e${++lastId}`, source: '/shop', type: 'order.placed', ...members }
}

function publish(body: unknown, contentType: string, headers: Record<string, string> = {}) {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  return server.call('POST', path, isRaw ? body : JSON.stringify(body), {
    'content-type': contentType,
    ...headers,
  })
}

async function stored(position: unknown): Promise<Record<string, unknown>> {
  const [entry] = await server.services.eventLogs.get('1000000000000001/orders', [Number(position)])
  return JSON.parse(Buffer.from(entry?.bytes ?? []).toString()) as Record<string, unknown>
}

describe('structured mode', () => {
  test('an event is answered with its id and position, and is stored with its members', async () => {
    const sent = event({ data: { total: 12.5 } })
    const { status, json } = await publish(sent, structured)

    expect(status).toBe(200)
    expect(json).toEqual({ id: sent['id'], position: expect.any(Number), duplicate: false })
    expect(await stored(json?.['position'])).toMatchObject(sent)
  })

  test('the charset utf-8 is taken, others are refused', async () => {
    expect((await publish(event(), `${structured}; charset=UTF-8`)).status).toBe(200)
    expect(await publish(event(), `${structured}; charset=latin1`)).toMatchObject({
      status: 415,
      json: { code: 'http.unsupported-media-type' },
    })
  })

  test('an event sent again within the window is a duplicate at the first position', async () => {
    const sent = event()
    const first = await publish(sent, structured)
    const second = await publish(sent, structured)

    expect(second.json).toEqual({ ...first.json, duplicate: true })
  })

  test.each([
    ['{', 'cloudevents.invalid-json'],
    ['', 'cloudevents.invalid-json'],
    ['[]', 'cloudevents.not-an-object'],
    ['{}', 'cloudevents.missing-attribute'],
    ['{"specversion":"1.0","id":"1","source":"/a"}', 'cloudevents.missing-attribute'],
    ['{"specversion":"0.3","id":"1","source":"/a","type":"t"}', 'cloudevents.unsupported-specversion'],
  ])('the body %j is refused with %s', async (body, code) => {
    expect(await publish(body, structured)).toMatchObject({ status: 400, json: { code } })
  })

  test('bytes that are not UTF-8 are refused', async () => {
    expect(await publish(Buffer.from([0x7b, 0xff, 0x7d]), structured)).toMatchObject({
      status: 400,
      json: { code: 'cloudevents.invalid-utf8' },
    })
  })

  test('an event above the limit of its bus is refused with the limit and its size', async () => {
    await server.call('PUT', '/api/v1/buses/small', { eventBytesMax: 300 })
    const answer = await server.call('POST', '/api/v1/buses/small/events', event({ data: 'x'.repeat(400) }), {
      'content-type': structured,
    })

    expect(answer).toMatchObject({ status: 413, json: { code: 'event.too-large', limit: 300 } })
    expect(answer.json?.['seen']).toBeGreaterThan(400)
  })
})

describe('batch mode', () => {
  test('every event gets its outcome, in order', async () => {
    const { status, json } = await publish([event(), event()], batch)

    expect(status).toBe(200)
    expect(json).toMatchObject({ accepted: 2, failed: 0 })
    const outcomes = json?.['outcomes'] as { position: number }[]
    expect(outcomes[1]?.position).toBe((outcomes[0]?.position ?? 0) + 1)
  })

  test('a bad event does not spoil the good ones: 207 says which', async () => {
    const good = event()
    const { status, json } = await publish([event(), { id: 'no type' }, good], batch)

    expect(status).toBe(207)
    expect(json).toMatchObject({
      accepted: 2,
      failed: 1,
      outcomes: [
        { duplicate: false },
        { error: { code: 'cloudevents.missing-attribute' } },
        { id: good['id'] },
      ],
    })
  })

  test('when none is taken the answer is the problem of the first, with all outcomes', async () => {
    const answer = await publish([{ id: 'a' }, 5], batch)

    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.json).toMatchObject({
      code: 'cloudevents.missing-attribute',
      accepted: 0,
      failed: 2,
      outcomes: [
        { error: { code: 'cloudevents.missing-attribute', retryable: false } },
        { error: { code: 'cloudevents.not-an-object' } },
      ],
    })
  })

  test('an empty batch is nothing to refuse', async () => {
    expect(await publish([], batch)).toMatchObject({
      status: 200,
      json: { accepted: 0, failed: 0, outcomes: [] },
    })
  })

  test('a batch of more events than allowed is refused whole', async () => {
    const answer = await publish(
      Array.from({ length: 1_001 }, () => event()),
      batch,
    )

    expect(answer).toMatchObject({ status: 413, json: { code: 'cloudevents.too-many-events', limit: 1_000 } })
  })
})

describe('binary mode', () => {
  const headers = { 'ce-specversion': '1.0', 'ce-source': '/shop', 'ce-type': 'order.placed' }

  test('headers become attributes and the body becomes data', async () => {
    const answer = await publish('{"total":1}', 'application/json', {
      ...headers,
      'ce-id': 'binary-1',
      'ce-region': 'eu',
    })

    expect(answer).toMatchObject({ status: 200, json: { id: 'binary-1' } })
    expect(await stored(answer.json?.['position'])).toMatchObject({
      id: 'binary-1',
      region: 'eu',
      datacontenttype: 'application/json',
      data: { total: 1 },
    })
  })

  test('text, bytes and no body at all are data, too', async () => {
    const text = await publish('hello', 'text/plain', { ...headers, 'ce-id': 'binary-text' })
    expect(await stored(text.json?.['position'])).toMatchObject({ data: 'hello' })
    const bytes = await publish(Buffer.from([0, 255]), 'application/octet-stream', {
      ...headers,
      'ce-id': 'binary-bytes',
    })
    expect(await stored(bytes.json?.['position'])).toMatchObject({ data_base64: 'AP8=' })
    const none = await server.call('POST', path, undefined, { ...headers, 'ce-id': 'binary-none' })
    expect(none.status).toBe(200)
  })

  test('a missing attribute is named', async () => {
    expect(await publish('{}', 'application/json', { 'ce-specversion': '1.0', 'ce-id': '1' })).toMatchObject({
      status: 400,
      json: { code: 'cloudevents.missing-attribute' },
    })
  })
})

describe('everything else', () => {
  test.each([`${path}?trace=1`, '/api/v1/buses/%6frders/events'])(
    'the road of an unusual path %s leads to the same place',
    async unusual => {
      const send = (body: unknown, contentType: string) =>
        server.call('POST', unusual, body, { 'content-type': contentType })

      expect(await send(event(), structured)).toMatchObject({ status: 200, json: { duplicate: false } })
      expect(await send(JSON.stringify([event(), {}]), batch)).toMatchObject({ status: 207 })
      expect((await send('x', 'nonsense')).json?.['detail']).toContain(batch)
      expect(await send('{', structured)).toMatchObject({
        status: 400,
        json: { code: 'cloudevents.invalid-json' },
      })
    },
  )

  test.each([
    'application/json',
    'text/plain',
    'application/cloudevents+xml',
    'nonsense',
    'application/cloudevents+avro',
  ])(
    'the content type %s without an event is 415, and the sentence names the three modes',
    async contentType => {
      const { status, json } = await publish('{}', contentType)

      expect(status).toBe(415)
      expect(json).toMatchObject({ code: 'http.unsupported-media-type' })
      expect(json?.['detail']).toContain(structured)
      expect(json?.['detail']).toContain(batch)
      expect(json?.['detail']).toContain('binary')
    },
  )

  test('the built-in bus takes no events from outside', async () => {
    const answer = await server.call('POST', '/api/v1/buses/default/events', event(), {
      'content-type': structured,
    })

    expect(answer).toMatchObject({ status: 403, json: { code: 'bus.read-only' } })
  })

  test('a bus that is not there is 404', async () => {
    const answer = await server.call('POST', '/api/v1/buses/nowhere/events', event(), {
      'content-type': structured,
    })

    expect(answer).toMatchObject({ status: 404, json: { code: 'resource.not-found' } })
  })

  test('a full log answers 429 with Retry-After, and stores nothing', async () => {
    await server.call('PUT', '/api/v1/buses/tiny', { retentionBytesMax: 1_024 })
    const send = () =>
      server.call('POST', '/api/v1/buses/tiny/events', event({ data: 'x'.repeat(700) }), {
        'content-type': structured,
      })
    await send()
    const answer = await send()

    expect(answer).toMatchObject({ status: 429, json: { code: 'bus.log-full', limit: 1_024 } })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await server.call('GET', '/api/v1/buses/tiny/status')).json).toMatchObject({ next: 2 })
  })
})
