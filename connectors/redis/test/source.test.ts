import { readFileSync } from 'node:fs'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { eventOf } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { inTime, limits, openSource, readAll } from './platform.ts'
import { Keys, reachOf } from './server.ts'

const bodyOf = (record: { event: Uint8Array }): unknown =>
  (eventOf(record.event).data as { body: unknown }).body

await describeService('redis', 'reading streams', () => {
  test('a group that is made at the end has only what comes afterwards', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const stream = await keys.stream()
    await keys.add(stream, ['1'])
    await using source = openSource({ ...reach, streams: [stream], start: 'latest' })
    const read = source.read(limits, inTime())
    await expect.poll(async () => (await keys.client.xInfoGroups(stream)).length).toBe(2)
    await keys.add(stream, ['2'])
    expect((await read).map(bodyOf)).toEqual([2])
  })

  test('a group that is made at a time has the entries of that millisecond and later ones', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const stream = await keys.stream()
    for (const id of ['1767323044999-5', '1767323045000-0', '1767323045001-0']) {
      await keys.client.xAdd(stream, id, { body: JSON.stringify(id) })
    }
    const start = { time: '2026-01-02T03:04:05Z' }
    await using source = openSource({ ...reach, streams: [stream], start })
    expect((await source.read(limits, inTime())).map(bodyOf)).toEqual(['1767323045000-0', '1767323045001-0'])
  })

  test('several streams are read beside each other, each a partition', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const streams = [await keys.stream(), await keys.stream()]
    for (const [index, stream] of streams.entries()) await keys.add(stream, [`${index}`, `${index}`])
    await using source = openSource({ ...reach, streams, start: 'earliest' })
    const records = await source.read(limits, inTime())
    expect(records.map(({ partition }) => partition)).toEqual(streams.flatMap(stream => [stream, stream]))
    await source.commit(records)
    expect(await source.lag?.(inTime())).toEqual({ records: 0 })
  })

  test('a reader that does not acknowledge is given no more than it may hold', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const stream = await keys.stream()
    await keys.add(
      stream,
      Array.from({ length: 25 }, (_, i) => `${i}`),
    )
    await using source = openSource({ ...reach, streams: [stream], start: 'earliest', prefetch: 10 })
    const first = await source.read(limits, inTime())
    expect(first).toHaveLength(10)
    const next = source.read(limits, inTime())
    expect((await keys.client.xPending(stream, 'millrace')).pending).toBe(10)
    await source.commit(first.slice(0, 4))
    expect((await next).map(bodyOf)).toEqual([10, 11, 12, 13])
  })

  test('a reader that ends gives back at once, and leaves no consumer behind', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const stream = await keys.stream()
    await keys.add(stream, ['1', '2', '3'])
    const options = { ...reach, streams: [stream], start: 'earliest', claimIdleMs: 86_400_000 }
    const first = openSource(options)
    const [record] = await first.read(limits, inTime())
    await first.commit([record!])
    await first[Symbol.asyncDispose]()
    const consumers = await keys.client.xInfoConsumers(stream, 'millrace')
    expect(consumers.map(({ name, pending }) => ({ name, pending }))).toEqual([
      { name: 'millrace-returned', pending: 2 },
    ])
    await using second = openSource(options)
    expect((await second.read(limits, inTime())).map(bodyOf)).toEqual([2, 3])
  })

  test('what a named consumer held when its process died comes again when it comes back', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const stream = await keys.stream()
    await keys.client.sendCommand(['XGROUP', 'CREATE', stream, 'millrace', '0'])
    await keys.add(stream, ['1', '2', '3'])
    // What a process leaves that has read, and is gone.
    await keys.client.xReadGroup('millrace', 'reader-1', { key: stream, id: '>' }, { COUNT: 2 })
    await using source = openSource({
      ...reach,
      streams: [stream],
      consumer: 'reader-1',
      claimIdleMs: 86_400_000,
    })
    const records = await source.read(limits, inTime())
    expect(records.map(bodyOf)).toEqual([1, 2])
    expect((await source.read(limits, inTime())).map(bodyOf)).toEqual([3])
  })

  test('entries that were trimmed while they were held are let go of with a warning', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const stream = await keys.stream()
    await keys.client.sendCommand(['XGROUP', 'CREATE', stream, 'millrace', '0'])
    const ids = await keys.add(stream, ['1', '2', '3'])
    await keys.client.xReadGroup('millrace', 'reader-1', { key: stream, id: '>' }, { COUNT: 2 })
    await keys.client.xDel(stream, ids[0]!)
    const warnings: object[] = []
    const log = {
      debug() {},
      info() {},
      error() {},
      warn: (_: string, fields?: object) => warnings.push(fields!),
    }
    await using source = openSource({ ...reach, streams: [stream], consumer: 'reader-1' }, { log })
    expect((await source.read(limits, inTime())).map(bodyOf)).toEqual([2])
    expect(warnings).toEqual([{ stream, entries: 1 }])
    expect((await keys.client.xPending(stream, 'millrace')).pending).toBe(1)
  })

  test('a stream that is not there is told in words, or made', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const stream = keys.key()
    await using source = openSource({ ...reach, streams: [stream], start: 'earliest' })
    await expect(source.read(limits, inTime())).rejects.toMatchObject({
      code: 'source.not-found',
      message: expect.stringContaining(stream),
      retry: { kind: 'never' },
    })
    await using making = openSource({ ...reach, streams: [stream], start: 'latest', makeStreams: true })
    const read = making.read(limits, inTime())
    await expect.poll(() => keys.client.exists(stream)).toBe(1)
    await keys.add(stream, ['1'])
    expect(await read).toHaveLength(1)
  })

  test.each(['the stream', 'the group'])(
    '%s that is deleted while it is read is told in words',
    async what => {
      const reach = await reachOf()
      await using keys = await Keys.open(reach)
      const stream = await keys.stream()
      await using source = openSource({ ...reach, streams: [stream], start: 'earliest', blockMs: 100 })
      const read = source.read(limits, inTime())
      // It may fail before anybody looks.
      read.catch(() => {})
      await expect.poll(async () => (await keys.client.xInfoGroups(stream)).length).toBe(2)
      if (what === 'the stream') await keys.client.del(stream)
      else await keys.client.xGroupDestroy(stream, 'millrace')
      await expect(read).rejects.toMatchObject({ code: 'source.not-found', retry: { kind: 'never' } })
      // It comes again with what is written next, and so does its group.
      await keys.add(stream, ['1'])
      expect(await source.read(limits, inTime())).toHaveLength(1)
    },
  )

  test('a key of another type is told in words', async () => {
    const reach = await reachOf()
    await using keys = await Keys.open(reach)
    const key = keys.key()
    await keys.client.set(key, 'a text')
    await using source = openSource({ ...reach, streams: [key] })
    await expect(source.read(limits, inTime())).rejects.toMatchObject({ code: 'source.rejected' })
  })

  test('wrong credentials, missing permissions and a missing database are told in words, without the secret', async () => {
    const reach = await reachOf()
    const { stranger } = await useService('redis')
    const wrong = [
      [{ password: 'not-the-secret' }, 'source.unauthorized'],
      [{ username: stranger.name, password: stranger.password }, 'source.unauthorized'],
      [{ database: 60_000 }, 'source.rejected'],
    ] as const
    for (const [change, code] of wrong) {
      await using source = openSource({ ...reach, ...change, streams: ['s'] })
      const read = source.read(limits, inTime())
      await expect(read).rejects.toMatchObject({ code, retry: { kind: 'never' } })
      await expect(read).rejects.not.toThrow('not-the-secret')
    }
  })

  test('a database of its own, over TLS', async () => {
    const reach = await reachOf()
    const { tlsAddress, authorityFile } = await useService('redis')
    await using keys = await Keys.open(reach)
    await keys.client.select(3)
    const stream = await keys.stream()
    await keys.add(stream, ['1'])
    const tls = { ca: readFileSync(authorityFile, 'utf8') }
    const options = { ...reach, endpoint: tlsAddress, database: 3, streams: [stream], start: 'earliest' }
    await using source = openSource({ ...options, tls })
    expect(await readAll(source, 1)).toHaveLength(1)
    await using doubting = openSource({ ...options, tls: {} })
    await expect(doubting.read(limits, inTime())).rejects.toMatchObject({ code: 'source.untrusted' })
  })

  test('an address that is not public is refused unless the operator allows it', async () => {
    for (const endpoint of ['127.0.0.1:6379', 'localhost:6379']) {
      await using source = openSource({ endpoint, streams: ['s'] }, { allowPrivateTargets: false })
      await expect(source.read(limits, inTime())).rejects.toMatchObject({ code: 'sink.address-refused' })
    }
  })
})
