import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { outgoing } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { codeOf, inTime, limits, openSink, openSource } from './platform.ts'
import { reachOf, Streams } from './server.ts'

await describeService('nats', 'writing', () => {
  test('an event that comes again is taken once, and told as such', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = await streams.stream()
    await using sink = openSink({ ...reach, subject: `${stream}.a` })
    const [first] = await sink.write([outgoing('e1')], inTime())
    expect(first).toEqual({ status: 'ok' })
    const [again] = await sink.write([outgoing('e1', { attempt: 2 })], inTime())
    expect(again).toEqual({ status: 'ok', detail: 'the stream has it already' })
    expect(await streams.messages(stream)).toHaveLength(1)
  })

  test.each(['binary', 'structured'] as const)('an event in %s mode comes back as it was', async mode => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = await streams.stream()
    await using sink = openSink({ ...reach, subject: `${stream}.a`, mode })
    const event = Buffer.from(
      '{"specversion":"1.0","id":"e 1","source":"/s","type":"t","subject":"café","data":{"n":12345678901234567890}}',
    )
    expect((await sink.write([outgoing('e 1', { event })], inTime())).map(codeOf)).toEqual(['ok'])
    const options = { stream, mode: 'cloudevents', start: 'earliest', makeConsumer: true, waitMs: 100 }
    await using source = openSource({ ...reach, ...options })
    const [record] = await source.read(limits, inTime())
    expect(record?.id).toBe('e 1')
    const text = Buffer.from(record!.event).toString()
    expect(text).toContain('12345678901234567890')
    expect(JSON.parse(text)).toMatchObject({ id: 'e 1', source: '/s', type: 't', subject: 'café' })
  })

  test('a batch keeps its order, with subjects and headers of its records', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const stream = await streams.stream()
    await using sink = openSink({ ...reach, unconfirmedMax: 7 })
    const records = Array.from({ length: 100 }, (_, i) =>
      outgoing(`${i}`, {
        body: Buffer.from(`${i}`),
        parameters: { subject: `${stream}.n${i % 2}`, 'headers.number': `${i}` },
      }),
    )
    expect(new Set((await sink.write(records, inTime())).map(codeOf))).toEqual(new Set(['ok']))
    const messages = await streams.messages(stream)
    expect(messages.map(({ body }) => body)).toEqual(records.map(({ id }) => id))
    expect(messages[3]).toMatchObject({
      subject: `${stream}.n1`,
      headers: { number: '3', 'Nats-Msg-Id': '/conformance#3' },
    })
  })

  test('a stream that is full, a subject of nobody, another stream and a message too large fail by themselves', async () => {
    const reach = await reachOf()
    await using streams = await Streams.open(reach)
    const full = await streams.stream({ max_msgs: 1, discard: 'new' })
    const small = await streams.stream({ max_msg_size: 100 })
    await streams.put(full, ['1'])
    await using sink = openSink(reach)
    const to = (id: string, subject: string, size = 10) =>
      outgoing(id, { parameters: { subject }, body: Buffer.alloc(size) })
    const records = [
      to('1', `${full}.a`),
      to('2', `${small}.a`),
      to('3', `nobody.${full}`),
      to('4', `${small}.a`, 1_000),
      to('5', `${small}.a`, 2_000_000),
      to('6', `${small}.a`),
    ]
    const outcomes = await sink.write(records, inTime())
    expect(outcomes.map(codeOf)).toEqual([
      'sink.failed',
      'ok',
      'sink.failed',
      'sink.rejected',
      'sink.rejected',
      'ok',
    ])
    await using expecting = openSink({ ...reach, stream: full, subject: `${small}.a` })
    const [elsewhere] = await expecting.write([outgoing('7')], inTime())
    expect(elsewhere).toMatchObject({
      error: { code: 'sink.failed', message: expect.stringContaining('another stream') },
    })
  })

  test('wrong credentials and missing permissions are told in words, without the secret', async () => {
    const reach = await reachOf()
    const { stranger } = await useService('nats')
    for (const wrong of [
      { password: 'not-the-secret' },
      { username: stranger.name, password: stranger.password },
    ]) {
      await using sink = openSink({ ...reach, ...wrong, subject: 's' })
      const [outcome] = await sink.write([outgoing('a')], inTime())
      expect(codeOf(outcome)).toBe('sink.unauthorized')
      expect(JSON.stringify(outcome)).not.toContain(wrong.password)
    }
  })

  test('private addresses and servers that are not there are told apart', async () => {
    await using refused = openSink({ endpoint: 'localhost:1', subject: 's' }, { allowPrivateTargets: false })
    expect(codeOf((await refused.write([outgoing('a')], inTime()))[0])).toBe('sink.address-refused')
    await using missing = openSink({ endpoint: '127.0.0.1:1', subject: 's' })
    expect(codeOf((await missing.write([outgoing('a')], inTime()))[0])).toBe('sink.unavailable')
  })
})
