import { faultProxy } from '@millrace/services'
import { type Sink, systemClock } from '@millrace/spi'
import { eventOf, outgoing, SourceHost } from '@millrace/spi/conformance'
import { afterAll, expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { Service } from './service.ts'

const service = await Service.start()
afterAll(() => service[Symbol.asyncDispose]())

const limits = { recordsMax: 100, bytesMax: 1_000_000 }
const inTime = (): AbortSignal => AbortSignal.timeout(50_000)

function options(logstore: string, endpoint: string): Record<string, unknown> {
  return { ...service.reach, endpoint, project: service.project, logstore }
}

function openSink(logstore: string, endpoint: string): Sink {
  const whole = {
    ...options(logstore, endpoint),
    connectTimeoutMs: 5_000,
    contentType: 'json',
    compression: 'none',
    requestsMax: 8,
  }
  return connector.sink!.open(whole, { ...new SourceHost().context, clock: systemClock })
}

async function newProxy() {
  const proxy = await faultProxy({ target: new URL(service.reach.endpoint).host })
  return { proxy, endpoint: `http://${proxy.address}` }
}

test('a network that cuts, resets and slows loses no log on either side', async () => {
  const logstore = await service.newStore(2)
  const { proxy, endpoint } = await newProxy()
  await using _proxy = proxy
  await using sink = openSink(logstore, endpoint)
  const host = new SourceHost()
  await using source = host.open(connector, {
    ...options(logstore, endpoint),
    start: 'earliest',
    pollEveryMs: 20,
    groupsMax: 3,
  })
  const total = 300
  const seen = new Set<string>()
  let repeats = 0
  const write = async (): Promise<void> => {
    for (let i = 0; i < total; i++) {
      const record = outgoing(`${i}`, { body: Buffer.from(`${i}`) })
      for (;;) {
        const [outcome] = await sink.write([record], inTime())
        if (outcome?.status === 'ok') break
        expect(outcome).toMatchObject({ error: { code: 'sink.unavailable', retry: { kind: 'backoff' } } })
        repeats++
      }
      if (i % 60 === 20) proxy.cut()
      if (i % 60 === 40) proxy.resetAll()
      if (i === 150) proxy.slow(200_000)
      if (i === 200) proxy.resume()
    }
  }
  const read = async (): Promise<void> => {
    while (seen.size < total) {
      try {
        const records = await source.read(limits, inTime())
        for (const { event } of records) seen.add((eventOf(event).data as { content: string }).content)
        await source.commit(records)
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'source.unavailable', retry: { kind: 'backoff' } })
      }
    }
  }
  await Promise.all([write(), read()])
  expect(seen.size).toBe(total)
  // A write that was cut off may have arrived: nothing more often than it was tried.
  expect((await service.found(logstore)).length).toBeLessThanOrEqual(total + repeats)
})

test('a network that stalls holds up a write until its time is up, and nothing afterwards', async () => {
  const logstore = await service.newStore()
  const { proxy, endpoint } = await newProxy()
  await using _proxy = proxy
  await using sink = openSink(logstore, endpoint)
  expect(await sink.write([outgoing('before')], inTime())).toMatchObject([{ status: 'ok' }])
  proxy.stall()
  const abort = new AbortController()
  const write = sink.write([outgoing('stalled')], abort.signal)
  const reason = new Error('time is up')
  abort.abort(reason)
  await expect(write).rejects.toBe(reason)
  proxy.resume()
  expect(await sink.write([outgoing('after')], inTime())).toMatchObject([{ status: 'ok' }])
})

test('a service that is away and comes back is read on', async () => {
  const logstore = await service.newStore()
  await service.put(logstore, ['1'])
  const { proxy, endpoint } = await newProxy()
  await using _proxy = proxy
  await using source = new SourceHost().open(connector, {
    ...options(logstore, endpoint),
    start: 'earliest',
    pollEveryMs: 20,
  })
  const first = await source.read(limits, inTime())
  proxy.refuse()
  proxy.cut()
  await expect(source.read(limits, inTime())).rejects.toMatchObject({ code: 'source.unavailable' })
  // The position is the stream's: it can be moved while the service is away.
  await source.commit(first)
  proxy.accept()
  await service.put(logstore, ['2'])
  const [next] = await source.read(limits, inTime())
  expect(eventOf(next!.event).data).toMatchObject({ content: '2' })
})
