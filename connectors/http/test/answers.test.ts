import { outgoing } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { startBrokenTarget } from './broken-target.ts'
import { openSink, writeOne } from './open-sink.ts'
import { startTarget } from './target.ts'

describe('what the target receives', () => {
  test('is the event in structured mode, with its length', async () => {
    await using target = await startTarget((_seen, response) => response.writeHead(200).end('thanks'))
    await using sink = openSink({ url: `${target.url}hook?k=1`, headers: { 'X-Shop': 'Größe' } })
    expect(await writeOne(sink)).toEqual({ status: 'ok', detail: '200 OK' })
    const [seen] = target.seen
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/hook?k=1',
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'content-length': String(outgoing('e1').event.length),
        'millrace-event-id': 'e1',
        'millrace-attempt': '1',
        'user-agent': 'millrace',
        'x-shop': Buffer.from('Größe').toString('latin1'),
      },
    })
    expect(seen?.body.equals(outgoing('e1').event)).toBe(true)
  })

  test.each(['PUT', 'PATCH', 'DELETE'] as const)('can be a %s', async method => {
    await using target = await startTarget((_seen, response) => response.writeHead(204).end())
    await using sink = openSink({ url: target.url, method })
    expect(await writeOne(sink)).toEqual({ status: 'ok', detail: '204 No Content' })
    expect(target.seen).toMatchObject([{ method, body: Buffer.from(outgoing('e1').event) }])
  })

  test.each(['GET', 'HEAD'] as const)('has no body when it is a %s', async method => {
    await using target = await startTarget((_seen, response) => response.writeHead(200).end())
    await using sink = openSink({ url: target.url, method })
    expect(await writeOne(sink)).toMatchObject({ status: 'ok' })
    expect(target.seen).toMatchObject([{ method, body: Buffer.alloc(0) }])
  })

  test('is never more than one header for one value, whatever the value holds', async () => {
    await using target = await startTarget((_seen, response) => response.end())
    await using sink = openSink({ url: target.url })
    const outcome = await writeOne(sink, { parameters: { 'headers.x-a': 'b\r\nx-evil: 1' } })
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'sink.rejected' } })
    expect(target.seen).toEqual([])
  })
})

describe('what the target answers', () => {
  test('is a failure that may pass with 503, and its Retry-After is heard', async () => {
    await using target = await startTarget((_seen, response) =>
      response.writeHead(503, { 'retry-after': '7' }).end('busy with your secret'),
    )
    await using sink = openSink({ url: target.url })
    expect(await writeOne(sink)).toMatchObject({
      status: 'failed',
      detail: '503 Service Unavailable',
      error: {
        code: 'sink.unavailable',
        message: `The target 127.0.0.1:${target.port} answered 503 Service Unavailable.`,
        retry: { kind: 'after', delayMs: 7_000 },
      },
    })
  })

  test('may be preceded by informational answers', async () => {
    await using target = await startTarget((_seen, response) => {
      response.writeProcessing()
      response.writeEarlyHints({ link: '</x>; rel=preload' })
      response.writeHead(201).end()
    })
    await using sink = openSink({ url: target.url })
    expect(await writeOne(sink)).toEqual({ status: 'ok', detail: '201 Created' })
  })

  test('may be short: its connection serves the next request', async () => {
    await using target = await startTarget((_seen, response) => response.end('x'.repeat(10_000)))
    await using sink = openSink({ url: target.url, connectionsMax: 1 })
    for (let i = 0; i < 20; i++) expect(await writeOne(sink)).toMatchObject({ status: 'ok' })
    expect(target.connections).toBe(1)
  })

  test('may be endless: it is cut off, and the outcome stands', async () => {
    await using target = await startTarget((_seen, response) => {
      const chunk = Buffer.alloc(65_536)
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', pour)
      response.writeHead(200)
      pour()
    })
    await using sink = openSink({ url: target.url, responseBytesMax: 100_000 })
    expect(await writeOne(sink)).toEqual({ status: 'ok', detail: '200 OK' })
    expect(await writeOne(sink)).toEqual({ status: 'ok', detail: '200 OK' })
    expect(target.connections).toBe(2)
  })

  test('may break off in its body: the status has decided', async () => {
    await using target = await startBrokenTarget(socket => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf')
    })
    await using sink = openSink({ url: target.url })
    expect(await writeOne(sink)).toEqual({ status: 'ok', detail: '200 OK' })
  })

  test('may never finish its body: when time is up the outcome stands and the connection is closed', async () => {
    await using target = await startBrokenTarget(socket => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf')
    })
    await using sink = openSink({ url: target.url })
    const abort = new AbortController()
    const write = writeOne(sink, {}, abort.signal)
    await expect.poll(() => target.open).toBe(1)
    await answered(sink)
    abort.abort(new Error('time is up'))
    const result = await write.catch((thrown: unknown) => thrown)
    expect([{ status: 'ok', detail: '200 OK' }, new Error('time is up')]).toContainEqual(result)
    await expect.poll(() => target.open).toBe(0)
  })
})

