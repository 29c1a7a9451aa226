import { faultProxy, ownService, useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { type Outcome, type Sink, type Source, systemClock } from '@millrace/spi'
import { outgoing, SourceHost } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { Broker, type Reach, reachOf } from './broker.ts'

const host = new SourceHost()
const limits = { recordsMax: 100, bytesMax: 1_000_000 }
const inTime = (): AbortSignal => AbortSignal.timeout(50_000)

function openSink(options: object): Sink {
  const complete = { ...defaults(connector.sink!.options), ...options }
  return connector.sink!.open(complete, { ...host.context, clock: systemClock })
}

function defaults(schema: { properties: object }): Record<string, unknown> {
  const named = Object.entries(schema.properties as Record<string, { default?: unknown }>)
  return Object.fromEntries(
    named.filter(([, option]) => 'default' in option).map(([name, option]) => [name, option.default]),
  )
}

/** Writes a record until it is taken, as delivery does. */
async function insist(sink: Sink, id: string): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const [outcome] = await sink.write([outgoing(id, { attempt })], inTime())
    if (outcome?.status === 'ok') return attempt
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** Reads and commits until all texts were seen, as a stream does. */
async function readAll(
  source: Source,
  ids: ReadonlySet<string>,
  seen = new Map<string, number>(),
): Promise<Map<string, number>> {
  const signal = inTime()
  while (seen.size < ids.size) {
    try {
      const records = await source.read(limits, signal)
      // Written first, as a stream does: the answer to a commit may be lost when the commit is not.
      for (const { id } of records) seen.set(id, (seen.get(id) ?? 0) + 1)
      await source.commit(records)
    } catch (error) {
      if (signal.aborted) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
  return seen
}

const codeOf = (outcome: Outcome | undefined): unknown =>
  outcome?.status === 'failed' ? outcome.error.code : outcome?.status

await describeService('rabbitmq', 'faults', () => {
  test('a server that is killed and started again in the middle loses nothing', async () => {
    await using server = await ownService('rabbitmq')
    const reach: Reach = {
      endpoint: server.address,
      username: server.user.name,
      password: server.user.password,
    }
    const queue = await (await Broker.open(reach)).queue()
    await using sink = openSink({ ...reach, queue })
    await using source = host.open(connector, { ...reach, queue })
    const ids = new Set(Array.from({ length: 1_000 }, (_, i) => `k${i}`))
    const seen = new Map<string, number>()
    const reading = readAll(source, ids, seen)
    const writing = (async () => {
      for (const id of ids) await insist(sink, id)
    })()
    await expect.poll(() => seen.size, { timeout: 30_000 }).toBeGreaterThan(50)
    expect(seen.size).toBeLessThan(ids.size)
    await server.kill()
    await server.start()
    await writing
    expect((await reading).size).toBe(ids.size)
  }, 120_000)

  test.each(['cut', 'resetAll'] as const)('a network that breaks (%s) loses nothing', async fault => {
    const reach = await reachOf()
    await using broker = await Broker.open(reach)
    const queue = await broker.queue()
    await using proxy = await faultProxy({ target: reach.endpoint })
    const through = { ...reach, endpoint: proxy.address, queue }
    await using sink = openSink(through)
    await using source = host.open(connector, through)
    const ids = new Set(Array.from({ length: 200 }, (_, i) => `n${i}`))
    const reading = readAll(source, ids)
    const writing = (async () => {
      for (const [index, id] of [...ids].entries()) {
        if (index % 50 === 25) proxy[fault]()
        await insist(sink, id)
      }
    })()
    await writing
    expect((await reading).size).toBe(ids.size)
  })

  test('a network that stalls holds up a write until its time is up, and nothing afterwards', async () => {
    const reach = await reachOf()
    await using broker = await Broker.open(reach)
    const queue = await broker.queue()
    await using proxy = await faultProxy({ target: reach.endpoint })
    await using sink = openSink({ ...reach, endpoint: proxy.address, queue })
    await insist(sink, 'before')
    proxy.stall()
    const reason = new Error('time is up')
    const abort = new AbortController()
    const write = sink.write([outgoing('stalled')], abort.signal)
    abort.abort(reason)
    await expect(write).rejects.toBe(reason)
    proxy.resume()
    await insist(sink, 'after')
    expect((await broker.drain(queue)).map(({ id }) => id)).toEqual(
      expect.arrayContaining(['before', 'after']),
    )
  })

  test('a server that is not there is a failure that may pass', async () => {
    const gone = { endpoint: '127.0.0.1:1', queue: 'q' }
    await using sink = openSink(gone)
    const [outcome] = await sink.write([outgoing('a')], inTime())
    expect(codeOf(outcome)).toBe('sink.unavailable')
    await using source = host.open(connector, gone)
    await expect(source.read(limits, inTime())).rejects.toMatchObject({
      code: 'source.unavailable',
      retry: { kind: 'backoff' },
    })
  })

  test('several servers are tried in turn', async () => {
    const reach = await reachOf()
    await using broker = await Broker.open(reach)
    const queue = await broker.queue()
    await using sink = openSink({ ...reach, endpoint: `127.0.0.1:1,${reach.endpoint}`, queue })
    const [outcome] = await sink.write([outgoing('a')], inTime())
    expect(outcome?.status).toBe('ok')
  })

  test('wrong credentials and missing permissions are told in words, without the secret', async () => {
    const reach = await reachOf()
    const { stranger } = await useService('rabbitmq')
    await using broker = await Broker.open(reach)
    const queue = await broker.queue()
    for (const wrong of [
      { ...reach, password: 'not-the-secret' },
      { ...reach, username: stranger.name, password: stranger.password },
    ]) {
      await using source = host.open(connector, { ...wrong, queue })
      const read = source.read(limits, inTime())
      await expect(read).rejects.toMatchObject({ code: 'source.unauthorized', retry: { kind: 'never' } })
      await expect(read).rejects.not.toThrow(wrong.password)
      await using sink = openSink({ ...wrong, queue })
      const [outcome] = await sink.write([outgoing('a')], inTime())
      expect(codeOf(outcome)).toBe('sink.unauthorized')
    }
  })

  test('a queue or exchange that is not there is told in words, and found when it comes', async () => {
    const reach = await reachOf()
    await using broker = await Broker.open(reach)
    const queue = 'test-comes-later'
    await broker.channel.deleteQueue(queue)
    await using source = host.open(connector, { ...reach, queue })
    await expect(source.read(limits, inTime())).rejects.toMatchObject({ code: 'source.not-found' })
    await using toQueue = openSink({ ...reach, queue })
    expect(codeOf((await toQueue.write([outgoing('a')], inTime()))[0])).toBe('sink.failed')
    await using toExchange = openSink({ ...reach, exchange: 'test-missing' })
    expect(codeOf((await toExchange.write([outgoing('a')], inTime()))[0])).toBe('sink.failed')
    await broker.channel.assertQueue(queue, { durable: true })
    expect((await toQueue.write([outgoing('b')], inTime()))[0]?.status).toBe('ok')
    const [record] = await source.read(limits, inTime())
    expect(record?.id).toBe('b')
    await source.commit([record!])
    await broker.channel.deleteQueue(queue)
    await expect(source.read(limits, inTime())).rejects.toMatchObject({ code: 'source.not-found' })
  })

  test('a reader that does not acknowledge is sent no more than it may hold', async () => {
    const reach = await reachOf()
    await using broker = await Broker.open(reach)
    const queue = await broker.queue()
    for (let i = 0; i < 50; i++) broker.channel.sendToQueue(queue, Buffer.from('1'), { messageId: `${i}` })
    await using source = host.open(connector, { ...reach, queue, prefetch: 10 })
    const first = await source.read(limits, inTime())
    let held = first.length
    while (held < 10) held += (await source.read(limits, inTime())).length
    expect(held).toBe(10)
    await expect.poll(async () => (await broker.channel.checkQueue(queue)).messageCount).toBe(40)
    await source.commit(first)
    expect((await source.read(limits, inTime())).length).toBeGreaterThan(0)
  })
})
