import { describeService } from '@millrace/services/vitest'
import type { Source, SourceRecord } from '@millrace/spi'
import { Producer } from '@platformatic/kafka'
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

await describeService('kafka', 'groups', () => {
  test('a member that comes takes half of the partitions; what it gets is lost to the first', async () => {
    const topic = await newTopic(4)
    const place = { ...topic, group: newName(), rebalanceDrainMs: 100 }
    await write(topic, 4, 4)
    await using first = openSource(place)
    const held = await gather(first, 4)

    await using second = openSource(place)
    const came = await gather(second, 2)

    const taken = new Set(came.map(({ partition }) => partition))
    expect(taken.size).toBe(2)
    for (const record of held) {
      if (taken.has(record.partition)) {
        await expect(first.commit([record])).rejects.toMatchObject({
          code: 'source.lost',
          retry: { kind: 'backoff' },
        })
      } else {
        // Nobody else had it in between, so it is not read again, and may be committed.
        await first.commit([record])
      }
    }
    await second.commit(came)
    expect((await first.lag?.(inTime()))?.records).toBe(0)
  })

  test('what was committed while partitions were shared out anew is not read twice', async () => {
    const topic = await newTopic(4)
    const place = { ...topic, group: newName() }
    await write(topic, 4, 40)
    await using first = openSource(place)
    const seenBy: number[] = []
    const held = await gather(first, 40)
    await using second = openSource(place)
    const read = drain(second, seenBy)
    // The first lets go when its records are done with, and not before.
    await first.commit(held)
    const rest = drain(first, seenBy)
    await write(topic, 4, 40, 100)
    await expect.poll(() => seenBy.length, { timeout: 30_000 }).toBe(40)
    expect(seenBy.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => 100 + i))
    await first[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()
    await Promise.all([read, rest])
  })

  test('a member that leaves hands its partitions on', async () => {
    const topic = await newTopic(2)
    const place = { ...topic, group: newName() }
    await write(topic, 2, 2)
    await using first = openSource(place)
    const second = openSource(place)
    const seenBy: number[] = []
    const reads = [drain(first, seenBy), drain(second, seenBy)]
    await expect.poll(() => seenBy.length, { timeout: 30_000 }).toBe(2)
    await second[Symbol.asyncDispose]()
    await write(topic, 2, 4, 10)
    await expect.poll(() => new Set(seenBy).size, { timeout: 30_000 }).toBe(6)
    await first[Symbol.asyncDispose]()
    await Promise.all(reads)
  })

  test('more members than partitions: some have nothing to do, and take over', async () => {
    const topic = await newTopic(1)
    const place = { ...topic, group: newName() }
    const sources = [openSource(place), openSource(place)]
    const seenBy: number[] = []
    const reads = sources.map(source => drain(source, seenBy))
    await write(topic, 1, 3)
    await expect.poll(() => seenBy.length, { timeout: 30_000 }).toBe(3)
    await sources[0]![Symbol.asyncDispose]()
    await write(topic, 1, 3, 10)
    await expect.poll(() => new Set(seenBy).size, { timeout: 30_000 }).toBe(6)
    await sources[1]![Symbol.asyncDispose]()
    await Promise.all(reads)
  })

  test('a static member comes back to its partitions, and a second one of its name is told', async () => {
    const topic = await newTopic(1)
    const place = { ...topic, group: newName(), member: 'one' }
    await write(topic, 1, 2)
    const first = openSource(place)
    await first.commit((await gather(first, 2)).slice(0, 1))
    await first[Symbol.asyncDispose]()
    await using again = openSource(place)
    expect((await gather(again, 1)).map(record => seen(record).value)).toEqual([1])

    await using twin = openSource(place)
    const twins = twin.read(plenty, inTime())
    await expect(readUntilRefused(again)).resolves.toMatchObject({
      code: 'source.rejected',
      message: expect.stringContaining('member'),
    })
    await twins
  })

  test('records of open and aborted transactions are not read, unless they are asked for', async () => {
    const topic = await newTopic(1)
    await transaction(topic, [1, 2], 'commit')
    await transaction(topic, [3, 4], 'abort')
    await transaction(topic, [5], 'commit')
    const group = newName()
    await using source = openSource({ ...topic, group })
    const records = await gather(source, 3)
    expect(records.map(record => seen(record).value)).toEqual([1, 2, 5])
    await source.commit(records)
    // The marks of transactions are no records that wait.
    await expect.poll(async () => (await source.lag?.(inTime()))?.records, { timeout: 20_000 }).toBe(0)
    await using all = openSource({ ...topic, isolation: 'uncommitted' })
    expect((await gather(all, 5)).map(record => seen(record).value)).toEqual([1, 2, 3, 4, 5])
  })
})

/** Writes numbers, one after the other into each partition. */
async function write(topic: Topic, partitions: number, count: number, from = 0): Promise<void> {
  await using sink = openSink(topic)
  const records = Array.from({ length: count }, (_, i) =>
    recordOf(String(from + i), { partition: String(i % partitions) }),
  )
  for (const { status } of await sink.write(records, inTime())) expect(status).toBe('ok')
}

/** Reads and commits until the source is closed. */
async function drain(source: Source, into: number[]): Promise<void> {
  for (;;) {
    let records: SourceRecord[]
    try {
      records = await source.read(plenty, inTime())
      await source.commit(records)
    } catch (thrown) {
      const { code } = thrown as { code: string }
      if (code === 'source.closed') return
      expect(code).toBe('source.lost')
      continue
    }
    into.push(...records.map(record => Number(seen(record).value)))
  }
}

async function readUntilRefused(source: Source): Promise<unknown> {
  for (;;) {
    try {
      await source.read(plenty, inTime())
    } catch (thrown) {
      return thrown
    }
  }
}

async function transaction(
  { bootstrap, topic }: Topic,
  numbers: number[],
  end: 'commit' | 'abort',
): Promise<void> {
  const producer = new Producer({
    clientId: 'test',
    bootstrapBrokers: [bootstrap],
    idempotent: true,
    transactionalId: newName(),
  })
  const open = await producer.beginTransaction()
  await open.send({
    messages: numbers.map(number => ({ topic, partition: 0, value: Buffer.from(String(number)) })),
  })
  await open[end]()
  await producer.close()
}
