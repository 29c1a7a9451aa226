import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { account, type SlsServer, startSlsServer } from './fixture.ts'

let server: SlsServer

beforeAll(async () => {
  server = await startSlsServer()
  await server.call('createProject', 'shop', { description: 'the shop' })
})

afterAll(() => server[Symbol.asyncDispose]())

/** Code of the error that a call must throw. */
async function failure(call: Promise<unknown>): Promise<string | undefined> {
  return await call.then(
    () => undefined,
    (thrown: { code?: string }) => thrown.code,
  )
}

async function newStore(name: string, settings: object = {}): Promise<void> {
  expect(await server.call('createLogStore', 'shop', name, settings)).toBe('')
}

const now = Math.floor(Date.now() / 1_000)
const around = [new Date((now - 3_600) * 1_000), new Date((now + 60) * 1_000)] as const

function log(content: Record<string, string>, secondsAgo = 0, ns?: number) {
  return { timestamp: now - secondsAgo, content, ...(ns === undefined ? {} : { timestampNsPart: ns }) }
}

describe('projects of @alicloud/log', () => {
  test('are created, once, told and deleted with what is in them', async () => {
    expect(await server.call('createProject', 'gone-soon', { description: 'd' })).toBe('')
    expect(await failure(server.call('createProject', 'gone-soon', { description: 'd' }))).toBe(
      'ProjectAlreadyExist',
    )
    expect(await server.call('getProject', 'gone-soon')).toEqual({
      projectName: 'gone-soon',
      description: 'd',
      status: 'Normal',
      owner: account,
      region: 'cn-hangzhou',
      createTime: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      lastModifyTime: expect.stringMatching(/^\d{4}/),
    })
    await server.call('createLogStore', 'gone-soon', 'app', {})
    await server.call('postLogStoreLogs', 'gone-soon', 'app', { logs: [log({ a: 'old' })] })
    expect(await server.call('deleteProject', 'gone-soon')).toBe('')
    expect(await failure(server.call('getProject', 'gone-soon'))).toBe('ProjectNotExist')
    expect(await failure(server.call('listLogStore', 'gone-soon'))).toBe('ProjectNotExist')
    await server.call('createProject', 'gone-soon', {})
    await server.call('createLogStore', 'gone-soon', 'app', {})
    expect(await server.call('getLogs', 'gone-soon', 'app', ...around)).toEqual([])
  })

  test('are not needed by whoever has an address and no names: the default one is there', async () => {
    const plain = server.logClient({ endpoint: server.url })
    const call = async (method: string, ...values: unknown[]) =>
      await plain[method]?.call(plain, '', ...values)
    await call('createLogStore', 'app', {})
    await call('postLogStoreLogs', 'app', { logs: [log({ a: '1' })] })
    expect(await call('getLogs', 'app', ...around)).toMatchObject([{ a: '1' }])
    expect(await server.call('getLogs', 'default', 'app', ...around)).toHaveLength(1)
  })
})

