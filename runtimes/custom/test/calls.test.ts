import { frameType } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { partsOf, request, startedServer } from './custom-host.ts'

const text = ({ payload }: { readonly payload: Uint8Array }): string => Buffer.from(payload).toString()

describe('events', () => {
  test('come as POST /invoke with the headers of the platform', async () => {
    await using started = await startedServer(
      'response.end(JSON.stringify([request.method, request.url, body, request.headers]))',
    )
    const answer = await started.host.invoke('event', {
      requestId: 'request-x',
      qualifier: 'prod',
      credentials: { accessKeyId: 'k', accessKeySecret: 's', securityToken: 't' },
    })
    const [method, url, body, headers] = JSON.parse(text(answer)) as unknown[]
    expect([method, url, body]).toEqual(['POST', '/invoke', 'event'])
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'x-fc-control-path': '/invoke',
      'x-fc-request-id': 'request-x',
      'x-fc-function-name': 'f',
      'x-fc-function-handler': 'index.handler',
      'x-fc-function-memory': '256',
      'x-fc-function-timeout': '3',
      'x-fc-qualifier': 'prod',
      'x-fc-retry-count': '0',
      'x-fc-access-key-id': 'k',
      'x-fc-access-key-secret': 's',
      'x-fc-security-token': 't',
    })
  })

  test('are answered with the body and its type, whatever the status', async () => {
    await using started = await startedServer(
      `response.writeHead(503, { 'content-type': 'text/html' }); response.end('<p>')`,
    )
    const answer = await started.host.invoke('')
    expect(answer).toMatchObject({ type: frameType.result, header: { contentType: 'text/html' } })
    expect(text(answer)).toBe('<p>')
  })

  test('fail when the code says so by x-fc-status, with the body as the error', async () => {
    await using started = await startedServer(
      `response.setHeader('x-fc-status', body); response.end('no such order')`,
    )
    expect(await started.host.invoke('200')).toMatchObject({ type: frameType.result })
    expect(await started.host.invoke('404')).toMatchObject({
      type: frameType.error,
      header: { kind: 'unhandled', errorType: 'InvocationError', errorMessage: 'no such order' },
    })
    expect(await started.host.invoke('200')).toMatchObject({ type: frameType.result })
  })

  test('fail when the connection breaks, and are not sent twice', async () => {
    await using started = await startedServer(`
      state.count = (state.count ?? 0) + 1
      if (body === 'break') request.socket.destroy()
      else response.end(String(state.count))`)
    expect(await started.host.invoke('break')).toMatchObject({
      type: frameType.error,
      header: { errorMessage: 'Process exited unexpectedly before completing request' },
    })
    expect(text(await started.host.invoke(''))).toBe('2')
  })

  test('a result above 32 MiB is refused', async () => {
    await using started = await startedServer('response.end(Buffer.alloc(32 * 1024 * 1024 + 1))')
    expect(await started.host.invoke('')).toMatchObject({ header: { errorType: 'ResultTooLarge' } })
  })

  test('a program that is killed leaves no answer, and takes its instance with it', async () => {
    await using started = await startedServer(`process.kill(process.pid, 'SIGKILL')`)
    started.host.begin('')
    expect(await started.host.exited).toBe('SIGKILL')
  })

  test('a program that ends between invocations says how far it came', async () => {
    await using started = await startedServer('response.end(); setImmediate(() => process.exit(5))')
    const channel = started.host.begin('')
    await started.host.answer(channel)
    await started.host.next(channel, frameType.leaving)
    expect(await started.host.exited).toBe(5)
  })
})

