import { type Sink, systemClock } from '@millrace/spi'
import { eventOf, outgoing, SourceHost } from '@millrace/spi/conformance'
import { afterAll, describe, expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { Service } from './service.ts'

const service = await Service.start()
afterAll(() => service[Symbol.asyncDispose]())

const limits = { recordsMax: 100, bytesMax: 1_000_000 }
const inTime = (): AbortSignal => AbortSignal.timeout(20_000)
const { project } = service

function openSink(options: Record<string, unknown>): Sink {
  const host = new SourceHost()
  const whole = {
    ...service.reach,
    project,
    connectTimeoutMs: 5_000,
    contentType: 'json',
    compression: 'deflate',
    requestsMax: 8,
    ...options,
  }
  return connector.sink!.open(whole, { ...host.context, clock: systemClock })
}

function openSource(options: Record<string, unknown>, host: SourceHost = new SourceHost()) {
  return host.open(connector, { ...service.reach, project, start: 'earliest', pollEveryMs: 20, ...options })
}

async function gather(source: ReturnType<typeof openSource>, count: number) {
  const records = []
  while (records.length < count) records.push(...(await source.read(limits, inTime())))
  return records
}

const bodies = (texts: readonly string[], parameters: Readonly<Record<string, string>> = {}) =>
  texts.map(text => outgoing(text, { body: Buffer.from(text), parameters }))

describe('reading', () => {
  test('an event has the shape of the compatible protocol', async () => {
    const logstore = await service.newStore()
    const labels = { topic: 't', source: '10.0.0.1', tags: [{ env: 'dev' }, { __client_ip__: '10.9.9.9' }] }
    await service.putGroup(logstore, [{ level: 'info', message: 'ü' }, { __topic__: 'mine' }], labels)
    await using source = openSource({ logstore })
    const [first, second] = await gather(source, 2)
    const shared = { __topic__: 't', __source__: '10.0.0.1', '__tag__:env': 'dev', __client_ip__: '10.9.9.9' }
    expect(eventOf(first!.event)).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(new RegExp(`^default-${logstore}-0-\\S+-0$`)),
      source: 'conformance',
      type: 'sls:connector',
      subject: `acs:log:local:1000000000000001:project/default/logstore/${logstore}`,
      time: expect.stringMatching(/^\d{4}-/),
      datacontenttype: 'application/json; charset=utf-8',
      data: { level: 'info', message: 'ü', __time__: expect.stringMatching(/^\d{10}$/), ...shared },
    })
    expect(eventOf(second!.event).data).toMatchObject(shared)
    expect(second!.id).toMatch(/-1$/)
    expect(first!.partition).toBe('0')
  })

  test('all shards are read, each in its order', async () => {
    const logstore = await service.newStore(5)
    await using sink = openSink({ logstore })
    const keys = ['a', 'b', 'c', 'd', 'e', 'f']
    for (let i = 0; i < 5; i++) {
      const records = keys.map(shardKey => bodies([`${shardKey}${i}`], { shardKey })[0]!)
      expect((await sink.write(records, inTime())).every(({ status }) => status === 'ok')).toBe(true)
    }
    await using source = openSource({ logstore, groupsMax: 2 })
    const records = await gather(source, 30)
    const texts = records.map(({ event }) => (eventOf(event).data as { content: string }).content)
    for (const key of keys) {
      const own = texts.filter(text => text.startsWith(key))
      expect(own).toEqual([0, 1, 2, 3, 4].map(i => `${key}${i}`))
    }
    expect(new Set(records.map(({ partition }) => partition)).size).toBeGreaterThan(1)
    expect(new Set(records.map(({ id }) => id)).size).toBe(30)
  })

  test('begins at the end, or at a time, when it is told to, and remembers that', async () => {
    const logstore = await service.newStore()
    await service.put(logstore, ['old'])
    const host = new SourceHost()
    const options = { logstore, start: 'latest' }
    const first = openSource(options, host)
    await expect(first.read(limits, AbortSignal.timeout(300))).rejects.toThrow('timeout')
    await first[Symbol.asyncDispose]()
    await service.put(logstore, ['new'])
    await using second = openSource(options, host)
    expect((await gather(second, 1)).map(({ event }) => eventOf(event).data)).toMatchObject([
      { content: 'new' },
    ])
    await using since = openSource({ logstore, start: { time: '2020-01-01T00:00:00Z' } })
    expect(await gather(since, 2)).toHaveLength(2)
    await using future = openSource({ logstore, start: { time: '2100-01-01T00:00:00Z' } })
    await expect(future.read(limits, AbortSignal.timeout(300))).rejects.toThrow('timeout')
  })

  test('a record has the same id again, however much came since', async () => {
    const logstore = await service.newStore()
    const host = new SourceHost()
    const ids: string[] = []
    const first = openSource({ logstore }, host)
    for (const text of ['1', '2', '3']) {
      // Each by a pull of its own, which one pull could bring later.
      await service.put(logstore, [text])
      ids.push(...(await gather(first, 1)).map(({ id }) => id))
    }
    await first[Symbol.asyncDispose]()
    await service.put(logstore, ['4'])
    await using second = openSource({ logstore }, host)
    const again = await gather(second, 4)
    expect(again.slice(0, 3).map(({ id }) => id)).toEqual(ids)
    expect(new Set(again.map(({ id }) => id)).size).toBe(4)
  })
})

