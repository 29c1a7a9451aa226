import { describeService } from '@millrace/services/vitest'
import type { Outcome } from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { partitionOfKey } from '../src/partitioner.ts'
import { gather, inTime, newTopic, openSink, openSource, recordOf, seen } from './broker.ts'

await describeService('kafka', 'writing', () => {
  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'batches in compression %s are taken by the broker',
    async compression => {
      // The broker takes them apart to pack them its own way.
      const place = await newTopic(1, { 'compression.type': 'zstd' })
      await using sink = openSink({ ...place, compression })
      const texts = Array.from({ length: 100 }, (_, i) => JSON.stringify({ i, pad: 'y'.repeat(i * 11) }))
      const outcomes = await sink.write(
        texts.map(text => recordOf(text)),
        inTime(),
      )
      expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['ok']))
      await using source = openSource(place)
      expect((await gather(source, 100)).map(record => JSON.stringify(seen(record).value))).toEqual(texts)
    },
  )

  test.each([
    { acks: 'all', idempotent: true },
    { acks: 'all', idempotent: false },
    { acks: '1' },
    { acks: '0' },
  ])('%j', async options => {
    const place = await newTopic()
    await using sink = openSink({ ...place, ...options })
    await using source = openSource(place)
    for (const text of ['1', '2', '3']) {
      expect(await sink.write([recordOf(text)], inTime())).toMatchObject([{ status: 'ok' }])
    }
    expect((await gather(source, 3)).map(record => seen(record).value)).toEqual([1, 2, 3])
  })

  test('one address that answers is enough', async () => {
    const { bootstrap, topic } = await newTopic()
    for (const all of [
      `127.0.0.1:1,${bootstrap}`,
      `${bootstrap},[::1]:1`,
      `nowhere.invalid:9092,${bootstrap}`,
    ]) {
      await using sink = openSink({ bootstrap: all, topic })
      expect(await sink.write([recordOf('1')], inTime())).toMatchObject([{ status: 'ok' }])
    }
    await using none = openSink({ bootstrap: '127.0.0.1:1', topic })
    expect(await none.write([recordOf('1')], inTime())).toMatchObject([
      {
        status: 'failed',
        error: { code: 'sink.unavailable', message: expect.stringContaining('127.0.0.1:1') },
      },
    ])
  })

  test('a sink with its buffer full turns writes away, to come again uncounted', async () => {
    const place = await newTopic()
    await using sink = openSink({ ...place, bufferBytesMax: 4_000 })
    const big = (): Promise<Outcome[]> => sink.write([recordOf(`"${'x'.repeat(3_000)}"`)], inTime())
    // The first write has to look the topic up before anything waits.
    await big()
    const [first, second] = await Promise.all([big(), big()])
    expect(first).toMatchObject([{ status: 'ok' }])
    expect(second).toMatchObject([{ error: { code: 'sink.throttled', retry: { kind: 'uncounted' } } }])
    expect(await big()).toMatchObject([{ status: 'ok' }])
  })

  test('a key stays in its partition and in order, in many writes at once', async () => {
    const place = await newTopic(4)
    await using sink = openSink(place)
    const keys = Array.from({ length: 20 }, (_, i) => `key-${i}`)
    const writes: Promise<unknown>[] = []
    for (let n = 0; n < 30; n++) {
      writes.push(
        sink.write(
          keys.map(key => recordOf(String(n), { key })),
          inTime(),
        ),
      )
    }
    await Promise.all(writes)
    await using source = openSource(place)
    const byKey = Map.groupBy((await gather(source, 600)).map(seen), ({ key }) => key)
    for (const key of keys) {
      const found = byKey.get(key) ?? []
      expect(found.map(({ value }) => value)).toEqual(Array.from({ length: 30 }, (_, i) => i))
      expect(new Set(found.map(({ partition }) => partition))).toEqual(
        new Set([partitionOfKey(Buffer.from(key), 4)]),
      )
    }
  })

  test('a record that is too large is refused alone, by the sink or by the broker', async () => {
    const place = await newTopic(1, { 'max.message.bytes': '20000' })
    await using sink = openSink({ ...place, recordBytesMax: 50_000 })
    const sizes = [10, 60_000, 10_000, 30_000, 10_000, 15_000, 10]
    const outcomes = await sink.write(
      sizes.map(size => recordOf(`"${'x'.repeat(size)}"`)),
      inTime(),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'failed', 'ok', 'failed', 'ok', 'ok', 'ok'])
    for (const outcome of outcomes) {
      if (outcome.status === 'failed') {
        expect(outcome.error).toMatchObject({ code: 'sink.rejected', retry: { kind: 'never' } })
      }
    }
    await using source = openSource(place)
    const lengths = (await gather(source, 5)).map(record => String(seen(record).value).length)
    expect(lengths).toEqual([10, 10_000, 10_000, 15_000, 10])
    expect(await sink.write([recordOf('"after"')], inTime())).toMatchObject([{ status: 'ok' }])
  })

  test('records without a key in a compacted topic fail, the others are written', async () => {
    const place = await newTopic(1, { 'cleanup.policy': 'compact' })
    await using sink = openSink(place)
    const outcomes = await sink.write(
      [recordOf('1', { key: 'a' }), recordOf('2'), recordOf('3', { key: 'b' }), recordOf('4')],
      inTime(),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'failed', 'ok', 'failed'])
    expect(outcomes[1]).toMatchObject({ error: { code: 'sink.rejected', retry: { kind: 'never' } } })
    await using source = openSource(place)
    expect((await gather(source, 2)).map(record => seen(record).value)).toEqual([1, 3])
  })

  test('parameters that cannot be are refused alone', async () => {
    const place = await newTopic(2)
    await using sink = openSink(place)
    const outcomes = await sink.write(
      [
        recordOf('1', { partition: '1' }),
        recordOf('2', { partition: '7' }),
        recordOf('3', { partition: 'x' }),
        recordOf('4', { topic: 'a b' }),
      ],
      inTime(),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'failed', 'failed', 'failed'])
    for (const outcome of outcomes.slice(1))
      expect(outcome).toMatchObject({ error: { code: 'sink.rejected' } })
  })

  test.each(['structured', 'binary'])('an event written in %s mode is read as itself', async mode => {
    const place = await newTopic()
    await using sink = openSink({ ...place, mode })
    const event = {
      specversion: '1.0',
      id: 'e-1 %',
      source: '/orders',
      type: 'order.placed',
      subject: 'größe',
      time: '2026-01-02T03:04:05Z',
      partitionkey: 'customer-7',
      datacontenttype: 'application/json',
      data: { n: 1 },
    }
    await sink.write(
      [outgoing('e', { event: Buffer.from(JSON.stringify(event)) }), outgoing('plain')],
      inTime(),
    )
    await using carried = openSource({ ...place, mode: 'cloudevents' })
    const [first] = await gather(carried, 2)
    expect(JSON.parse(Buffer.from(first!.event).toString())).toEqual(event)
    expect(first?.id).toBe('e-1 %')

    await using enveloped = openSource(place)
    const [message] = (await gather(enveloped, 2)).map(seen)
    expect(message?.key).toBe('customer-7')
    const names = message?.headers.headers.map(({ key }) => key)
    expect(names).toContain(mode === 'binary' ? 'ce_specversion' : 'content-type')
  })

  test('a record that is no event is enveloped beside those that are', async () => {
    const place = await newTopic()
    await using sink = openSink(place)
    await sink.write([recordOf('{"n":1}'), recordOf('{"n":2}', { 'headers.ce_specversion': '9' })], inTime())
    await using source = openSource({ ...place, mode: 'cloudevents' })
    expect((await gather(source, 2)).map(record => seen(record).value)).toEqual([{ n: 1 }, { n: 2 }])
  })
})