describe('log stores of @alicloud/log', () => {
  test('are created, once, told, changed, listed and deleted', async () => {
    await newStore('first', { ttl: 7, shardCount: 3 })
    expect(await failure(server.call('createLogStore', 'shop', 'first', {}))).toBe('LogStoreAlreadyExist')
    expect(await server.call('getLogStore', 'shop', 'first')).toMatchObject({
      logstoreName: 'first',
      ttl: 7,
      shardCount: 3,
      autoSplit: false,
      enable_tracking: false,
    })
    expect(await server.call('updateLogStore', 'shop', 'first', { ttl: 8, shardCount: 3 })).toBe('')
    expect(await server.call('getLogStore', 'shop', 'first')).toMatchObject({ ttl: 8, shardCount: 3 })
    await newStore('second')
    expect(await server.call('getLogStore', 'shop', 'second')).toMatchObject({ ttl: 30, shardCount: 2 })
    expect(await server.call('listLogStore', 'shop', { logstoreName: 'econ' })).toEqual({
      count: 1,
      total: 1,
      logstores: ['second'],
    })
    expect(await server.call('listLogStore', 'shop', { offset: 1, size: 1 })).toMatchObject({
      count: 1,
      logstores: ['second'],
    })
    expect(await server.call('deleteLogStore', 'shop', 'first')).toBe('')
    expect(await failure(server.call('getLogStore', 'shop', 'first'))).toBe('LogStoreNotExist')
    expect(await failure(server.call('deleteLogStore', 'shop', 'first'))).toBe('LogStoreNotExist')
    expect(await failure(server.call('getLogStore', 'nowhere', 'first'))).toBe('ProjectNotExist')
  })

  test('keep the configuration of an index', async () => {
    await newStore('indexed')
    const line = { token: [',', ' '], caseSensitive: false }
    expect(await failure(server.call('getIndexConfig', 'shop', 'indexed'))).toBe('IndexConfigNotExist')
    expect(await failure(server.call('updateIndex', 'shop', 'indexed', { line }))).toBe('IndexConfigNotExist')
    expect(await server.call('createIndex', 'shop', 'indexed', { line, keys: {} })).toBe('')
    expect(await failure(server.call('createIndex', 'shop', 'indexed', { line }))).toBe('IndexAlreadyExist')
    expect(await server.call('updateIndex', 'shop', 'indexed', { line, ttl: 5 })).toBe('')
    expect(await server.call('getIndexConfig', 'shop', 'indexed')).toMatchObject({
      line,
      ttl: 5,
      index_mode: 'v2',
    })
    expect(await server.call('deleteIndex', 'shop', 'indexed')).toBe('')
    expect(await failure(server.call('deleteIndex', 'shop', 'indexed'))).toBe('IndexConfigNotExist')
  })
})

