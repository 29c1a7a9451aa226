import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { authorization, startServer, type TestServer } from './harness.ts'
import { connectTo } from './raw-socket.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer({
    headersTimeoutMs: 300,
    requestTimeoutMs: 600,
    timeoutCheckMs: 50,
    lingerMs: 400,
    headerBytesMax: 4_096,
    bodyBytesMax: 10_000,
    publishBytesMax: 20_000,
    bodiesBytesMax: 30_000,
  })
  await server.call('PUT', '/api/v1/buses/orders', {})
})
afterAll(() => server[Symbol.asyncDispose]())

/** Whatever a test did to it, the server goes on answering, and nothing that happened was a failure of its own. */
afterEach(async () => {
  expect((await server.call('GET', '/healthz')).status).toBe(200)
  expect(server.logged.filter(({ level }) => level === 'error')).toEqual([])
})

const head = (method: string, path: string, ...headers: string[]): string =>
  [`${method} ${path} HTTP/1.1`, 'host: x', `authorization: ${authorization}`, ...headers, '', ''].join(
    '\r\n',
  )
const publishHead = (...headers: string[]): string =>
  head('POST', '/api/v1/buses/orders/events', 'content-type: application/cloudevents+json', ...headers)

describe('slow and half-sent requests', () => {
  test('a head that never ends is answered with 408 and the connection is closed', async () => {
    await using connection = await connectTo(server.listener)
    connection.write('GET /healthz HTTP/1.1\r\nhost: x\r\n')

    expect(await connection.answer()).toMatchObject({ status: 408, json: { code: 'http.timeout' } })
    await connection.closed
  })

  test('a body that never ends is answered with 408 and the connection is closed', async () => {
    await using connection = await connectTo(server.listener)
    connection.write(`${publishHead('content-length: 100')}{"specver`)

    expect(await connection.answer()).toMatchObject({
      status: 408,
      json: { code: 'http.timeout', requestTimeoutMs: 600 },
    })
    await connection.closed
  })

  test('a body sent a byte at a time is not allowed to take for ever', async () => {
    await using connection = await connectTo(server.listener)
    connection.write(publishHead('content-length: 1000'))
    const drip = setInterval(() => connection.write('x'), 20)
    try {
      expect((await connection.answer()).status).toBe(408)
    } finally {
      clearInterval(drip)
    }
    await connection.closed
  })

  test('a client that leaves in the middle of its body harms nobody', async () => {
    const connection = await connectTo(server.listener)
    connection.write(`${publishHead('content-length: 100')}{"spec`)
    await connection[Symbol.asyncDispose]()

    expect((await server.call('GET', '/api/v1/buses/orders/status')).json).toMatchObject({ next: 1 })
  })
})

describe('sizes', () => {
  test('a body above the limit is 413 with the limit and the size, before it is sent', async () => {
    await using connection = await connectTo(server.listener)
    connection.write(publishHead('content-length: 20001'))

    expect(await connection.answer()).toMatchObject({
      status: 413,
      json: { code: 'http.body-too-large', limit: 20_000, seen: 20_001 },
    })
  })

  test('a client that sends all of its large body still gets to read the refusal, and may go on', async () => {
    await using connection = await connectTo(server.listener)
    connection.write(publishHead('content-length: 5000000'))
    connection.write(Buffer.alloc(5_000_000, 0x78))
    expect((await connection.answer()).status).toBe(413)
    connection.write(head('GET', '/api/v1/buses/orders'))

    expect((await connection.answer()).status).toBe(200)
  })

  test('a chunked body is counted while it arrives', async () => {
    await using connection = await connectTo(server.listener)
    connection.write(publishHead('transfer-encoding: chunked'))
    for (let sent = 0; sent < 3; sent++) connection.write(`2000\r\n${'x'.repeat(0x2000)}\r\n`)

    expect(await connection.answer()).toMatchObject({ status: 413, json: { limit: 20_000 } })
    await connection.closed
  })

  test('other operations have the smaller limit', async () => {
    const answer = await server.call('PUT', '/api/v1/buses/big', { description: 'x'.repeat(11_000) })

    expect(answer).toMatchObject({ status: 413, json: { code: 'http.body-too-large', limit: 10_000 } })
  })

  test('a head above the limit is 431', async () => {
    await using connection = await connectTo(server.listener)
    connection.write(head('GET', '/healthz', `x-long: ${'x'.repeat(8_000)}`))

    expect(await connection.answer()).toMatchObject({
      status: 431,
      json: { code: 'http.headers-too-large', limit: 4_096 },
    })
  })
})

describe('all bodies together', () => {
  test('what does not fit beside the others is 503 with Retry-After, and fits again when they are gone', async () => {
    const send = () =>
      server.call('POST', '/api/v1/buses/orders/events', 'x'.repeat(15_000), {
        'content-type': 'application/cloudevents+json',
      })
    await using first = await connectTo(server.listener)
    first.write(`${publishHead('content-length: 19000')}${'x'.repeat(18_000)}`)
    await expect.poll(async () => (await send()).json?.['code'], { timeout: 3_000 }).toBe('http.overloaded')
    expect((await first.answer()).status).toBe(408)
    const afterwards = await send()

    expect(afterwards).toMatchObject({ status: 400, json: { code: 'cloudevents.invalid-json' } })
  })
})

