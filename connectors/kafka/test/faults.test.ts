import { type FaultProxy, faultProxy, ownService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import type { Outcome, OutgoingRecord, Sink, Source } from '@millrace/spi'
import { expect, test } from 'vitest'
import { inTime, newName, newTopic, openSink, openSource, plenty, recordOf, seen } from './broker.ts'
import { KafkaProxy } from './kafka-proxy.ts'

const count = 3_000
const atOnce = 100

await describeService('kafka', 'faults', () => {
  test('a broker that is killed and started again in the middle loses nothing', async () => {
    await using kafka = await ownService('kafka')
    const place = { bootstrap: kafka.address, topic: newName() }
    await kafka.createTopic(place.topic, 2)
    await using sink = openSink(place)
    await using source = openSource(place)
    const found = new Found()
    const writing = writeAll(sink)
    const reading = readAll(source, found)

    await found.past(count / 3)
    await kafka.kill()
    await kafka.start()
    await Promise.all([writing, reading])

    expect(found.numbers.size).toBe(count)
    // What was read and not committed at the moment of the kill may come again; the sink adds none.
    expect(found.duplicates).toBeLessThan(count)
  }, 90_000)

  test.each(['cut', 'resetAll'] as const)(
    'connections that are broken all the time (%s) lose nothing, and the sink stores nothing twice',
    async fault => {
      const place = await newTopic(2)
      const port = Number(place.bootstrap.split(':')[1])
      await using faulty = await faultProxy({ target: place.bootstrap })
      await using proxy = await KafkaProxy.start(faulty.port, port)
      await using sink = openSink({ ...place, bootstrap: proxy.address, attemptsMax: 20 })
      const found = new Found()
      const writing = writeAll(sink)
      const done = new AbortController()
      const breaking = breakOften(faulty, fault, done.signal)
      await writing
      done.abort()
      await breaking
      expect(faulty.counts.accepted).toBeGreaterThan(2)

      await using source = openSource(place)
      await readAll(source, found)
      expect(found.numbers.size).toBe(count)
      // Sent again under its number, a batch is stored once.
      expect(found.duplicates).toBe(0)
      expect((await source.lag?.(inTime()))?.records).toBe(0)
    },
  )

  test('a reader whose connections are broken reads on, and commits', async () => {
    const place = await newTopic(2)
    const port = Number(place.bootstrap.split(':')[1])
    await using faulty = await faultProxy({ target: place.bootstrap })
    await using proxy = await KafkaProxy.start(faulty.port, port)
    const found = new Found()
    await using sink = openSink(place)
    await writeAll(sink)
    const group = newName()
    await using source = openSource({
      ...place,
      bootstrap: proxy.address,
      group,
      prefetchBytesMax: 4_096,
      fetchBytesMax: 4_096,
    })
    const reading = readAll(source, found)
    for (const part of [0.2, 0.4, 0.6, 0.8]) {
      await found.past(count * part)
      faulty.resetAll()
    }
    await reading
    expect(found.numbers.size).toBe(count)
    await using other = openSource({ ...place, group })
    expect((await other.lag?.(inTime()))?.records).toBe(0)
  })

  test('a broker that falls silent counts as gone, and is read again when it speaks', async () => {
    const place = await newTopic()
    const port = Number(place.bootstrap.split(':')[1])
    await using faulty = await faultProxy({ target: place.bootstrap })
    await using proxy = await KafkaProxy.start(faulty.port, port)
    const options = { ...place, bootstrap: proxy.address, requestTimeoutMs: 1_000, connectTimeoutMs: 500 }
    await using sink = openSink({ ...options, attemptsMax: 2 })
    await using source = openSource(options)
    await sink.write([recordOf('1')], inTime())
    await source.commit(await source.read(plenty, inTime()))

    faulty.stall()
    const [written, read] = await Promise.allSettled([
      sink.write([recordOf('2')], inTime()),
      source.read(plenty, inTime()),
    ])
    expect(written).toMatchObject({ value: [{ status: 'failed', error: { retry: { kind: 'backoff' } } }] })
    expect(read).toMatchObject({ reason: { code: 'source.unavailable', retry: { kind: 'backoff' } } })
    faulty.resume()

    await writeUntilOk(sink, [recordOf('3')])
    const values: unknown[] = []
    while (!values.includes(3)) {
      const records = await source.read(plenty, inTime()).catch(() => [])
      values.push(...records.map(record => seen(record).value))
    }
  })
})

/** Which numbers were found, and how many of them again. */
class Found {
  readonly numbers = new Set<number>()
  duplicates = 0

  add(number: number): void {
    if (this.numbers.has(number)) this.duplicates++
    this.numbers.add(number)
  }

  async past(part: number): Promise<void> {
    await expect.poll(() => this.numbers.size, { timeout: 45_000, interval: 5 }).toBeGreaterThanOrEqual(part)
  }
}

/** Writes all numbers; what fails is written again, as the engine does it. */
async function writeAll(sink: Sink): Promise<void> {
  for (let from = 0; from < count; from += atOnce) {
    const records = Array.from({ length: atOnce }, (_, i) => recordOf(String(from + i), { key: String(i) }))
    await writeUntilOk(sink, records)
  }
}

/** Breaks all connections whenever there are new ones, up to a dozen times. */
async function breakOften(faulty: FaultProxy, fault: 'cut' | 'resetAll', signal: AbortSignal): Promise<void> {
  for (let accepted = 0; !signal.aborted && accepted < 12; accepted = faulty.counts.accepted) {
    const known = accepted
    await expect
      .poll(() => signal.aborted || faulty.counts.accepted > known, { timeout: 20_000, interval: 5 })
      .toBe(true)
    faulty[fault]()
  }
}

async function writeUntilOk(sink: Sink, records: readonly OutgoingRecord[]): Promise<void> {
  for (let left = records; left.length > 0; ) {
    const outcomes: Outcome[] = await sink.write(left, inTime())
    const failed = left.filter((_, i) => outcomes[i]?.status === 'failed')
    for (const outcome of outcomes) {
      if (outcome.status === 'failed') expect(outcome.error.retry.kind).toBe('backoff')
    }
    left = failed
  }
}

/** Reads until all numbers were there, as the engine does it: what fails in passing is tried again. */
async function readAll(source: Source, found: Found): Promise<void> {
  while (found.numbers.size < count) {
    try {
      const records = await source.read(plenty, inTime())
      for (const record of records) found.add(Number(seen(record).value))
      await source.commit(records)
    } catch (thrown) {
      expect(thrown).toMatchObject({ name: 'AppError', retry: { kind: 'backoff' } })
    }
  }
}
