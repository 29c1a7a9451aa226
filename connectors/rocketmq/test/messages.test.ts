import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { eventOf, outgoing } from '@millrace/spi/conformance'
import { afterAll, beforeAll, test } from 'vitest'
import { Gateway } from './gateway.ts'
import { dataOf, gather, openSink, openSource } from './open.ts'
import { place, type RocketmqServer } from './place.ts'
import { Sender } from './send.ts'

const never = new AbortController().signal
const text = (body: string): { readonly body: Uint8Array } => ({ body: Buffer.from(body) })

await describeService('rocketmq', 'messages on a real server', () => {
  let server: RocketmqServer
  let sender: Sender
  let endpoints: string[]
  beforeAll(async () => {
    server = await useService('rocketmq')
    sender = new Sender(server.address)
    endpoints = [server.address]
  })
  afterAll(() => sender[Symbol.asyncDispose]())

  test.concurrent('what a sink writes comes out of a source in the shape of the compatible protocol', async ({
    expect,
  }) => {
    const { topic, group } = await place(server)
    await using sink = openSink({ endpoints, topic })
    const parameters = { tags: 'blue', keys: 'k1 k2', properties: '{"a":1,"b":"x"}', 'properties.b': 'y' }
    const [outcome] = await sink.write(
      [outgoing('1', { ...text('{"big":12345678901234567890}'), parameters })],
      never,
    )
    expect(outcome).toMatchObject({ status: 'ok', detail: expect.stringMatching(/^message [0-9A-F]+$/) })

    await using source = openSource({ endpoints, topic, group })
    const [record] = await gather(source, 1)
    const data = dataOf(record)
    expect(data).toMatchObject({
      topic,
      msgId: record?.id,
      userProperties: { a: '1', b: 'y' },
      systemProperties: {
        TAGS: 'blue',
        KEYS: 'k1 k2',
        UNIQ_KEY: record?.id,
        INSTANCE_ID: 'conformance',
        BORN_HOST: expect.stringMatching(/./),
        BORN_TIMESTAMP: expect.stringMatching(/^\d{13}$/),
        RECONSUME_TIMES: '0',
        CONSUME_START_TIME: expect.any(Number),
      },
    })
    // The digits of a number that JavaScript cannot hold are still there.
    expect(Buffer.from(record?.event ?? []).toString()).toContain('"body":{"big":12345678901234567890}')
    expect(record === undefined ? undefined : eventOf(record.event)).toMatchObject({
      type: 'mq:Topic:SendMessage',
      source: 'conformance',
      subject: `acs:mq:local:1000000000000001:conformance%${topic}`,
    })
    expect(record?.takenAtMs).toBeGreaterThan(1_600_000_000_000)
  })

  test.concurrent.for([
    ['text', 'plain', 'plain'],
    ['binary', 'plain', Buffer.from('plain').toString('base64')],
  ])('a body may stand as %s in the data', async ([bodyForm, sent = '', expected], { expect }) => {
    const { topic, group } = await place(server)
    await sender.send(topic, [sent])
    await using source = openSource({ endpoints, topic, group, bodyForm })
    expect(dataOf((await gather(source, 1))[0]).body).toBe(expected)
  })

  test.concurrent('a body that is too large is a fault, and shows no body', async ({ expect }) => {
    const { topic, group } = await place(server)
    await sender.send(topic, [`"${'x'.repeat(2_000)}"`])
    await using source = openSource({ endpoints, topic, group, recordBytesMax: 1_000 })
    const [record] = await gather(source, 1)
    expect(record?.fault).toMatchObject({
      code: 'record.too-large',
      message: expect.stringContaining('1000'),
    })
    expect(dataOf(record).body).toBeNull()
  })

  test.concurrent('tags choose messages on the server', async ({ expect }) => {
    const { topic, group } = await place(server)
    for (const tag of ['a', 'b', 'c']) await sender.send(topic, [`"${tag}"`], { tag })
    await using source = openSource({ endpoints, topic, group, tags: 'a || c' })
    const records = await gather(source, 2)
    expect(records.map(record => dataOf(record).body)).toEqual(['a', 'c'])
  })

  test.concurrent('names may have their namespace before them', async ({ expect }) => {
    const plain = await place(server, 'NORMAL', { namespace: 'shop' })
    const [topic, group] = [`shop%${plain.topic}`, `shop%${plain.group}`]
    await using sink = openSink({ endpoints, topic })
    expect(await sink.write([outgoing('1', text('"inside"'))], never)).toMatchObject([{ status: 'ok' }])
    await using source = openSource({ endpoints, topic, group })
    const records = await gather(source, 1)
    expect(dataOf(records[0])).toMatchObject({ topic, body: 'inside' })
    await source.commit(records)
  })

  test.concurrent('a namespace goes along with every request; this server takes no notice of it', async ({
    expect,
  }) => {
    const { topic, group } = await place(server)
    await using gateway = await Gateway.open(server.address)
    const options = { endpoints: [gateway.address], topic, namespace: 'shop' }
    await using sink = openSink(options)
    expect(await sink.write([outgoing('1', text('"inside"'))], never)).toMatchObject([{ status: 'ok' }])
    await using source = openSource({ ...options, group })
    const records = await gather(source, 1)
    await source.commit(records)
    expect(gateway.namespaces).toEqual(new Set(['shop']))
  })

  test.concurrent('a delayed message comes when it is due, and says when that was', async ({ expect }) => {
    const { topic, group } = await place(server, 'DELAY')
    await using sink = openSink({ endpoints, topic })
    const dueAtMs = Date.now() + 3_000
    const parameters = { deliveryTime: new Date(dueAtMs).toISOString() }
    expect(await sink.write([outgoing('1', { ...text('"later"'), parameters })], never)).toMatchObject([
      { status: 'ok' },
    ])
    await using source = openSource({ endpoints, topic, group })
    const [record] = await gather(source, 1)
    expect(dataOf(record).body).toBe('later')
    // The server counts in seconds.
    expect(Number(dataOf(record).systemProperties['CONSUME_START_TIME'])).toBeGreaterThanOrEqual(
      dueAtMs - 1_000,
    )
  })

  test.concurrent('messages of one group come one at a time and in order; others go beside them', async ({
    expect,
  }) => {
    const { topic, group } = await place(server, 'FIFO', { ordered: true })
    await using sink = openSink({ endpoints, topic })
    const records = ['a1', 'a2', 'b1', 'a3', 'b2'].map(id =>
      outgoing(id, { ...text(`"${id}"`), parameters: { messageGroup: id[0] ?? '' } }),
    )
    expect((await sink.write(records, never)).map(({ status }) => status)).toEqual(records.map(() => 'ok'))
    await using source = openSource({ endpoints, topic, group })
    const first = await gather(source, 2)
    expect(first.map(record => String(dataOf(record).body)).toSorted()).toEqual(['a1', 'b1'])
    expect(first.map(({ partition }) => partition).toSorted()).toEqual(['a', 'b'])
    await source.commit(first)
    const second = await gather(source, 2)
    expect(second.map(record => String(dataOf(record).body)).toSorted()).toEqual(['a2', 'b2'])
    await source.commit(second)
    expect(dataOf((await gather(source, 1))[0]).body).toBe('a3')
  })

  test.concurrent('a group whose first message was given back begins with it again', async ({ expect }) => {
    const { topic, group } = await place(server, 'FIFO', { ordered: true })
    await sender.send(topic, ['"1"', '"2"'], { messageGroup: 'g' })
    const first = openSource({ endpoints, topic, group })
    expect(dataOf((await gather(first, 1))[0]).body).toBe('1')
    await first[Symbol.asyncDispose]()
    await using second = openSource({ endpoints, topic, group })
    const [again] = await gather(second, 1)
    expect(dataOf(again)).toMatchObject({ body: '1', systemProperties: { RECONSUME_TIMES: '1' } })
    await second.commit(again === undefined ? [] : [again])
    expect(dataOf((await gather(second, 1))[0]).body).toBe('2')
  })

  test.concurrent('records may go to topics of their own, and one that is not there fails alone', async ({
    expect,
  }) => {
    const [one, other] = await Promise.all([place(server), place(server)])
    await using sink = openSink({ endpoints, topic: one.topic })
    const outcomes = await sink.write(
      [
        outgoing('1', text('"1"')),
        outgoing('2', { ...text('"2"'), parameters: { topic: other.topic } }),
        outgoing('3', { ...text('"3"'), parameters: { topic: 'nowhere' } }),
        outgoing('4', { ...text('"4"'), parameters: { topic: 'no name' } }),
        outgoing('5', { ...text('"5"'), parameters: { messageGroup: 'g' } }),
        outgoing('6', text('')),
        outgoing('7', { body: Buffer.alloc(5_000_000, 0x20) }),
      ],
      never,
    )
    expect(outcomes).toMatchObject([
      { status: 'ok' },
      { status: 'ok' },
      {
        status: 'failed',
        error: { code: 'sink.failed', message: expect.stringContaining('topic; make it') },
      },
      { status: 'failed', error: { code: 'sink.rejected', retry: { kind: 'never' } } },
      {
        status: 'failed',
        error: { code: 'sink.rejected', message: expect.stringContaining('type of message') },
      },
      { status: 'failed', error: { code: 'sink.rejected', message: expect.stringContaining('empty') } },
      { status: 'failed', error: { code: 'sink.rejected', message: expect.stringContaining('size') } },
    ])
    await using source = openSource({ endpoints, topic: other.topic, group: other.group })
    expect(dataOf((await gather(source, 1))[0]).body).toBe('2')
  })

  test.concurrent('records that are held for longer than the time of invisibility stay with their reader', async ({
    expect,
  }) => {
    const { topic, group } = await place(server)
    await sender.send(topic, ['"kept"'])
    await using holder = openSource({ endpoints, topic, group, invisibleMs: 10_000 })
    const held = await gather(holder, 1)
    await using other = openSource({ endpoints, topic, group, invisibleMs: 10_000 })
    await expect(gather(other, 1, 14_000)).rejects.toMatchObject({ name: 'TimeoutError' })
    await holder.commit(held)
  })
})
