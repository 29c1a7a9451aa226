import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from './harness.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

function call(method: string, path: string, body?: unknown, headers?: Record<string, string>) {
  return server.call(method, `/api/v1${path}`, body, headers)
}

interface Received {
  readonly handle: string
  readonly body?: string
  readonly bodyBase64?: string
}

async function receive(queue: string, body: object = {}): Promise<Received[]> {
  const { json } = await call('POST', `/queues/${queue}/receive`, body)
  return json?.['messages'] as Received[]
}

describe('queues', () => {
  test('are created, changed, read, listed and deleted like every other resource', async () => {
    expect((await call('PUT', '/queues/a', {})).status).toBe(201)
    expect((await call('PUT', '/queues/a', {})).status).toBe(200)
    const changed = await call('PUT', '/queues/a', { visibilityMs: 60_000 }, { 'if-match': '"1"' })
    expect(changed.json).toMatchObject({ revision: 2, created: false, spec: { visibilityMs: 60_000 } })
    expect((await call('PUT', '/queues/a', {}, { 'if-match': '"1"' })).json?.['code']).toBe(
      'resource.conflict',
    )
    expect((await call('GET', '/queues/a')).headers.get('etag')).toBe('"2"')
    expect((await call('GET', '/queues')).json?.['items']).toMatchObject([{ name: 'a' }])
    expect((await call('DELETE', '/queues/a')).status).toBe(204)
    expect((await call('GET', '/queues/a')).json?.['code']).toBe('resource.not-found')
  })

  test('cannot be their own dead letter, nor have one that is not there', async () => {
    for (const queue of ['own', 'none']) {
      const { json } = await call('PUT', '/queues/own', { deadLetter: { queue } })
      expect(json?.['code']).toBe('rule.sink-invalid')
    }
  })

  test('begin anew when they are made again', async () => {
    await call('PUT', '/queues/again', {})
    await call('POST', '/queues/again/messages', { messages: [{ body: 'old' }] })
    await call('DELETE', '/queues/again')
    await call('PUT', '/queues/again', {})
    expect(await receive('again')).toEqual([])
  })
})

describe('messages', () => {
  test('are sent, looked at, received, put off and deleted', async () => {
    await call('PUT', '/queues/m', {})
    const { json } = await call('POST', '/queues/m/messages', {
      messages: [
        { body: 'grüß', priority: 1, properties: [{ name: 'k', value: 'v' }] },
        { bodyBase64: Buffer.from([0xff, 0]).toString('base64') },
        { body: 'later', delayMs: 600_000 },
      ],
    })
    expect(json?.['outcomes']).toMatchObject([
      { status: 'sent' },
      { status: 'sent' },
      { status: 'sent', handle: expect.any(String) },
    ])
    expect((await call('GET', '/queues/m/status')).json).toMatchObject({ active: 2, inactive: 0, delayed: 1 })
    const seen = await call('GET', '/queues/m/messages')
    expect(seen.json?.['messages']).toMatchObject([
      { body: 'grüß', receives: 0, properties: [{ name: 'k', value: 'v', type: 'STRING' }] },
      { bodyBase64: '/wA=' },
    ])
    const [first, second] = await receive('m', { count: 10 })
    const changed = await call('POST', '/queues/m/visibility', {
      handle: first?.handle,
      visibilityMs: 60_000,
    })
    const { handle } = changed.json as { handle: string }
    const handles = [handle, second?.handle, first?.handle]
    const deleted = await call('POST', '/queues/m/delete', { handles })
    expect(deleted.json?.['failures']).toMatchObject([{ index: 2, code: 'queue.message-not-found' }])
    expect((await call('GET', '/queues/m/status')).json).toMatchObject({ active: 0, inactive: 0, delayed: 1 })
  })

  test('wake a receive that waits', async () => {
    await call('PUT', '/queues/w', {})
    const waiting = receive('w', { waitMs: 30_000 })
    await call('POST', '/queues/w/messages', { messages: [{ body: 'now' }] })
    expect(await waiting).toMatchObject([{ body: 'now' }])
  })

  test('that do not fit are refused beside those that do', async () => {
    await call('PUT', '/queues/small', { messageBytesMax: 1_024 })
    const messages = [{ body: 'x'.repeat(1_025) }, { body: 'fits' }]
    const { json } = await call('POST', '/queues/small/messages', { messages })
    expect(json?.['outcomes']).toMatchObject([
      { status: 'refused', code: 'queue.message-too-large' },
      { status: 'sent' },
    ])
    const both = await call('POST', '/queues/small/messages', {
      messages: [{ body: 'a', bodyBase64: 'YQ==' }],
    })
    expect(both.json?.['code']).toBe('queue.message-invalid')
    const gone = await call('POST', '/queues/none/messages', { messages: [{ body: 'a' }] })
    expect([gone.status, gone.json?.['code']]).toEqual([404, 'queue.not-found'])
  })

  test('that are waited for by a client that has left go to the next one', async () => {
    await call('PUT', '/queues/left', {})
    const leaving = new AbortController()
    const { url } = server.listener
    const request = fetch(`${url}/api/v1/queues/left/receive`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer MRTEST.c2VjcmV0LW9mLXRoZS10ZXN0cw',
        'content-type': 'application/json',
      },
      body: '{"waitMs":30000}',
      signal: leaving.signal,
    })
    leaving.abort()
    await expect(request).rejects.toThrow()
    await call('POST', '/queues/left/messages', { messages: [{ body: 'a' }] })
    expect(await receive('left', { waitMs: 5_000 })).toMatchObject([{ body: 'a' }])
  })
})

describe('topics', () => {
  test('and their subscriptions are resources; messages are published', async () => {
    expect((await call('PUT', '/topics/t', {})).status).toBe(201)
    const subscription = { endpoint: { url: 'http://127.0.0.1:1/in' }, filterTag: 'red' }
    expect((await call('PUT', '/topics/t/subscriptions/s', subscription)).status).toBe(201)
    expect((await call('PUT', '/topics/t/subscriptions/s', subscription)).status).toBe(200)
    expect((await call('GET', '/topics/t/subscriptions')).json?.['items']).toMatchObject([
      { name: 's', spec: { ...subscription, strategy: 'BACKOFF_RETRY', format: 'XML' } },
    ])
    const nowhere = await call('PUT', '/topics/t/subscriptions/n', { endpoint: { queue: 'none' } })
    expect(nowhere.json?.['code']).toBe('rule.sink-invalid')
    const published = await call('POST', '/topics/t/messages', { body: 'x', tag: 'blue' })
    expect(published.json?.['id']).toMatch(/^\w+$/)
    expect((await call('GET', '/topics/t/status')).json).toEqual({ pending: 0 })
    await call('POST', '/topics/t/messages', { body: 'x', tag: 'red' })
    await expect.poll(async () => (await call('GET', '/topics/t/status')).json).toEqual({ pending: 1 })
    expect((await call('DELETE', '/topics/t/subscriptions/s')).status).toBe(204)
    expect((await call('GET', '/topics/t/subscriptions/s')).json?.['code']).toBe('resource.not-found')
    expect((await call('DELETE', '/topics/t')).status).toBe(204)
    expect((await call('POST', '/topics/t/messages', { body: 'x' })).json?.['code']).toBe('topic.not-found')
  })
})
