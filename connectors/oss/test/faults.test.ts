import { faultProxy, ownService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import type { Sink, Source } from '@millrace/spi'
import { eventOf, outgoing, SourceHost } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { doorstep } from './doorstep.ts'
import { codeOf, inTime, limits, openSink } from './open.ts'
import { Bucket } from './store.ts'

/** Writes a batch until it is taken, as delivery does. */
async function insist(sink: Sink, ids: readonly string[]): Promise<void> {
  const signal = inTime()
  for (let attempt = 1; ; attempt++) {
    const outcomes = await sink.write(
      ids.map(id => outgoing(id, { attempt })),
      signal,
    )
    if (outcomes.every(({ status }) => status === 'ok')) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** Reads and commits until all were seen, as a stream does; how often each came. */
async function readAll(source: Source, count: number, seen = new Map<string, number>()) {
  const signal = inTime()
  while (seen.size < count) {
    try {
      const records = await source.read(limits, signal)
      for (const { event, fault } of records) {
        expect(fault).toBeUndefined()
        const { id } = (eventOf(event).data as { body: { id: string } }).body
        seen.set(id, (seen.get(id) ?? 0) + 1)
      }
      await source.commit(records)
    } catch (error) {
      if (signal.aborted) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
  return seen
}

const batches = Array.from({ length: 40 }, (_, n) => Array.from({ length: 25 }, (_, i) => `r${n}-${i}`))
const total = batches.flat().length

await describeService('versitygw', 'faults', () => {
  test('a server that is killed and started again in the middle loses nothing, and has nothing twice', async () => {
    await using server = await ownService('versitygw')
    const bucket = await Bucket.make(server)
    const host = new SourceHost()
    await using sink = openSink(bucket.reach)
    const listed = { mode: 'list', order: 'time', start: 'earliest', pollMs: 100, settleMs: 1_500 }
    const options = { ...bucket.reach, ...listed, content: 'element', bodyForm: 'json' }
    await using source = host.open(connector, options)
    const seen = new Map<string, number>()
    const reading = readAll(source, total, seen)
    const writing = (async () => {
      for (const batch of batches) {
        await insist(sink, batch)
        await new Promise(resolve => setTimeout(resolve, 50))
      }
    })()
    await expect.poll(() => seen.size, { timeout: 20_000 }).toBeGreaterThan(0)
    expect(seen.size).toBeLessThan(total)
    await server.kill()
    await server.start()
    await writing
    await reading
    expect(seen.size).toBe(total)
    // Answered or not, a batch is one object; and nobody else's commits are lost with the server.
    expect([...seen.values()].filter(times => times > 1)).toEqual([])
    expect(await bucket.keys()).toHaveLength(batches.length)
  }, 60_000)

  test.each(['cut', 'resetAll'] as const)('a network that breaks (%s) loses nothing', async fault => {
    const bucket = await Bucket.make()
    await using proxy = await faultProxy({ target: bucket.server.address })
    const through = { ...bucket.reach, endpoint: `http://${proxy.address}` }
    await using sink = openSink(through)
    for (const [n, batch] of batches.entries()) {
      if (n % 10 === 5) proxy[fault]()
      await insist(sink, batch)
    }
    const host = new SourceHost()
    const listed = { mode: 'list', order: 'key', start: 'earliest', pollMs: 100 }
    await using source = host.open(connector, {
      ...through,
      ...listed,
      content: 'element',
      bodyForm: 'json',
    })
    const reading = readAll(source, total)
    const cutting = setInterval(() => proxy[fault](), 20)
    await new Promise(resolve => setTimeout(resolve, 200))
    clearInterval(cutting)
    // Reading goes on inside an object where it broke off: nothing comes twice.
    expect([...(await reading).values()].every(times => times === 1)).toBe(true)
  })

  test('a network that stalls holds up a write until its time is up, and nothing afterwards', async () => {
    const bucket = await Bucket.make()
    await using proxy = await faultProxy({ target: bucket.server.address })
    await using sink = openSink({
      ...bucket.reach,
      endpoint: `http://${proxy.address}`,
      requestTimeoutMs: 300,
    })
    await insist(sink, ['before'])
    proxy.stall()
    expect(codeOf((await sink.write([outgoing('late')], inTime()))[0])).toBe('sink.timeout')
    proxy.resume()
    await insist(sink, ['after'])
  })

  test('a body that stalls is given up, and read on where it stopped', async () => {
    const bucket = await Bucket.make()
    const lines = Array.from({ length: 20_000 }, (_, n) =>
      JSON.stringify({ id: `${n}`, pad: 'x'.repeat(200) }),
    )
    await bucket.put('big', lines.join('\n'))
    await using proxy = await faultProxy({ target: bucket.server.address })
    const listed = { mode: 'list', order: 'key', start: 'earliest', pollMs: 100, requestTimeoutMs: 1_000 }
    const options = { ...bucket.reach, endpoint: `http://${proxy.address}`, ...listed }
    await using source = new SourceHost().open(connector, {
      ...options,
      content: 'element',
      bodyForm: 'json',
    })
    const seen = new Map<string, number>()
    const reading = readAll(source, lines.length, seen)
    await expect.poll(() => seen.size, { interval: 1 }).toBeGreaterThan(0)
    proxy.stall()
    expect(seen.size).toBeLessThan(lines.length)
    await new Promise(resolve => setTimeout(resolve, 1_500))
    proxy.resume()
    await reading
    expect([...seen.values()].every(times => times === 1)).toBe(true)
  }, 30_000)

  test('a server that is not there is a failure that may pass', async () => {
    const gone = { endpoint: 'http://127.0.0.1:1', accessKeyId: 'a', accessKeySecret: 'b', bucket: 'gone' }
    await using sink = openSink(gone)
    expect(codeOf((await sink.write([outgoing('a')], inTime()))[0])).toBe('sink.unavailable')
    await using source = new SourceHost().open(connector, { ...gone, mode: 'list' })
    await expect(source.read(limits, inTime())).rejects.toMatchObject({
      code: 'source.unavailable',
      retry: { kind: 'backoff' },
    })
  })

  test('a source with a wrong secret or bucket says so, and reads when it is mended', async () => {
    const bucket = await Bucket.make()
    const listed = { mode: 'list', order: 'key', start: 'earliest', pollMs: 100 }
    for (const [wrong, code] of [
      [{ accessKeySecret: 'not-the-secret' }, 'source.unauthorized'],
      [{ bucket: 'test-not-there' }, 'source.not-found'],
    ] as const) {
      await using source = new SourceHost().open(connector, { ...bucket.reach, ...listed, ...wrong })
      await expect(source.read(limits, inTime())).rejects.toMatchObject({ code, retry: { kind: 'never' } })
    }
    const name = `test-later-${crypto.randomUUID()}`
    await using source = new SourceHost().open(connector, { ...bucket.reach, ...listed, bucket: name })
    await expect(source.read(limits, inTime())).rejects.toMatchObject({ code: 'source.not-found' })
    await bucket.server.createBucket(name)
    const read = source.read(limits, inTime())
    await bucket.server.request({ method: 'PUT', path: `/${name}/a`, body: '1' })
    expect(await read).toHaveLength(1)
  })

  test('a notification that nobody answers in time comes again, and what it told of is read', async () => {
    const bucket = await Bucket.make()
    const host = new SourceHost()
    await using door = await doorstep(host)
    const options = { ...bucket.reach, keysEscaped: false, content: 'element', bodyForm: 'json' }
    await using _told = await bucket.server.notify(bucket.name, door.url)
    await bucket.put('a', '{"id":"1"}\n{"id":"2"}')
    {
      await using first = host.open(connector, { ...options, answerTimeoutMs: 300 })
      expect(await first.read(limits, inTime())).toHaveLength(2)
      // Not committed: the notification is answered 504, and comes again.
      expect(await first.read(limits, inTime())).toHaveLength(2)
    }
    await using second = host.open(connector, options)
    expect((await readAll(second, 2)).size).toBe(2)
  })
})