/** Gives what is on its way to this process time to arrive: a whole exchange with another server. */
async function answered(_sink: unknown): Promise<void> {
  await using target = await startTarget((_seen, response) => response.end())
  await using sink = openSink({ url: target.url })
  await writeOne(sink)
}

describe('what is no answer is a failure that may pass', () => {
  test.each([
    ['nothing', '', 'sink.unavailable'],
    ['half of a status line', 'HTTP/1.1 20', 'sink.unavailable'],
    ['half of the headers', 'HTTP/1.1 200 OK\r\nContent-Le', 'sink.unavailable'],
    ['something else than HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'sink.failed'],
    ['headers without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 'sink.failed'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx', 'sink.failed'],
  ])('%s', async (_what, text, code) => {
    await using target = await startBrokenTarget(socket => void socket.end(text))
    await using sink = openSink({ url: target.url })
    expect(await writeOne(sink)).toMatchObject({
      status: 'failed',
      error: { code, retry: { kind: 'backoff' } },
    })
  })

  test('a connection that is reset', async () => {
    await using target = await startBrokenTarget(socket => void socket.resetAndDestroy())
    await using sink = openSink({ url: target.url })
    expect(await writeOne(sink)).toMatchObject({
      status: 'failed',
      error: { code: 'sink.unavailable', retry: { kind: 'backoff' } },
    })
  })

  test('a port where nobody listens', async () => {
    const gone = await startBrokenTarget(() => undefined)
    await gone[Symbol.asyncDispose]()
    await using sink = openSink({ url: gone.url })
    expect(await writeOne(sink)).toMatchObject({
      status: 'failed',
      error: { code: 'sink.unavailable', details: { cause: 'ECONNREFUSED' }, retry: { kind: 'backoff' } },
    })
  })

  test('a name that does not resolve', async () => {
    await using sink = openSink({ url: 'http://nowhere.invalid/' })
    expect(await writeOne(sink)).toMatchObject({
      status: 'failed',
      error: { code: 'sink.unavailable', retry: { kind: 'backoff' } },
    })
  })

  test('a target that closes each connection behind its answer costs no record', async () => {
    await using target = await startBrokenTarget(socket => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    await using sink = openSink({ url: target.url })
    for (let i = 0; i < 50; i++) {
      let outcome = await writeOne(sink)
      // The next request may meet a connection whose end is still on its way; such a failure may be tried again.
      for (let retries = 0; outcome.status === 'failed' && retries < 5; retries++) {
        expect(outcome.error).toMatchObject({ code: 'sink.unavailable', retry: { kind: 'backoff' } })
        outcome = await writeOne(sink)
      }
      expect(outcome).toMatchObject({ status: 'ok' })
    }
  })
})

describe('time', () => {
  test('a target that sends its headers slowly is given up when time is up', async () => {
    const begun = Promise.withResolvers<void>()
    await using target = await startBrokenTarget(socket => {
      socket.write('HTTP/1.1 200 OK\r\nX-Slow: ')
      begun.resolve()
    })
    await using sink = openSink({ url: target.url })
    const abort = new AbortController()
    const write = writeOne(sink, {}, abort.signal)
    await begun.promise
    abort.abort(new Error('time is up'))
    await expect(write).rejects.toThrow('time is up')
    await expect.poll(() => target.open).toBe(0)
  })

  test('more writes than connections wait for their turn, and no more are opened', async () => {
    await using target = await startTarget((_seen, response) => response.end())
    await using sink = openSink({ url: target.url, connectionsMax: 3 })
    const outcomes = await Promise.all(Array.from({ length: 60 }, () => writeOne(sink)))
    expect(outcomes.every(({ status }) => status === 'ok')).toBe(true)
    expect(target.connections).toBeLessThanOrEqual(3)
  })

  test('a write that waits for a connection is given up, too, when time is up', async () => {
    const begun = Promise.withResolvers<void>()
    await using target = await startTarget(() => begun.resolve())
    await using sink = openSink({ url: target.url, connectionsMax: 1 })
    const first = new AbortController()
    const second = new AbortController()
    const held = writeOne(sink, {}, first.signal)
    await begun.promise
    const waiting = writeOne(sink, {}, second.signal)
    second.abort(new Error('second is up'))
    await expect(waiting).rejects.toThrow('second is up')
    first.abort(new Error('first is up'))
    await expect(held).rejects.toThrow('first is up')
    expect(target.seen).toHaveLength(1)
  })
})
