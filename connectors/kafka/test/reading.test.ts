import { describeService } from '@millrace/services/vitest'
import { Connection, deleteRecordsV2 } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import {
  gather,
  inTime,
  newName,
  newTopic,
  openSink,
  openSource,
  plenty,
  recordOf,
  seen,
  type Topic,
} from './broker.ts'

await describeService('kafka', 'reading', () => {
  test('keys, headers, tombstones and times are there, and the id tells the place', async () => {
    const place = await newTopic(3)
    await using sink = openSink(place)
    await using source = openSource(place)
    const parameters = { key: 'k', partition: '2', 'headers.trace': 'abc' }
    await sink.write(
      [recordOf('{"n":1}', parameters), recordOf('', { ...parameters, tombstone: 'true' })],
      inTime(),
    )

    const records = await gather(source, 2)

    expect(records.map(({ id, partition }) => [id, partition])).toEqual([
      [`${place.topic}-2-0`, `${place.topic}-2`],
      [`${place.topic}-2-1`, `${place.topic}-2`],
    ])
    expect(seen(records[0]!)).toEqual({
      topic: place.topic,
      partition: 2,
      offset: 0,
      timestamp: records[0]!.takenAtMs,
      headers: { headers: [{ key: 'trace', value: 'abc' }], isReadOnly: false },
      key: 'k',
      value: { n: 1 },
    })
    expect(seen(records[1]!).value).toBeNull()
    expect(records[0]!.takenAtMs).toBeGreaterThan(Date.now() - 60_000)
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'])(
    'what the broker has compressed with %s is read',
    async kind => {
      const place = await newTopic(1, { 'compression.type': kind })
      await using sink = openSink(place)
      await using source = openSource(place)
      const texts = Array.from({ length: 200 }, (_, i) => JSON.stringify({ i, pad: 'x'.repeat(i * 7) }))
      await sink.write(
        texts.map(text => recordOf(text)),
        inTime(),
      )

      const records = await gather(source, texts.length)

      expect(records.map(record => JSON.stringify(seen(record).value))).toEqual(texts)
    },
  )

  test('a group without offsets begins where the options say', async () => {
    const place = await newTopic()
    await using sink = openSink(place)
    await sink.write([recordOf('"old"')], inTime())
    await using early = openSource(place)
    const [old] = await gather(early, 1)
    const after = new Date((old?.takenAtMs ?? 0) + 1).toISOString()
    await expect.poll(() => Date.now()).toBeGreaterThan((old?.takenAtMs ?? 0) + 1)
    await sink.write([recordOf('"new"')], inTime())

    await using timed = openSource({ ...place, start: { time: after } })
    expect((await gather(timed, 1)).map(record => seen(record).value)).toEqual(['new'])

    const group = newName()
    await using late = openSource({ ...place, group, start: 'latest' })
    const read = late.read(plenty, inTime())
    await begun(place, group)
    await sink.write([recordOf('"newest"')], inTime())
    expect((await read).map(record => seen(record).value)).toEqual(['newest'])
  })

  test('a group that began at the end misses nothing when it stops before it has committed', async () => {
    const topic = await newTopic()
    const place = { ...topic, group: newName(), start: 'latest' }
    await using sink = openSink(topic)
    await sink.write([recordOf('"before"')], inTime())
    const first = openSource(place)
    const read = first.read(plenty, inTime())
    read.catch(() => undefined)
    await begun(topic, place.group)
    await first[Symbol.asyncDispose]()
    await sink.write([recordOf('"between"')], inTime())

    await using second = openSource(place)
    expect((await gather(second, 1)).map(record => seen(record).value)).toEqual(['between'])
  })

  test('a lag counts all partitions and tells the age', async () => {
    const place = { ...(await newTopic(2)), group: newName() }
    await using sink = openSink({ bootstrap: place.bootstrap, topic: place.topic })
    await sink.write([recordOf('1', { partition: '0' }), recordOf('2', { partition: '1' })], inTime())
    await using source = openSource(place)
    await source.commit((await gather(source, 2)).filter(record => record.partition.endsWith('-0')))

    const lag = await source.lag?.(inTime())

    expect(lag?.records).toBe(1)
    expect(lag?.ageMs).toBeGreaterThanOrEqual(0)
    expect(lag?.ageMs).toBeLessThan(60_000)
  })

  test('nothing more is fetched while enough lies unread', async () => {
    const place = await newTopic()
    await using sink = openSink(place)
    const texts = Array.from({ length: 50 }, (_, i) => `"${String(i).padStart(2, '0')}${'x'.repeat(2_000)}"`)
    for (const text of texts) await sink.write([recordOf(text)], inTime())
    await using source = openSource({
      ...place,
      fetchBytesMax: 4_096,
      fetchPartitionBytesMax: 4_096,
      prefetchBytesMax: 8_192,
    })

    const records = await gather(source, texts.length)

    expect(records.map(record => JSON.stringify(seen(record).value))).toEqual(texts)
  })

  test('records that retention has removed are passed over', async () => {
    const topic = await newTopic()
    const place = { ...topic, group: newName() }
    await using sink = openSink(topic)
    await sink.write([recordOf('"a"'), recordOf('"b"'), recordOf('"c"')], inTime())
    const first = openSource(place)
    await first.commit((await gather(first, 3)).slice(0, 1))
    await first[Symbol.asyncDispose]()
    await removeRecords(topic, 2)

    await using second = openSource(place)
    expect((await gather(second, 1)).map(record => seen(record).value)).toEqual(['c'])
  })
})

/** Resolves when a group has offsets, which shows by this: who would begin at the beginning is not behind any more. */
async function begun(place: Topic, group: string): Promise<void> {
  await using probe = openSource({ ...place, group, start: 'earliest' })
  await expect.poll(async () => (await probe.lag?.(inTime()))?.records, { timeout: 20_000 }).toBe(0)
}

/** Does what retention does: the records before an offset are gone. */
async function removeRecords({ bootstrap, topic }: Topic, offset: number): Promise<void> {
  const [host = '', port] = bootstrap.split(':')
  const connection = new Connection('test')
  await connection.connect(host, Number(port))
  const partitions = [{ partitionIndex: 0, offset: BigInt(offset) }]
  await deleteRecordsV2.api.async(connection, [{ name: topic, partitions }], 10_000)
  await connection.close()
}
