import { connect } from 'node:net'
import { once } from 'node:events'
import type { DoorAnswer, DoorRequest } from '@millrace/spi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Doors } from '../../src/http/index.ts'
import { startServer, testAccount, type TestServer } from './harness.ts'

const address = `/hooks/${testAccount}/shop`
const doors = new Doors()
let server: TestServer

beforeAll(async () => {
  server = await startServer({ lingerMs: 200, hookTimeoutMs: 30_000 }, services => ({ ...services, doors }))
  const spec = { source: { connector: 'http' }, sink: { bus: 'b' } }
  await server.call('PUT', '/api/v1/streams/shop', spec)
})
afterAll(() => server[Symbol.asyncDispose]())

type Handler = (request: DoorRequest, signal: AbortSignal) => Promise<DoorAnswer>

const listening = (handler: Handler, bodyBytesMax = 1_000): Disposable =>
  doors.door(`${testAccount}/shop`).open(handler, { bodyBytesMax })

const knock = (path: string, init?: RequestInit): Promise<Response> => fetch(server.listener.url + path, init)

test('a request is handed over as it came, without credentials, and the answer goes back', async () => {
  const seen: DoorRequest[] = []
  using _listening = listening(async request => {
    seen.push(request)
    return { status: 202, headers: { 'x-delivery': '7' }, body: 'taken' }
  })
  const answer = await knock(`${address}/push?a=1&a=2`, {
    method: 'POST',
    headers: [
      ['X-Signature', 'one'],
      ['X-Signature', 'two'],
    ],
    body: 'ä {"n":1}',
  })

  expect([answer.status, answer.headers.get('x-delivery'), await answer.text()]).toEqual([202, '7', 'taken'])
  expect(seen).toMatchObject([
    { method: 'POST', target: '/push?a=1&a=2', remoteAddress: expect.stringContaining('127.0.0.1') },
  ])
  expect(seen[0]?.headers['x-signature']).toBe('one, two')
  expect(Buffer.from(seen[0]?.body ?? []).toString()).toBe('ä {"n":1}')
})

test.each([
  ['', ''],
  ['/', '/'],
  ['?a=1', '/?a=1'],
  ['/?a=1', '/?a=1'],
  ['/a%20b', '/a%20b'],
])(
  'what stands behind the address, %j, is the target %j; the handler decides about methods',
  async (behind, target) => {
    using _listening = listening(async request => ({
      status: 405,
      body: `${request.method} ${request.target}`,
    }))
    const answer = await knock(address + behind)

    expect([answer.status, await answer.text()]).toEqual([405, `GET ${target}`])
  },
)

test('a stream that nobody attends says when to come again, and one that is not there that it is not', async () => {
  const unattended = await knock(address, { method: 'POST', body: '{}' })
  const unknown = await knock(`/hooks/${testAccount}/nowhere/x`, { method: 'POST', body: '{}' })
  const short = await knock('/hooks/')

  expect([unattended.status, unattended.headers.get('retry-after')]).toEqual([503, '5'])
  expect(await unattended.json()).toMatchObject({ code: 'hook.unattended' })
  for (const answer of [unknown, short]) {
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'hook.stream-not-found' })
  }
  expect((await knock('/hooks/%zz/shop')).status).toBe(400)
})

test('a body that is too large never reaches the handler, with its length or without', async () => {
  let calls = 0
  using _listening = listening(async () => (calls++, { status: 200 }), 10)
  const chunks = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(8))
      controller.enqueue(new Uint8Array(8))
      controller.close()
    },
  })
  const told = await knock(address, { method: 'POST', body: 'x'.repeat(11) })
  const untold = await knock(address, { method: 'POST', body: chunks, duplex: 'half' })

  expect([told.status, untold.status, calls]).toEqual([413, 413, 0])
  expect((await knock(address, { method: 'POST', body: 'x'.repeat(10) })).status).toBe(200)
})

test('a caller that leaves aborts the handler', async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const { promise: aborted, resolve: abort } = Promise.withResolvers<unknown>()
  using _listening = listening((_, signal) => {
    begin()
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        abort(signal.reason)
        reject(signal.reason as Error)
      })
    })
  })
  const { port } = server.listener
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`POST ${address} HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}`)
  await begun
  socket.destroy()

  expect(await aborted).toMatchObject({ message: 'the caller has left' })
})

test('a handler that fails is a failure of the server, which does not tell why', async () => {
  using _listening = listening(async () => await Promise.reject(new Error('planted detail')))
  const answer = await knock(address, { method: 'POST', body: '{}' })

  expect(answer.status).toBe(500)
  expect(await answer.text()).not.toContain('planted')
  expect(
    server.logged.some(({ level, fields }) => level === 'error' && fields?.['route'] !== undefined),
  ).toBe(true)
})

test('a handler that does not answer in time is given up', async () => {
  await using hasty = await startServer({ hookTimeoutMs: 20 }, services => ({ ...services, doors }))
  await hasty.call('PUT', '/api/v1/streams/shop', { source: { connector: 'http' }, sink: { bus: 'b' } })
  using _listening = listening(
    (_, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      ),
  )
  const answer = await fetch(hasty.listener.url + address, { method: 'POST', body: '{}' })

  expect(answer.status).toBe(504)
  expect(await answer.json()).toMatchObject({ code: 'hook.timeout' })
})
