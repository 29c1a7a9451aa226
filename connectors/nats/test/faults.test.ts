import { faultProxy, ownService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { outgoing } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { codeOf, insist, inTime, limits, openSink, openSource, readAll } from './platform.ts'
import { reachOf, reachTo, Streams } from './server.ts'

const making = { makeConsumer: true, start: 'earliest', waitMs: 100 }

await describeService('nats', 'faults', () => {
  test('a server that is killed and started again in the middle loses nothing, and takes each event once', async () => {
    await using server = await ownService('nats')
    const reach = reachTo(server)
    const options = { stream: 'orders', streamSubjects: ['orders.>'] }
    await using source = openSource({ ...reach, ...making, ...options, ackWaitMs: 1_000 })
    const ids = Array.from({ length: 1_000 }, (_, i) => `k${i}`)
    const seen = new Map<string, number>()
    const reading = readAll(source, ids.length, seen)
    await using sink = openSink({ ...reach, subject: 'orders.a', answerTimeoutMs: 1_000 })
    const writing = (async () => {
      for (const id of ids) await insist(sink, id)
    })()
    await expect.poll(() => seen.size, { timeout: 20_000 }).toBeGreaterThan(50)
    expect(seen.size).toBeLessThan(ids.length)
    await server.kill()
    await server.start()
    await writing
    await reading
    await using streams = await Streams.open(reach)
    const bodies = (await streams.messages('orders')).map(
      ({ body }) => (JSON.parse(body) as { id: string }).id,
    )
    expect(new Set(bodies)).toEqual(new Set(ids))
    // Its window for duplicates outlives the server.
    expect(bodies).toHaveLength(ids.length)
  }, 90_000)

  test('messages of a reader that has died come to another, none is lost', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    await using proxy = await faultProxy({ target: reach.endpoint })
    const stream = await streams.stream()
    await streams.put(stream, ['1', '2', '3', '4', '5'])
    const options = { ...making, stream, ackWaitMs: 1_000 }
    // Cut off from the server for good, in the middle of its work: that is what its death looks like from there.
    const dead = openSource({ ...reach, ...options, endpoint: proxy.address })
    const held = []
    while (held.length < 5) held.push(...(await dead.read(limits, inTime())))
    await dead.commit(held.slice(0, 2))
    proxy.refuse()
    proxy.resetAll()
    await using heir = openSource({ ...reach, ...options })
    const seen = await readAll(heir, 3)
    expect([...seen.keys()].toSorted()).toEqual([3, 4, 5].map(number => `${stream}:${number}`))
    await dead[Symbol.asyncDispose]()
    await expect.poll(() => streams.pending(stream)).toBe(0)
  })

  test('a living reader that is slow keeps what it holds for as long as it lives', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = await streams.stream()
    await streams.put(stream, ['1'])
    const options = { ...reach, ...making, stream, ackWaitMs: 1_000 }
    await using slow = openSource(options)
    await using other = openSource(options)
    const held = await slow.read(limits, inTime())
    const read = other.read(limits, AbortSignal.timeout(3_000))
    await expect(read).rejects.toMatchObject({ name: 'TimeoutError' })
    await slow.commit(held)
    expect(await streams.pending(stream)).toBe(0)
  })

  test('what was read before the connection broke is acknowledged on the next one', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    await using proxy = await faultProxy({ target: reach.endpoint })
    const stream = await streams.stream()
    await streams.put(stream, ['1', '2'])
    await using source = openSource({ ...reach, ...making, stream, endpoint: proxy.address })
    const held = []
    while (held.length < 2) held.push(...(await source.read(limits, inTime())))
    const read = source.read(limits, inTime())
    proxy.resetAll()
    await expect(read).rejects.toMatchObject({ code: 'source.unavailable' })
    await source.commit(held)
    expect(await streams.pending(stream)).toBe(0)
  })

  test.each(['cut', 'resetAll'] as const)('a network that breaks (%s) loses nothing', async fault => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = await streams.stream()
    await using proxy = await faultProxy({ target: reach.endpoint })
    const through = { ...reach, endpoint: proxy.address }
    await using sink = openSink({ ...through, subject: `${stream}.a` })
    await using source = openSource({ ...through, ...making, stream, ackWaitMs: 1_000 })
    const ids = Array.from({ length: 200 }, (_, i) => `n${i}`)
    const reading = readAll(source, ids.length)
    for (const [index, id] of ids.entries()) {
      if (index % 50 === 25) proxy[fault]()
      await insist(sink, id)
    }
    await reading
    expect(await streams.messages(stream)).toHaveLength(ids.length)
  })

  test('a network that stalls holds up a write until its time is up, and nothing afterwards', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = await streams.stream()
    await using proxy = await faultProxy({ target: reach.endpoint })
    await using sink = openSink({ ...reach, endpoint: proxy.address, subject: `${stream}.a` })
    await insist(sink, 'before')
    proxy.stall()
    const reason = new Error('time is up')
    const abort = new AbortController()
    const write = sink.write([outgoing('stalled')], abort.signal)
    abort.abort(reason)
    await expect(write).rejects.toBe(reason)
    proxy.resume()
    await insist(sink, 'after')
    const bodies = (await streams.messages(stream)).map(({ body }) => body)
    expect(bodies.at(0)).toContain('"before"')
    expect(bodies.at(-1)).toContain('"after"')
  })

  test('a server that no longer answers is given up, on every connection', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = await streams.stream()
    await using proxy = await faultProxy({ target: reach.endpoint })
    const through = { ...reach, endpoint: proxy.address, answerTimeoutMs: 200, connectTimeoutMs: 200 }
    await using sink = openSink({ ...through, subject: `${stream}.a` })
    await using source = openSource({ ...through, ...making, stream, ackWaitMs: 1_000 })
    await insist(sink, 'before')
    await source.commit(await source.read(limits, inTime()))
    proxy.stall()
    // Both the open connection and the attempt to open another.
    for (let attempt = 0; attempt < 2; attempt++) {
      const [outcome] = await sink.write([outgoing(`stalled ${attempt}`)], inTime())
      expect(codeOf(outcome)).toMatch(/^sink\.(timeout|unavailable)$/)
      await expect(source.read(limits, inTime())).rejects.toMatchObject({ code: 'source.unavailable' })
    }
    proxy.resume()
    await insist(sink, 'after')
    expect((await readAll(source, 1)).size).toBeGreaterThan(0)
  })

  test('several servers are tried in turn', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = await streams.stream()
    const endpoint = `127.0.0.1:1,${reach.endpoint}`
    await using sink = openSink({ ...reach, endpoint, subject: `${stream}.a` })
    expect(codeOf((await sink.write([outgoing('a')], inTime()))[0])).toBe('ok')
  })
})
