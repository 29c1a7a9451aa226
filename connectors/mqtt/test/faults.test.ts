import { faultProxy, ownService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { optionsParser, type Sink, type Source, systemClock } from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { leaveSessions, OneHost, ownNames, reachOf } from './broker.ts'

const limits = { recordsMax: 100, bytesMax: 1_000_000 }
const pause = (): Promise<unknown> => new Promise(resolve => setTimeout(resolve, 50))

function openSink(host: OneHost, given: object): Sink {
  const sink = connector.sink!
  return sink.open(optionsParser('mqtt', sink.options)(given), { ...host.context, clock: systemClock })
}

/** Writes a record until it is taken, as delivery does. */
async function insist(sink: Sink, id: string, signal: AbortSignal): Promise<void> {
  const record = outgoing(id, { parameters: { 'headers.id': id } })
  for (;;) {
    const [outcome] = await sink.write([record], signal)
    if (outcome?.status === 'ok') return
    await pause()
  }
}

/** Reads and commits until all ids were seen, as a stream does. */
async function readAll(source: Source, count: number, seen: Set<string>, signal: AbortSignal): Promise<void> {
  while (seen.size < count) {
    try {
      const records = await source.read(limits, signal)
      for (const { id } of records) seen.add(id)
      await source.commit(records)
    } catch (error) {
      if (signal.aborted) throw error
      await pause()
    }
  }
}

await describeService('mosquitto', 'faults', () => {
  test.each(['cut', 'resetAll'] as const)(
    'a network that breaks (%s) loses nothing',
    async fault => {
      const host = new OneHost()
      const names = ownNames()
      const reach = await reachOf()
      await leaveSessions(host, reach, names)
      await using proxy = await faultProxy({ target: reach.endpoint })
      const through = { ...reach, endpoint: proxy.address }
      await using sink = openSink(host, { ...through, topic: `${names.group}/n` })
      await using source = host.open(connector, { ...through, ...names })
      const signal = AbortSignal.timeout(25_000)
      const seen = new Set<string>()
      const reading = readAll(source, 200, seen, signal)
      for (let i = 0; i < 200; i++) {
        if (i % 50 === 25) proxy[fault]()
        await insist(sink, `n${i}`, signal)
      }
      await reading
      expect(seen.size).toBe(200)
    },
    30_000,
  )

  test('a network that stalls holds up a write until its time is up', async () => {
    const host = new OneHost()
    const reach = await reachOf()
    await using proxy = await faultProxy({ target: reach.endpoint })
    await using sink = openSink(host, { ...reach, endpoint: proxy.address, topic: ownNames().group })
    await insist(sink, 'before', AbortSignal.timeout(10_000))
    proxy.stall()
    const reason = new Error('time is up')
    const abort = new AbortController()
    const write = sink.write([outgoing('stalled')], abort.signal)
    abort.abort(reason)
    await expect(write).rejects.toBe(reason)
    proxy.resume()
    await insist(sink, 'after', AbortSignal.timeout(10_000))
  })

  test('a server that is killed comes back, and what it has stored is read on', async () => {
    await using server = await ownService('mosquitto')
    const host = new OneHost()
    const names = ownNames()
    const reach = { endpoint: server.address, username: server.user.name, password: server.user.password }
    await leaveSessions(host, reach, names)
    await using sink = openSink(host, { ...reach, topic: `${names.group}/n` })
    await using source = host.open(connector, { ...reach, ...names })
    const signal = AbortSignal.timeout(25_000)
    const before = new Set<string>()
    const reading = readAll(source, 100, before, signal)
    for (let i = 0; i < 100; i++) await insist(sink, `k${i}`, signal)
    await reading
    await server.kill()
    await server.start()
    // It confirms a moment before it saves, so only what comes after the start is certain to be there.
    const after = new Set<string>()
    const again = readAll(source, 100, after, signal)
    const writing = (async () => {
      for (let i = 0; after.size < 100; i++) await insist(sink, `l${i}`, signal)
    })()
    await again
    await writing
    expect([...after].filter(id => id.startsWith('l')).length).toBeGreaterThan(0)
  }, 30_000)
})
