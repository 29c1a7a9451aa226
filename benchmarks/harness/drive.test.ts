import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { drive } from './drive.ts'

const signal = new AbortController().signal

async function serve(listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A server that keeps every body it is sent. */
async function recorder() {
  const bodies: string[] = []
  const server = await serve((request, response) => {
    let body = ''
    request.on('data', chunk => (body += String(chunk)))
    request.on('end', () => {
      bodies.push(body)
      response.writeHead(204).end()
    })
  })
  return { ...server, bodies }
}

const post = { method: 'POST', path: '/', headers: {}, body: 'n={sequence}' }

test('a counted closed loop sends exactly the requests asked for, each with its own number', async () => {
  using server = await recorder()

  const result = await drive(
    { ...server, requests: [post], connections: 4, requestsMax: 50, warmupRequests: 10 },
    signal,
  )

  expect(result).toMatchObject({ requests: 50, statuses: { 204: 60 }, failures: 0, sequenceNext: 60 })
  expect(result.latencyMs.count).toBe(50)
  expect(new Set(server.bodies).size).toBe(60)
})

test('an open loop sends what is due, and latency counts from when it was due', async () => {
  using server = await serve((_request, response) => void setTimeout(() => response.end('ok'), 5))

  const result = await drive(
    { ...server, requests: [post], connections: 1, requestsMax: 20, ratePerSecond: 1_000 },
    signal,
  )

  // One request comes due every 1 ms, each answer takes 5: the last has waited for all those before it.
  expect(result.requests).toBe(20)
  expect(result.backlogMax).toBeGreaterThan(5)
  expect(result.latencyMs.max).toBeGreaterThan(40)
})

test('measuring begins after the warm-up, also in an open loop bounded by time', async () => {
  using server = await recorder()
  const bounds = { warmupRequests: 30, durationMs: 20, ratePerSecond: 1_000 }

  const result = await drive({ ...server, requests: [post], connections: 4, ...bounds }, signal)

  expect(result.requests).toBe(20)
  expect(server.bodies.length).toBe(50)
})

test('a bound in time ends the run', async () => {
  using server = await recorder()

  const result = await drive({ ...server, requests: [post], connections: 2, durationMs: 30 }, signal)

  expect(result.requests).toBeGreaterThan(0)
  expect(result.requests).toBe(server.bodies.length)
})

test('a connection that breaks is counted and replaced', async () => {
  let seen = 0
  using server = await serve((request, response) => {
    if (++seen === 3) request.socket.destroy()
    else response.end('ok')
  })

  const result = await drive({ ...server, requests: [post], connections: 1, requestsMax: 6 }, signal)

  expect(result).toMatchObject({ requests: 5, failures: 1, statuses: { 200: 5 } })
  expect(result.firstFailure).toBeDefined()
})

test('a server that always breaks ends the run with the reason', async () => {
  using server = await serve(request => void request.socket.destroy())

  const running = drive({ ...server, requests: [post], connections: 2, requestsMax: 1_000 }, signal)

  await expect(running).rejects.toThrow('connections broke')
})

test('an aborted run rejects with the reason, and options without an end are refused', async () => {
  using server = await serve(() => {})
  const controller = new AbortController()
  const running = drive({ ...server, requests: [post], connections: 1, requestsMax: 1 }, controller.signal)
  controller.abort(new Error('enough'))

  await expect(running).rejects.toThrow('enough')
  await expect(drive({ ...server, requests: [post], connections: 1 }, signal)).rejects.toThrow('never end')
})
