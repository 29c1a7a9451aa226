import { faultProxy } from '@millrace/services'
import { type Sink, systemClock } from '@millrace/spi'
import { outgoing, SourceHost } from '@millrace/spi/conformance'
import { afterAll, expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { drain, make, send } from './messages.ts'
import { Service } from './service.ts'

const service = await Service.start()
afterAll(() => service[Symbol.asyncDispose]())

const host = new SourceHost()
const limits = { recordsMax: 100, bytesMax: 1_000_000 }
const inTime = (): AbortSignal => AbortSignal.timeout(50_000)

function openSink(options: Record<string, unknown>): Sink {
  const whole = {
    ...service.reach,
    connectTimeoutMs: 5_000,
    base64Encode: false,
    requestsMax: 8,
    ...options,
  }
  return connector.sink!.open(whole, { ...host.context, clock: systemClock })
}

test('the event has the shape of the compatible protocol, and Base64 is undone', async () => {
  const queue = await make(service, 'queue')
  await send(service, queue, [Buffer.from('{"n":1}').toString('base64'), 'not base64!'])
  await using source = host.open(connector, { ...service.reach, queue })
  const records = [...(await source.read(limits, inTime()))]
  while (records.length < 2) records.push(...(await source.read(limits, inTime())))
  const events = records.map(
    ({ event }) => JSON.parse(Buffer.from(event).toString()) as Record<string, unknown>,
  )
  expect(events[0]).toMatchObject({
    type: 'mns:Queue:SendMessage',
    source: 'conformance',
    subject: `acs:mns:local:1000000000000001:queues/${queue}`,
    data: {
      requestId: expect.stringMatching(/./),
      messageId: expect.stringMatching(/./),
      messageBody: '{"n":1}',
    },
  })
  expect(events[1]).toMatchObject({ data: { messageBody: 'not base64!' } })
  await source.commit(records)
})

test('what is held is kept from other readers for longer than the queue says', async () => {
  const queue = await make(service, 'queue', '<VisibilityTimeout>2</VisibilityTimeout>')
  await send(service, queue, ['1'])
  await using source = host.open(connector, { ...service.reach, queue, waitSeconds: 1 })
  const records = await source.read(limits, inTime())
  await using other = host.open(connector, { ...service.reach, queue, waitSeconds: 4 })
  await expect(other.read(limits, AbortSignal.timeout(4_000))).rejects.toThrow('timeout')
  await source.commit(records)
  expect(await source.lag?.(inTime())).toEqual({ records: 0 })
})

test('what was held for too long is lost to its reader, and comes again', async () => {
  const queue = await make(service, 'queue', '<VisibilityTimeout>1</VisibilityTimeout>')
  await send(service, queue, ['1'])
  await using proxy = await faultProxy({ target: new URL(service.reach.endpoint).host })
  const endpoint = `http://${proxy.address}`
  await using source = host.open(connector, { ...service.reach, endpoint, queue, waitSeconds: 1 })
  const records = await source.read(limits, inTime())
  proxy.refuse()
  proxy.cut()
  await using other = host.open(connector, { ...service.reach, queue, waitSeconds: 5 })
  const again = await other.read(limits, inTime())
  expect(again.map(({ id }) => id)).toEqual(records.map(({ id }) => id))
  proxy.accept()
  await expect(source.commit(records)).rejects.toMatchObject({ code: 'source.lost' })
  await other.commit(again)
})

test('a network that stalls holds up a write until its time is up, and nothing afterwards', async () => {
  const queue = await make(service, 'queue')
  await using proxy = await faultProxy({ target: new URL(service.reach.endpoint).host })
  await using sink = openSink({ queue, endpoint: `http://${proxy.address}` })
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

test('many records go in few requests, and each arrives', async () => {
  const queue = await make(service, 'queue')
  await using sink = openSink({ queue, requestsMax: 2 })
  const ids = Array.from({ length: 200 }, (_, i) => `m${i}`)
  const outcomes = await sink.write(
    ids.map(id => outgoing(id, { body: Buffer.from(id) })),
    inTime(),
  )
  expect(outcomes.every(({ status }) => status === 'ok')).toBe(true)
  expect((await drain(service, queue)).toSorted()).toEqual(ids.toSorted())
})

test('a topic hands what is published to its subscription', async () => {
  const topic = await make(service, 'topic')
  await using sink = openSink({ topic })
  expect(await sink.write([outgoing('a', { body: Buffer.from('hello') })], inTime())).toMatchObject([
    { status: 'ok' },
  ])
})

test.each([
  ['a queue that is not there', { queue: 'no-such-queue' }, 'source.not-found', 'sink.failed'],
  ['a wrong secret', { accessKeySecret: 'not-the-secret' }, 'source.unauthorized', 'sink.unauthorized'],
  ['an unknown key', { accessKeyId: 'nobody' }, 'source.unauthorized', 'sink.unauthorized'],
  ['a service that is away', { endpoint: 'http://127.0.0.1:1' }, 'source.unavailable', 'sink.unavailable'],
])('%s is told in words, without the secret', async (_title, wrong, sourceCode, sinkCode) => {
  const queue = await make(service, 'queue')
  const options = { ...service.reach, queue, ...wrong }
  await using source = host.open(connector, options)
  const read = source.read(limits, inTime())
  await expect(read).rejects.toMatchObject({ code: sourceCode })
  await expect(read).rejects.not.toThrow(options.accessKeySecret)
  await using sink = openSink(options)
  const [outcome] = await sink.write([outgoing('a')], inTime())
  expect(outcome).toMatchObject({ status: 'failed', error: { code: sinkCode } })
})