describe('logs of @alicloud/log', () => {
  test('are found with what their group says of them, all values as texts', async () => {
    await newStore('one')
    const group = { topic: 't', source: '10.0.0.1', tags: [{ env: 'dev' }, { zone: 'a' }] }
    const logs = [log({ level: 'info', message: 'grüße 🎉', n: '5' }, 3, 7)]
    expect(await server.call('postLogStoreLogs', 'shop', 'one', { logs, ...group })).toBe('')
    expect(await server.call('getLogs', 'shop', 'one', ...around)).toEqual([
      {
        __time__: String(now - 3),
        __time_ns_part__: '7',
        __topic__: 't',
        __source__: '10.0.0.1',
        '__tag__:env': 'dev',
        '__tag__:zone': 'a',
        level: 'info',
        message: 'grüße 🎉',
        n: '5',
      },
    ])
  })

  test('come in the order of their times, page by page, forwards and backwards, from all shards', async () => {
    await newStore('many', { shardCount: 4 })
    for (let i = 0; i < 30; i += 3) {
      // Not in the order of their times.
      const logs = [29 - i, 28 - i, 27 - i].map(n => log({ n: String(n) }, n))
      await server.call('postLogStoreLogs', 'shop', 'many', { logs })
    }
    const ns = async (data: object): Promise<number[]> => {
      const rows: { n: string }[] = await server.call('getLogs', 'shop', 'many', ...around, data)
      return rows.map(({ n }) => Number(n))
    }
    const all = Array.from({ length: 30 }, (_, i) => 29 - i)
    expect(await ns({})).toEqual(all)
    expect(await ns({ line: 10, offset: 10 })).toEqual(all.slice(10, 20))
    expect(await ns({ reverse: true, line: 4, offset: 1 })).toEqual([1, 2, 3, 4])
    expect(await ns({ query: 'n > 20 and not n: 25', line: 3 })).toEqual([29, 28, 27])
    const exactly = [new Date((now - 5) * 1_000), new Date((now - 3) * 1_000)]
    const rows: { n: string }[] = await server.call('getLogs', 'shop', 'many', ...exactly)
    expect(rows.map(({ n }) => n)).toEqual(['5', '4'])
  })

  test('are the first of thousands by their times, wherever those lie', async () => {
    await newStore('thousands', { shardCount: 3 })
    const all: { time: number; n: string }[] = []
    for (let group = 0; group < 8; group++) {
      const logs = Array.from({ length: 500 }, (_, i) => {
        const n = group * 500 + i
        // Each number of seconds occurs, in no order, and some twice.
        const secondsAgo = (n * 1_237) % 3_500
        all.push({ time: now - secondsAgo, n: String(n) })
        return log({ n: String(n) }, secondsAgo)
      })
      await server.call('postLogStoreLogs', 'shop', 'thousands', { logs })
    }
    const times = all.map(({ time }) => time).toSorted((left, right) => left - right)
    for (const [offset, reverse] of [
      [0, false],
      [1_500, false],
      [3_950, false],
      [0, true],
      [2_345, true],
    ] as const) {
      const page = { line: 100, offset, reverse }
      const rows: { __time__: string }[] = await server.call('getLogs', 'shop', 'thousands', ...around, page)
      const sorted = reverse ? times.toReversed() : times
      expect(rows.map(({ __time__ }) => Number(__time__))).toEqual(sorted.slice(offset, offset + 100))
    }
  })

  test('are searched by words, fields and topic', async () => {
    await newStore('searched')
    const post = (topic: string, content: Record<string, string>) =>
      server.call('postLogStoreLogs', 'shop', 'searched', { topic, logs: [log(content)] })
    await post('orders', { level: 'error', message: 'payment refused: card expired' })
    await post('orders', { level: 'info', message: 'payment taken' })
    await post('users', { level: 'error', message: 'login failed' })
    const count = async (data: object): Promise<number> =>
      (await server.call('getLogs', 'shop', 'searched', ...around, data)).length
    expect(await count({ query: 'payment' })).toBe(2)
    expect(await count({ query: 'level: error' })).toBe(2)
    expect(await count({ query: 'level: error', topic: 'users' })).toBe(1)
    expect(await count({ query: '"card expired" or login' })).toBe(2)
    expect(
      await failure(server.call('getLogs', 'shop', 'searched', ...around, { query: '* | select 1' })),
    ).toBe('InvalidQueryString')
  })

  test('are counted over time', async () => {
    await newStore('counted')
    const logs = [10, 10, 70, 130].map(ago => log({ a: 'x' }, ago))
    await server.call('postLogStoreLogs', 'shop', 'counted', { logs })
    const from = now - 180
    const times = [new Date(from * 1_000), new Date(now * 1_000)]
    const parts = await server.call('getHistograms', 'shop', 'counted', ...times, {
      query: 'x',
      interval: 60,
    })
    expect(parts).toEqual([
      { from, to: from + 60, count: 1, progress: 'Complete' },
      { from: from + 60, to: from + 120, count: 1, progress: 'Complete' },
      { from: from + 120, to: now, count: 2, progress: 'Complete' },
    ])
    const short = await server.call('getHistograms', 'shop', 'counted', ...times)
    expect(short.length).toBe(60)
  })

  test('of SQL over a project are refused, and of what is not there', async () => {
    expect(await failure(server.call('getProjectLogs', 'shop', { query: 'SELECT 1' }))).toBe('BadRequest')
    expect(await failure(server.call('getLogs', 'shop', 'none', ...around))).toBe('LogStoreNotExist')
    expect(await failure(server.call('postLogStoreLogs', 'shop', 'none', { logs: [log({ a: '1' })] }))).toBe(
      'LogStoreNotExist',
    )
    expect(await failure(server.call('postLogStoreLogs', 'nowhere', 'x', { logs: [log({ a: '1' })] }))).toBe(
      'ProjectNotExist',
    )
  })

  test('with wrong credentials are refused with the id of the request', async () => {
    const wrong = server.logClient({ accessKeySecret: 'wrong' })
    await expect(wrong['getLogStore']?.call(wrong, 'shop', 'one', server.options)).rejects.toMatchObject({
      code: 'SignatureNotMatch',
      name: 'SignatureNotMatchError',
      requestid: expect.stringMatching(/^[0-9A-F]{24}$/),
    })
    const temporary = server.logClient({ securityToken: 'tok' })
    await expect(
      temporary['getLogStore']?.call(temporary, 'shop', 'one', server.options),
    ).rejects.toMatchObject({
      code: 'Unauthorized',
    })
  })
})