describe('HTTP requests', () => {
  test('reach the code as they were sent, less what is the platform’s', async () => {
    await using started = await startedServer(`
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify([request.method, request.url, body, request.rawHeaders]))`)
    const http = request('PUT', '/a%20b', {
      query: 'k=v&k=w',
      headers: {
        host: 'example.com',
        cookie: 'a=1',
        'x-multi': ['1', '2'],
        'x-fc-account-id': 'forged',
        connection: 'close',
      },
    })
    const channel = started.host.begin('payload', { http })
    const { head, body, end } = await partsOf(started.host, channel)
    const [method, url, sent, rawHeaders] = JSON.parse(body) as [string, string, string, string[]]
    expect([method, url, sent]).toEqual(['PUT', '/a%20b?k=v&k=w', 'payload'])
    const headers = rawHeaders.join('\n')
    for (const expected of ['host\nexample.com', 'cookie\na=1', 'x-multi\n1', 'x-multi\n2']) {
      expect(headers).toContain(expected)
    }
    expect(headers).toContain('x-fc-control-path\n/http-invoke')
    expect(headers).not.toContain('forged')
    expect(head.header).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
    })
    expect(end).toMatchObject({ type: frameType.result })
    expect(end.payload).toHaveLength(0)
  })

  test('status, repeated headers and an empty body pass', async () => {
    await using started = await startedServer(`
      response.writeHead(204, { 'set-cookie': ['a=1', 'b=2'], location: '/x', 'x-fc-internal': '1' })
      response.end()`)
    const channel = started.host.begin('', { http: request('DELETE', '/') })
    const { head, body } = await partsOf(started.host, channel)
    expect(head.header).toMatchObject({
      statusCode: 204,
      headers: { 'set-cookie': ['a=1', 'b=2'], location: '/x' },
    })
    expect(head.header['headers']).not.toHaveProperty('x-fc-internal')
    expect(head.header['headers']).not.toHaveProperty('connection')
    expect(body).toBe('')
  })

  test('an answer comes in the parts in which it is written', async () => {
    await using started = await startedServer(`
      if (body === 'go') { state.response.write('second'); state.response.end(); response.end(); return }
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('first')
      state.response = response`)
    const channel = started.host.begin('', { http: request('GET', '/') })
    expect(text(await started.host.next(channel, frameType.data))).toBe('first')
    await partsOf(started.host, started.host.begin('go', { http: request('POST', '/') }))
    expect(text(await started.host.next(channel, frameType.data))).toBe('second')
    expect(await started.host.next(channel, frameType.result)).toBeDefined()
  })

  test('an instance sends no more than the window until it is given room', async () => {
    const bytes = 8 * 1024 * 1024
    await using started = await startedServer(`response.end(Buffer.alloc(${bytes}))`)
    const channel = started.host.begin('', { http: request('GET', '/') })
    let seen = 0
    const window = 1024 * 1024
    while (seen < window) seen += (await started.host.next(channel, frameType.data)).payload.length
    // Whatever was sent before the answer to a ping is here when that is.
    started.host.send(frameType.ping, 77)
    await started.host.next(77, frameType.pong)
    expect(seen).toBeLessThan(window + 65 * 1024)
    started.host.send(frameType.credit, channel, { bytes: seen })
    while (seen < bytes) {
      const { payload } = await started.host.next(channel, frameType.data)
      seen += payload.length
      started.host.send(frameType.credit, channel, { bytes: payload.length })
    }
    expect(await started.host.next(channel, frameType.result)).toBeDefined()
    expect(seen).toBe(bytes)
  })

  test('an idempotent request is sent once more when its connection breaks, another is not', async () => {
    await using started = await startedServer(`
      state.count = (state.count ?? 0) + 1
      if (state.count % 2 === 1) request.socket.destroy()
      else response.end(String(state.count))`)
    const get = await partsOf(started.host, started.host.begin('', { http: request('GET', '/') }))
    expect(get.body).toBe('2')
    const channel = started.host.begin('x', { http: request('POST', '/') })
    expect(await started.host.next(channel, frameType.error)).toMatchObject({
      header: { errorMessage: 'Process exited unexpectedly before completing request' },
    })
  })

  test('an answer that breaks off in the middle ends as a failure', async () => {
    await using started = await startedServer(`
      response.write('half'); setImmediate(() => request.socket.destroy())`)
    const channel = started.host.begin('', { http: request('GET', '/') })
    const { body, end } = await partsOf(started.host, channel)
    expect(body).toBe('half')
    expect(end).toMatchObject({ type: frameType.error })
  })

  test('a request whose client has gone is closed, and the instance goes on', async () => {
    await using started = await startedServer(`
      if (request.url === '/seen') { response.end(String(state.closed)); return }
      response.write('open')
      response.on('close', () => { state.closed = true })`)
    const channel = started.host.begin('', { http: request('GET', '/') })
    await started.host.next(channel, frameType.data)
    started.host.send(frameType.cancel, channel)
    expect(await started.host.next(channel, frameType.error)).toMatchObject({
      header: { errorType: 'Cancelled' },
    })
    const seen = await partsOf(started.host, started.host.begin('', { http: request('GET', '/seen') }))
    expect(seen.body).toBe('true')
  })
})
