import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authorization, startServer, type TestServer } from './harness.ts'
import { connectTo, type RawConnection } from './raw-socket.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer({
    tailHeartbeatMs: 50,
    tailStallMs: 200,
    tailBufferBytesMax: 50_000,
    lingerMs: 200,
  })
})
afterAll(() => server[Symbol.asyncDispose]())

async function publish(
  bus: string,
  id: string,
  members: Record<string, unknown> = {},
  to: TestServer = server,
): Promise<void> {
  const event = { specversion: '1.0', source: '/shop', type: 'a', id, ...members }
  await to.call('POST', `/api/v1/buses/${bus}/events`, event, {
    'content-type': 'application/cloudevents+json',
  })
}

interface Message {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string
}

/** Follows a live tail; `next` resolves with the next message, `text` with the first comment. */
async function follow(path: string, headers: Record<string, string> = {}, from: TestServer = server) {
  const leave = new AbortController()
  const response = await fetch(from.listener.url + path, {
    headers: { authorization, accept: 'text/event-stream', ...headers },
    signal: leave.signal,
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let buffer = ''

  async function block(): Promise<string | undefined> {
    for (;;) {
      const end = buffer.indexOf('\n\n')
      if (end >= 0) {
        const text = buffer.slice(0, end)
        buffer = buffer.slice(end + 2)
        return text
      }
      const chunk = await reader?.read()
      if (chunk === undefined || chunk.done) return undefined
      buffer += chunk.value
    }
  }

  async function next(): Promise<Message | undefined> {
    for (;;) {
      const text = await block()
      if (text === undefined) return undefined
      if (text.startsWith(':')) continue
      const fields = text
        .split('\n')
        .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
      const field = (name: string) => fields.filter(([key]) => key === name).map(([, value]) => value)
      return { id: field('id')[0], event: field('event')[0], data: field('data').join('\n') }
    }
  }

  return { response, next, block, leave: () => leave.abort() }
}

describe('a live tail', () => {
  test('begins with what is published next, and tells positions', async () => {
    await server.call('PUT', '/api/v1/buses/live', {})
    await publish('live', 'before')
    const tail = await follow('/api/v1/buses/live/events')
    expect(tail.response.headers.get('content-type')).toContain('text/event-stream')
    await publish('live', 'after')
    const message = await tail.next()
    tail.leave()

    expect(message?.id).toBe('2')
    expect(JSON.parse(message?.data ?? '')).toMatchObject({ id: 'after' })
  })

  test('goes on behind the last event that the client saw', async () => {
    await server.call('PUT', '/api/v1/buses/resumed', {})
    for (const id of ['1', '2', '3']) await publish('resumed', id)
    const tail = await follow('/api/v1/buses/resumed/events', { 'last-event-id': '2' })
    const message = await tail.next()
    tail.leave()

    expect(message).toMatchObject({ id: '3' })
  })

  test('begins where it is told', async () => {
    await server.call('PUT', '/api/v1/buses/old', {})
    for (const id of ['1', '2']) await publish('old', id)
    const tail = await follow('/api/v1/buses/old/events?from=1')
    const messages = [await tail.next(), await tail.next()]
    tail.leave()

    expect(messages.map(message => message?.id)).toEqual(['1', '2'])
  })

  test('carries only what matches its pattern', async () => {
    await server.call('PUT', '/api/v1/buses/filtered', {})
    const pattern = encodeURIComponent(JSON.stringify({ type: ['wanted'] }))
    const tail = await follow(`/api/v1/buses/filtered/events?pattern=${pattern}`)
    await publish('filtered', '1')
    await publish('filtered', '2', { type: 'wanted' })
    const message = await tail.next()
    tail.leave()

    expect(message?.id).toBe('2')
  })

  test('an event that was written over several lines arrives whole', async () => {
    await server.call('PUT', '/api/v1/buses/lines', {})
    const tail = await follow('/api/v1/buses/lines/events')
    const text = '{"specversion":"1.0",\r\n "id":"1",\n "source":"/a",\r "type":"t"}'
    await server.call('POST', '/api/v1/buses/lines/events', text, {
      'content-type': 'application/cloudevents+json',
    })
    const message = await tail.next()
    tail.leave()

    expect(JSON.parse(message?.data ?? '')).toMatchObject({ id: '1', type: 't' })
  })

  test('sends comments while nothing happens', async () => {
    await server.call('PUT', '/api/v1/buses/quiet', {})
    const tail = await follow('/api/v1/buses/quiet/events')
    const comments = [await tail.block(), await tail.block(), await tail.block()]
    tail.leave()

    expect(comments).toEqual([': connected', ': still here', ': still here'])
  })

  test('is refused as a problem when the bus or the pattern is wrong', async () => {
    expect((await follow('/api/v1/buses/nowhere/events')).response.status).toBe(404)
    expect((await follow('/api/v1/buses/live/events?pattern=5')).response.status).toBe(400)
  })

  test('ends with a reason when its bus is deleted', async () => {
    await server.call('PUT', '/api/v1/buses/doomed', {})
    const tail = await follow('/api/v1/buses/doomed/events')
    await server.call('DELETE', '/api/v1/buses/doomed')

    expect(await tail.next()).toMatchObject({ event: 'end', data: '{"reason":"source-gone"}' })
    expect(await tail.next()).toBeUndefined()
  })

  test('a reader that takes nothing is disconnected, and the log is not read for it meanwhile', async () => {
    await using small = await startServer({ tailsMax: 2, tailStallMs: 200, tailBufferBytesMax: 50_000 })
    await small.call('PUT', '/api/v1/buses/flood', { eventBytesMax: 1_000_000 })
    await using stuck: RawConnection = await connectTo(small.listener)
    stuck.write(
      `GET /api/v1/buses/flood/events?from=1 HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\naccept: text/event-stream\r\nconnection: close\r\n\r\n`,
    )
    await new Promise<void>(resolve => stuck.socket.once('data', () => resolve()))
    stuck.socket.pause()
    for (let sent = 0; sent < 24; sent++) {
      await publish('flood', `big-${sent}`, { data: 'x'.repeat(900_000) }, small)
    }
    const reading = await follow('/api/v1/buses/flood/events?from=24', {}, small)
    expect(await reading.next()).toMatchObject({ id: '24' })
    // Both places are taken; the one of the stuck reader becomes free when the server gives it up.
    await expect
      .poll(
        async () => {
          const third = await follow('/api/v1/buses/flood/events', {}, small)
          third.leave()
          return third.response.status
        },
        { timeout: 10_000, interval: 100 },
      )
      .toBe(200)
    reading.leave()
    // What was on its way arrives, and then the end.
    stuck.socket.resume()
    await expect
      .poll(() => stuck.socket.destroyed || stuck.socket.readableEnded, { timeout: 10_000 })
      .toBe(true)
  })

  test('more tails than allowed are refused with Retry-After, and places become free again', async () => {
    await using small = await startServer({ tailsMax: 2 })
    const path = '/api/v1/buses/default/events'
    const tails = [await follow(path, {}, small), await follow(path, {}, small)]
    const refused = await follow(path, {}, small)
    expect(refused.response.status).toBe(429)
    expect(Number(refused.response.headers.get('retry-after'))).toBeGreaterThan(0)
    for (const tail of tails) tail.leave()

    await expect
      .poll(async () => {
        const tail = await follow(path, {}, small)
        tail.leave()
        return tail.response.status
      })
      .toBe(200)
  })
})

describe('closing', () => {
  test('tails are told and ended, requests in flight are finished, and the port is free again', async () => {
    const release = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const closing = await startServer({ drainMs: 5_000 }, services => ({
      ...services,
      plugins: {
        async connectors() {
          reached.resolve()
          await release.promise
          return []
        },
      },
    }))
    await closing.call('PUT', '/api/v1/buses/b', {})
    const tail = await follow('/api/v1/buses/b/events', {}, closing)
    const inFlight = closing.call('GET', '/api/v1/connectors')
    await reached.promise
    const closed = closing[Symbol.asyncDispose]()
    expect(await tail.next()).toMatchObject({ event: 'end', data: '{"reason":"server-closing"}' })
    release.resolve()
    expect((await inFlight).status).toBe(200)
    await closed

    await expect(fetch(`${closing.listener.url}/healthz`)).rejects.toThrow('fetch failed')
  })

  test('a connection that never sent a request does not hold up the end', async () => {
    const closing = await startServer({ drainMs: 3_600_000 })
    const silent = connect(closing.listener.port, '127.0.0.1')
    silent.resume()
    const ended = once(silent, 'close')
    await once(silent, 'connect')
    // The server knows the connection once it has answered somebody who came later.
    await closing.call('GET', '/healthz')
    await closing[Symbol.asyncDispose]()
    await ended
  })

  test('what does not end in time is cut, and closing twice is closing once', async () => {
    const closing = await startServer({ drainMs: 100 }, services => ({
      ...services,
      plugins: { connectors: () => new Promise<never>(() => {}) },
    }))
    const inFlight = closing.call('GET', '/api/v1/connectors').then(
      () => 'answered',
      () => 'cut',
    )
    await using connection = await connectTo(closing.listener)
    connection.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
    await connection.answer()
    await Promise.all([closing.listener[Symbol.asyncDispose](), closing.listener[Symbol.asyncDispose]()])

    expect(await inFlight).toBe('cut')
    await closing[Symbol.asyncDispose]()
  })
})