describe('what is no HTTP', () => {
  test.each([
    ['garbage', '\u0000\u0001\u0002 hello\r\n\r\n'],
    ['a TLS greeting', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
    ['a broken header', 'GET / HTTP/1.1\r\nhost\u0000: x\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n'],
  ])('%s is 400', async (_name, bytes) => {
    await using connection = await connectTo(server.listener)
    connection.write(Buffer.from(bytes, 'latin1'))

    expect((await connection.answer()).status).toBe(400)
  })

  test('garbage behind a good request in one packet does not spoil its answer', async () => {
    await using connection = await connectTo(server.listener)
    connection.write(`${head('GET', '/healthz')}\u0000\u0001garbage\r\n\r\n`)
    await connection.closed

    expect(connection.received()).not.toContain('500')
  })

  test('a broken chunk ends the request with 400', async () => {
    await using connection = await connectTo(server.listener)
    connection.write(`${publishHead('transfer-encoding: chunked')}zz\r\nhello\r\n`)

    expect((await connection.answer()).status).toBe(400)
  })
})

describe('credentials come first', () => {
  test('a request without credentials is refused before its body is read', async () => {
    await using connection = await connectTo(server.listener)
    connection.write(
      'POST /api/v1/buses/orders/events HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n',
    )

    expect(await connection.answer()).toMatchObject({ status: 401, json: { code: 'auth.unauthenticated' } })
  })

  test('a client that waits with its body is asked for it only when its head is accepted', async () => {
    await using stranger = await connectTo(server.listener)
    const expecting = ['content-length: 2', 'expect: 100-continue']
    stranger.write(['PUT /api/v1/buses/b HTTP/1.1', 'host: x', ...expecting, '', ''].join('\r\n'))
    expect((await stranger.answer()).status).toBe(401)

    await using friend = await connectTo(server.listener)
    const json = 'content-type: application/json'
    friend.write(head('PUT', '/api/v1/buses/asked', json, ...expecting))
    expect((await friend.answer()).status).toBe(100)
    friend.write('{}')
    expect((await friend.answer()).status).toBe(201)

    await using producer = await connectTo(server.listener)
    producer.write(publishHead('content-length: 30000', 'expect: 100-continue'))
    expect((await producer.answer()).status).toBe(413)
  })

  test('a refused client that goes on sending without end is cut off', async () => {
    await using connection = await connectTo(server.listener)
    connection.write(
      'POST /api/v1/buses/orders/events HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n',
    )
    expect((await connection.answer()).status).toBe(401)
    const flood = setInterval(() => connection.write('4\r\nabcd\r\n'), 20)
    try {
      await connection.closed
    } finally {
      clearInterval(flood)
    }

    expect(connection.received()).toBe('')
  })
})

describe('JSON bodies', () => {
  test.each([
    ['not JSON', '{"a":', 'http.invalid-json'],
    ['nothing', '', 'http.invalid-json'],
    ['a list', '[]', 'http.invalid-request'],
    ['a text', '"x"', 'http.invalid-request'],
    ['null', 'null', 'http.invalid-request'],
    ['a prototype', '{"__proto__":{"a":1}}', 'http.invalid-json'],
    ['a hidden prototype', '{"\\u005f_proto__":{"a":1}}', 'http.invalid-json'],
  ])('%s is 400', async (_name, body, code) => {
    const answer = await server.call('PUT', '/api/v1/buses/orders', body, {
      'content-type': 'application/json',
    })

    expect(answer).toMatchObject({ status: 400, json: { code } })
  })

  test('bytes that are not UTF-8 are 400, and the body is not quoted', async () => {
    const answer = await server.call(
      'PUT',
      '/api/v1/buses/orders',
      Buffer.from('{"secret\xff":1}', 'latin1'),
      {
        'content-type': 'application/json',
      },
    )

    expect(answer).toMatchObject({ status: 400, json: { code: 'http.invalid-json' } })
    expect(answer.text).not.toContain('secret')
  })

  test('another content type is 415', async () => {
    const answer = await server.call('PUT', '/api/v1/buses/orders', '{}', { 'content-type': 'text/plain' })

    expect(answer).toMatchObject({ status: 415, json: { code: 'http.unsupported-media-type' } })
  })
})

describe('paths and methods', () => {
  test('an unknown path is 404, a wrong method 405 with Allow', async () => {
    expect(await server.call('GET', '/api/v1/busses')).toMatchObject({
      status: 404,
      json: { code: 'http.not-found' },
    })
    const answer = await server.call('POST', '/api/v1/buses', {})
    expect(answer).toMatchObject({ status: 405, json: { code: 'http.method-not-allowed' } })
    expect(answer.headers.get('allow')).toContain('GET')
  })

  test('a path with broken escapes is 400', async () => {
    await using connection = await connectTo(server.listener)
    connection.write(head('GET', '/api/v1/buses/%zz'))

    expect((await connection.answer()).status).toBe(400)
  })
})
