import { readFileSync } from 'node:fs'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { eventOf } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { inTime, limits, openSource, readAll } from './platform.ts'
import { reachOf, Streams } from './server.ts'

const bodyOf = (record: { event: Uint8Array }): unknown =>
  (eventOf(record.event).data as { body: unknown }).body

/** Options that make a consumer, with short requests. */
const making = { makeConsumer: true, start: 'earliest', waitMs: 100 }

await describeService('nats', 'reading streams', () => {
  test('a consumer that is made at the end has only what comes afterwards', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = await streams.stream()
    await streams.put(stream, ['1'])
    await using source = openSource({ ...reach, ...making, stream, start: 'latest' })
    const read = source.read(limits, inTime())
    await expect.poll(async () => (await streams.manager.streams.info(stream)).state.consumer_count).toBe(1)
    await streams.put(stream, ['2'])
    expect((await read).map(bodyOf)).toEqual([2])
  })

  test('a consumer that is made at a time has the messages from then on, of its subject', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = await streams.stream()
    await streams.put(stream, ['1'], { word: 'b' })
    const first = await streams.manager.streams.getMessage(stream, { seq: 1 })
    const time = new Date(first!.time.getTime() + 1).toISOString()
    await expect.poll(() => Date.now()).toBeGreaterThan(Date.parse(time))
    await streams.put(stream, ['2'], { word: 'a' })
    await streams.put(stream, ['3'], { word: 'b' })
    await using source = openSource({
      ...reach,
      ...making,
      stream,
      start: { time },
      filterSubjects: [`${stream}.b`],
    })
    expect((await source.read(limits, inTime())).map(bodyOf)).toEqual([3])
  })

  test('a stream is made when asked for, with its consumer', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = streams.name()
    await using source = openSource({ ...reach, ...making, stream, streamSubjects: [`${stream}.>`] })
    const read = source.read(limits, inTime())
    await expect
      .poll(() =>
        streams.manager.streams.info(stream).then(
          ({ state }) => state.consumer_count,
          () => 0,
        ),
      )
      .toBe(1)
    await streams.put(stream, ['1'])
    expect(await read).toHaveLength(1)
  })

  test('events in messages are passed on as those events, other messages as messages', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = await streams.stream()
    const attributes = { 'ce-specversion': '1.0', 'ce-id': 'e1', 'ce-source': '/s', 'ce-type': 't' }
    await streams.put(stream, ['{"a":1}'], { headers: { ...attributes, 'content-type': 'application/json' } })
    await streams.put(stream, ['{"specversion":"1.0","id":"e2","source":"/s","type":"t"}'])
    await streams.put(stream, ['{"b":2}'])
    await using source = openSource({ ...reach, ...making, stream, mode: 'cloudevents' })
    const records = []
    while (records.length < 3) records.push(...(await source.read(limits, inTime())))
    expect(records.map(({ id }) => id)).toEqual(['e1', 'e2', `${stream}:3`])
    expect(eventOf(records[0]!.event).data).toEqual({ a: 1 })
  })

  test('a reader that does not acknowledge is given no more than it may hold', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = await streams.stream()
    const numbers = Array.from({ length: 25 }, (_, i) => i)
    await streams.put(stream, numbers.map(String))
    await using source = openSource({ ...reach, ...making, stream, prefetch: 10 })
    const first = []
    while (first.length < 10) first.push(...(await source.read(limits, inTime())))
    const next = source.read(limits, inTime())
    expect(await streams.pending(stream)).toBe(10)
    await source.commit(first)
    const rest = await next
    while (rest.length < 10) rest.push(...(await source.read(limits, inTime())))
    expect([...first, ...rest].map(bodyOf)).toEqual(numbers.slice(0, 20))
  })

  test('a consumer or stream that is not there is told in words, and found when it comes', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = streams.name()
    await using source = openSource({ ...reach, stream, waitMs: 100 })
    const missing = { code: 'source.not-found', retry: { kind: 'never' } }
    await expect(source.read(limits, inTime())).rejects.toMatchObject({
      ...missing,
      message: expect.stringContaining('has no such stream'),
    })
    await streams.manager.streams.add({ name: stream, subjects: [`${stream}.>`] })
    await expect(source.read(limits, inTime())).rejects.toMatchObject({
      ...missing,
      message: expect.stringContaining('has no such consumer'),
    })
    await streams.manager.consumers.add(stream, { durable_name: 'millrace', ack_policy: 'explicit' })
    await streams.put(stream, ['1'])
    expect(await source.read(limits, inTime())).toHaveLength(1)
  })

  test.each(['the consumer', 'the stream'])(
    '%s that is deleted while it is read is told in words',
    async what => {
      const reach = await reachOf()
      await using streams = await Streams.open(reach)
      const stream = await streams.stream()
      await streams.put(stream, ['1'])
      await using source = openSource({ ...reach, ...making, stream, makeConsumer: true, waitMs: 1_000 })
      const [record] = await source.read(limits, inTime())
      const read = source.read(limits, inTime())
      // It may fail before anybody looks.
      read.catch(() => {})
      if (what === 'the stream') await streams.manager.streams.delete(stream)
      else await streams.manager.consumers.delete(stream, 'millrace')
      await expect(read).rejects.toMatchObject({ code: 'source.not-found', retry: { kind: 'never' } })
      // What it knew of its readers is gone with it.
      await expect(source.commit([record!])).rejects.toMatchObject({ code: 'source.lost' })
    },
  )

  test.each([
    [{ durable_name: 'millrace', ack_policy: 'none' }, 'the acknowledgement policy none; explicit is needed'],
    [
      { durable_name: 'millrace', ack_policy: 'explicit', deliver_subject: 'pushed' },
      'a push consumer of this name',
    ],
    [
      { durable_name: 'millrace', ack_policy: 'explicit' },
      'other subjects than the option filterSubjects says',
    ],
  ] as const)('a consumer with %o cannot be read by', async (settings, message) => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = await streams.stream()
    await streams.manager.consumers.add(stream, settings)
    await using source = openSource({ ...reach, stream, filterSubjects: [`${stream}.a`] })
    await expect(source.read(limits, inTime())).rejects.toMatchObject({
      code: 'source.rejected',
      message: expect.stringContaining(message),
    })
  })

  test('wrong credentials and missing permissions are told in words, without the secret', async () => {
    const reach = await reachOf()
    const { stranger } = await useService('nats')
    const { endpoint } = reach
    for (const wrong of [
      { ...reach, password: 'not-the-secret' },
      { endpoint, username: stranger.name, password: stranger.password },
      { endpoint, token: 'not-the-secret' },
      { endpoint, nkeySeed: 'not-the-secret' },
      { endpoint, credentials: 'not-the-secret' },
      { endpoint },
    ]) {
      await using source = openSource({ ...wrong, stream: 's' })
      const read = source.read(limits, inTime())
      await expect(read).rejects.toMatchObject({ code: 'source.unauthorized', retry: { kind: 'never' } })
      await expect(read).rejects.not.toThrow('not-the-secret')
    }
  })

  test('an NKey lets in, over TLS with a certificate that is trusted', async () => {
    const reach = await reachOf()
    const { address, nkeySeed, authorityFile } = await useService('nats')
    await using streams = await Streams.open(reach)
    const stream = await streams.stream()
    await streams.put(stream, ['1'])
    const tls = { ca: readFileSync(authorityFile, 'utf8') }
    const options = { endpoint: address, nkeySeed, ...making, stream }
    await using source = openSource({ ...options, tls })
    expect(await readAll(source, 1)).toHaveLength(1)
    const named = address.replace('127.0.0.1', 'localhost')
    await using byName = openSource({ ...options, endpoint: named, tls, consumer: 'other' })
    expect(await readAll(byName, 1)).toHaveLength(1)
    for (const doubt of [{}, { ...tls, serverName: 'elsewhere.example.com' }]) {
      await using doubting = openSource({ ...options, tls: doubt })
      await expect(doubting.read(limits, inTime())).rejects.toMatchObject({ code: 'source.untrusted' })
    }
  })

  test('an address that is not public is refused unless the operator allows it', async () => {
    for (const endpoint of ['127.0.0.1:4222', 'localhost:4222']) {
      await using source = openSource({ endpoint, stream: 's' }, { allowPrivateTargets: false })
      await expect(source.read(limits, inTime())).rejects.toMatchObject({ code: 'sink.address-refused' })
    }
  })
})
