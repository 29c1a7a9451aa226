import { faultProxy, ownService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { outgoing } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { codeOf, insist, inTime, limits, openSink, openSource, readAll } from './platform.ts'
import { Keys, reachOf, reachTo } from './server.ts'

await describeService('redis', 'faults', () => {
  test('a server that is killed and started again in the middle loses nothing', async () => {
    await using server = await ownService('redis')
    const reach = reachTo(server)
    // What it has confirmed is on its disk: without that, a kill of the server loses what it answered to.
    await server.command('CONFIG', 'SET', 'appendfsync', 'always')
    const options = { ...reach, streams: ['s'], start: 'earliest', makeStreams: true, blockMs: 100 }
    await using sink = openSink({ ...reach, key: 's' })
    await using source = openSource(options)
    const ids = Array.from({ length: 1_000 }, (_, i) => `k${i}`)
    const seen = new Map<string, number>()
    // A write whose answer was lost is written twice: there are at least as many entries as records.
    const reading = readAll(source, ids.length, seen)
    const writing = (async () => {
      for (const id of ids) await insist(sink, id)
    })()
    await expect.poll(() => seen.size, { timeout: 20_000 }).toBeGreaterThan(50)
    expect(seen.size).toBeLessThan(ids.length)
    await server.kill()
    await server.start()
    await writing
    await reading
    await using keys = await Keys.open(reach)
    const written = new Set(
      (await keys.entries('s')).map(({ body }) => (JSON.parse(body!) as { id: string }).id),
    )
    expect(written).toEqual(new Set(ids))
  }, 90_000)

  test('entries of a reader that has died are taken over by another, none is lost', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    await using proxy = await faultProxy({ target: reach.endpoint })
    const stream = await keys.stream()
    const ids = await keys.add(stream, ['1', '2', '3', '4', '5'])
    const options = { streams: [stream], start: 'earliest', claimIdleMs: 1_000, blockMs: 100 }
    // Cut off from the server for good, in the middle of its work: that is what its death looks like from there.
    const dead = openSource({ ...reach, ...options, endpoint: proxy.address })
    const held = await dead.read(limits, inTime())
    expect(held).toHaveLength(5)
    await dead.commit(held.slice(0, 2))
    proxy.refuse()
    proxy.resetAll()
    await using heir = openSource({ ...reach, ...options })
    const seen = await readAll(heir, 3)
    expect([...seen.keys()]).toEqual(ids.slice(2).map(id => `${stream}:${id}`))
    await dead[Symbol.asyncDispose]()
    expect((await keys.client.xPending(stream, 'millrace')).pending).toBe(0)
  })

  test('a living reader that is slow keeps what it holds for as long as it lives', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const stream = await keys.stream()
    await keys.add(stream, ['1', '2'])
    const options = { ...reach, streams: [stream], start: 'earliest', claimIdleMs: 1_000, blockMs: 100 }
    await using slow = openSource(options)
    await using other = openSource(options)
    const held = await slow.read(limits, inTime())
    // The other one looks for idle entries more than once in three times the idle time.
    const read = other.read(limits, AbortSignal.timeout(3_000))
    await expect(read).rejects.toMatchObject({ name: 'TimeoutError' })
    await slow.commit(held)
    expect((await keys.client.xPending(stream, 'millrace')).pending).toBe(0)
  })

  test('an entry that was given to a connection of ours that is gone is read all the same', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const stream = await keys.stream()
    await keys.add(stream, ['1'])
    const options = { consumer: 'reader-1', start: 'earliest', claimIdleMs: 1_000, blockMs: 50 }
    await using source = openSource({ ...reach, ...options, streams: [stream] })
    const held = await source.read(limits, inTime())
    // What the server does that has not noticed the end of a connection with an open request.
    const [lost] = await keys.add(stream, ['2'])
    await keys.client.xReadGroup('millrace', 'reader-1', { key: stream, id: '>' })
    const found = await source.read(limits, inTime())
    expect(found.map(({ id }) => id)).toEqual([`${stream}:${lost}`])
    await source.commit([...held, ...found])
    expect((await keys.client.xPending(stream, 'millrace')).pending).toBe(0)
  })

  test.each(['cut', 'resetAll'] as const)('a network that breaks (%s) loses nothing', async fault => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const stream = await keys.stream()
    await using proxy = await faultProxy({ target: reach.endpoint })
    const through = { ...reach, endpoint: proxy.address }
    await using sink = openSink({ ...through, key: stream })
    await using source = openSource({ ...through, streams: [stream], start: 'earliest', blockMs: 100 })
    const ids = Array.from({ length: 200 }, (_, i) => `n${i}`)
    const reading = readAll(source, ids.length)
    for (const [index, id] of ids.entries()) {
      if (index % 50 === 25) proxy[fault]()
      await insist(sink, id)
    }
    expect((await reading).size).toBeGreaterThanOrEqual(ids.length)
    expect((await keys.entries(stream)).length).toBeGreaterThanOrEqual(ids.length)
  })

  test('a network that stalls holds up a write until its time is up, and nothing afterwards', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const key = keys.key()
    await using proxy = await faultProxy({ target: reach.endpoint })
    await using sink = openSink({ ...reach, endpoint: proxy.address, key })
    await insist(sink, 'before')
    proxy.stall()
    const reason = new Error('time is up')
    const abort = new AbortController()
    const write = sink.write([outgoing('stalled')], abort.signal)
    abort.abort(reason)
    await expect(write).rejects.toBe(reason)
    proxy.resume()
    await insist(sink, 'after')
    const bodies = (await keys.entries(key)).map(({ body }) => body)
    expect(bodies.at(0)).toContain('"before"')
    expect(bodies.at(-1)).toContain('"after"')
  })

  test('a server that no longer answers is given up, on every connection', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const stream = await keys.stream()
    await using proxy = await faultProxy({ target: reach.endpoint })
    const through = { ...reach, endpoint: proxy.address, answerTimeoutMs: 200, connectTimeoutMs: 200 }
    await using sink = openSink({ ...through, key: stream })
    await using source = openSource({ ...through, streams: [stream], start: 'earliest', blockMs: 50 })
    await insist(sink, 'before')
    await source.commit(await source.read(limits, inTime()))
    proxy.stall()
    // Both the open connection and the attempt to open another.
    for (let attempt = 0; attempt < 2; attempt++) {
      const [outcome] = await sink.write([outgoing('stalled')], inTime())
      expect(codeOf(outcome)).toBe('sink.unavailable')
      await expect(source.read(limits, inTime())).rejects.toMatchObject({ code: 'source.unavailable' })
    }
    proxy.resume()
    await insist(sink, 'after')
    expect((await source.read(limits, inTime())).length).toBeGreaterThan(0)
  })

  test('a server without memory takes no writes until it has some; records fail one by one', async () => {
    await using server = await ownService('redis')
    const reach = reachTo(server)
    await using sink = openSink({ ...reach, key: 's' })
    await insist(sink, 'before')
    await server.command('CONFIG', 'SET', 'maxmemory', '1')
    const [outcome] = await sink.write([outgoing('full')], inTime())
    expect(outcome).toMatchObject({ error: { code: 'sink.failed', retry: { kind: 'backoff' } } })
    await server.command('CONFIG', 'SET', 'maxmemory', '0')
    await insist(sink, 'after')
    expect(await server.command('XLEN', 's')).toBe(':2')
  })

  test('when a server is a replica, the next one of the endpoint is written to', async () => {
    await using replica = await ownService('redis')
    await replica.command('REPLICAOF', '127.0.0.1', '1')
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const key = keys.key()
    await using sink = openSink({ ...reach, endpoint: `${replica.address},${reach.endpoint}`, key })
    const [first] = await sink.write([outgoing('a')], inTime())
    expect(codeOf(first)).toMatch(/^sink\.(failed|unavailable)$/)
    await insist(sink, 'a')
    expect(await keys.client.xLen(key)).toBe(1)
  })

  test('several servers are tried in turn', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    await using sink = openSink({ ...reach, endpoint: `127.0.0.1:1,${reach.endpoint}`, key: keys.key() })
    expect(codeOf((await sink.write([outgoing('a')], inTime()))[0])).toBe('ok')
  })
})