describe('writing', () => {
  test('the vendor client finds the logs, with topics, sources and fields', async () => {
    const logstore = await service.newStore()
    await using sink = openSink({ logstore, topic: 'all', contentType: 'keyValue' })
    const records = [
      outgoing('1', { body: Buffer.from('{"n":1,"s":"x"}') }),
      outgoing('2', { parameters: { 'columns.n': '2', topic: 'own', source: 'me', time: '1700000000.25' } }),
    ]
    expect(await sink.write(records, inTime())).toEqual([{ status: 'ok' }, { status: 'ok' }])
    const found = await service.found(logstore)
    expect(found).toMatchObject([{ n: '1', s: 'x', __topic__: 'all', __source__: '' }])
    await using source = openSource({ logstore })
    const data = (await gather(source, 2)).map(({ event }) => eventOf(event).data)
    expect(data).toContainEqual({
      n: '2',
      __time__: '1700000000',
      __time_ns_part__: '250000000',
      __topic__: 'own',
      __source__: 'me',
    })
  })

  test.each(['none', 'deflate'])('a batch of a thousand arrives, compressed with %s', async compression => {
    const logstore = await service.newStore(3)
    await using sink = openSink({ logstore, compression })
    const texts = Array.from({ length: 1_000 }, (_, i) => `log ${i} `.padEnd(200, 'x'))
    const outcomes = await sink.write(bodies(texts), inTime())
    expect(outcomes.every(({ status }) => status === 'ok')).toBe(true)
    const found = (await service.found(logstore)).map(({ content = '' }) => content)
    expect(found.toSorted()).toEqual(texts.toSorted())
  })

  test('only what is refused fails, wherever it stands in a large batch', async () => {
    const logstore = await service.newStore()
    await using sink = openSink({ logstore })
    const records = bodies(Array.from({ length: 200 }, (_, i) => `m${i}`))
    const bad = new Set([0, 57, 58, 199])
    const mixed = records.map((record, i) =>
      bad.has(i) ? { ...record, parameters: { time: '4294967000' } } : record,
    )
    const outcomes = await sink.write(mixed, inTime())
    const failed = outcomes.flatMap((outcome, i) => (outcome.status === 'failed' ? [{ i, ...outcome }] : []))
    expect(failed.map(({ i }) => i)).toEqual([...bad])
    for (const { error } of failed)
      expect(error).toMatchObject({ code: 'sink.rejected', retry: { kind: 'never' } })
    expect(await service.found(logstore)).toHaveLength(196)
  })
})

test.each([
  ['a log store that is not there', { logstore: 'no-such-store' }, 'source.not-found', 'sink.failed'],
  ['a project that is not there', { project: 'nowhere' }, 'source.not-found', 'sink.failed'],
  ['a wrong secret', { accessKeySecret: 'not-the-secret' }, 'source.unauthorized', 'sink.unauthorized'],
  ['an unknown key', { accessKeyId: 'nobody' }, 'source.unauthorized', 'sink.unauthorized'],
  ['a service that is away', { endpoint: 'http://127.0.0.1:1' }, 'source.unavailable', 'sink.unavailable'],
])('%s is told in words, without the secret', async (_title, wrong, sourceCode, sinkCode) => {
  const options = { logstore: await service.newStore(), ...service.reach, ...wrong }
  await using source = openSource(options)
  const read = source.read(limits, inTime())
  await expect(read).rejects.toMatchObject({ code: sourceCode })
  await expect(read).rejects.not.toThrow(options.accessKeySecret)
  await using sink = openSink(options)
  const [outcome] = await sink.write([outgoing('a')], inTime())
  expect(outcome).toMatchObject({ status: 'failed', error: { code: sinkCode } })
})

test('addresses of the machine itself are refused unless the operator allows them', async () => {
  const host = new SourceHost()
  const context = { ...host.context, allowPrivateTargets: false }
  const options = {
    ...service.reach,
    project,
    logstore: 'l',
    connectTimeoutMs: 1_000,
    requestsMax: 1,
    contentType: 'json',
  }
  for (const endpoint of ['http://127.0.0.1:1', 'http://localhost:1']) {
    await using sink = connector.sink!.open({ ...options, endpoint }, context)
    expect(await sink.write([outgoing('a')], inTime())).toMatchObject([
      { status: 'failed', error: { code: 'sink.address-refused' } },
    ])
  }
})

test.each([
  ['endpoint', { endpoint: 'ftp://x' }],
  ['endpoint', { endpoint: 'http://user@x' }],
  ['endpoint', { endpoint: 'http://x/path' }],
  ['accessKeyId', { accessKeyId: '' }],
  ['accessKeySecret', { accessKeySecret: '' }],
  ['start.time', { start: { time: 'soon' } }],
])('the option %s is checked when it is written: %j', (path, wrong) => {
  const options = { ...service.reach, project, logstore: 'l', start: 'latest', ...wrong }
  expect(() => connector.source?.check?.(options)).toThrow(
    expect.objectContaining({ code: 'options.invalid', message: expect.stringContaining(path) }),
  )
})
