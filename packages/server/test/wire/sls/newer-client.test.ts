import dns from 'node:dns'
import { createRequire } from 'node:module'
import type { LookupFunction } from 'node:net'
import type slsClient from '@alicloud/sls20201230'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  accessKeyId,
  accessKeySecret,
  everywhere,
  exercisedTable,
  type SlsServer,
  startSlsServer,
} from './fixture.ts'

const require = createRequire(import.meta.url)
const sls = require('@alicloud/sls20201230') as typeof slsClient &
  Record<string, new (given: object) => never>
const { $OpenApiUtil } = require('@alicloud/openapi-core') as {
  $OpenApiUtil: { Config: new (given: object) => never }
}

type Client = InstanceType<(typeof sls)['default']>

let server: SlsServer
let client: Client
const exercised = exercisedTable()
const systemLookup = dns.lookup

/** The name of an action in the table, where the client's method has another one. */
const actionNames: Readonly<Record<string, string>> = {
  mergeShard: 'MergeShards',
  getProject: 'GetProject',
}

function clientWith(settings: Record<string, unknown>): Client {
  const config = { accessKeyId, accessKeySecret, endpoint: server.endpoint, protocol: 'http', ...settings }
  return new sls.default(new $OpenApiUtil.Config(config))
}

/** Calls a method of the client, and notes how it ended. */
// oxlint-disable-next-line no-explicit-any -- answers have a type each
async function call(method: string, ...values: readonly unknown[]): Promise<any> {
  const action = actionNames[method] ?? method[0]!.toUpperCase() + method.slice(1)
  const run = Reflect.get(client, method) as (...given: readonly unknown[]) => unknown
  return await exercised.note(action, () => run.call(client, ...values))
}

/** A request of the client; each has a type of its own. */
function ask(name: string, given: object = {}): never {
  const Request = sls[name]
  if (Request === undefined) throw new Error(`the client has no ${name}`)
  return new Request(given)
}

beforeAll(async () => {
  server = await startSlsServer()
  // The client has no setting for it: here it stands for a wildcard in the DNS.
  const lookup: LookupFunction = (host, options, callback) =>
    host.endsWith('.log.example.internal') || host.startsWith('log.example.internal')
      ? everywhere(host, options, callback)
      : systemLookup(host, options, callback)
  Object.assign(dns, { lookup })
  client = clientWith({})
  await call('createProject', ask('CreateProjectRequest', { projectName: 'shop', description: 'd' }))
})

afterAll(async () => {
  Object.assign(dns, { lookup: systemLookup })
  await server[Symbol.asyncDispose]()
})

async function newStore(name: string, settings: object = {}): Promise<void> {
  const given = { logstoreName: name, ttl: 30, shardCount: 2, ...settings }
  await call('createLogStore', 'shop', ask('CreateLogStoreRequest', given))
}

async function put(name: string, logs: readonly Record<string, string>[], topic = ''): Promise<void> {
  const timestamp = Math.floor(Date.now() / 1_000)
  const group = { topic, logs: logs.map(content => ({ timestamp, content })) }
  await exercised.note('PutLogs', () => server.call('postLogStoreLogs', 'shop', name, group))
}

const from = Math.floor(Date.now() / 1_000) - 600
const to = from + 1_200

async function failure(given: Promise<unknown>): Promise<string | undefined> {
  return await given.then(
    () => undefined,
    (thrown: { code?: string }) => thrown.code,
  )
}

describe('@alicloud/sls20201230', () => {
  test('makes, tells, changes, lists and deletes projects', async () => {
    await call('createProject', ask('CreateProjectRequest', { projectName: 'other', description: 'd' }))
    await call('updateProject', 'other', ask('UpdateProjectRequest', { description: 'e' }))
    expect((await call('getProject', 'other')).body).toMatchObject({ projectName: 'other', description: 'e' })
    const { body } = await call(
      'listProject',
      ask('ListProjectRequest', { projectName: 'o', offset: 0, size: 10 }),
    )
    expect(body).toMatchObject({ count: 2, total: 2 })
    expect(body.projects.map(({ projectName }: { projectName: string }) => projectName)).toEqual([
      'other',
      'shop',
    ])
    await call('deleteProject', 'other', ask('DeleteProjectRequest'))
    expect(await failure(call('getProject', 'other'))).toBe('ProjectNotExist')
  })

  test('makes, tells, changes, lists and deletes log stores and indexes', async () => {
    await newStore('made', { shardCount: 5, appendMeta: true })
    expect((await call('getLogStore', 'shop', 'made')).body).toMatchObject({
      shardCount: 5,
      appendMeta: true,
    })
    const change = ask('UpdateLogStoreRequest', { logstoreName: 'made', ttl: 3 })
    await call('updateLogStore', 'shop', 'made', change)
    expect((await call('getLogStore', 'shop', 'made')).body).toMatchObject({ ttl: 3, appendMeta: true })
    const { body } = await call('listLogStores', 'shop', ask('ListLogStoresRequest', { offset: 0, size: 10 }))
    expect(body.logstores).toContain('made')
    const line = ask('IndexLine', { token: [' '], caseSensitive: false })
    await call('createIndex', 'shop', 'made', ask('CreateIndexRequest', { body: ask('Index', { line }) }))
    await call(
      'updateIndex',
      'shop',
      'made',
      ask('UpdateIndexRequest', { body: ask('Index', { line, maxTextLen: 64 }) }),
    )
    expect((await call('getIndex', 'shop', 'made')).body).toMatchObject({
      line: { token: [' '] },
      maxTextLen: 64,
    })
    await call('deleteIndex', 'shop', 'made')
    await call('deleteLogStore', 'shop', 'made')
    expect(await failure(call('getLogStore', 'shop', 'made'))).toBe('LogStoreNotExist')
  })

  test('finds logs by either version, and counts them', async () => {
    await newStore('found')
    await put(
      'found',
      [
        { level: 'error', a: '1' },
        { level: 'info', a: '2' },
      ],
      't',
    )
    const query = { from, to, query: 'level: error', line: 10, offset: 0 }
    const { body, headers } = await call('getLogs', 'shop', 'found', ask('GetLogsRequest', query))
    expect(body).toMatchObject([{ level: 'error', a: '1', __topic__: 't' }])
    expect(headers).toMatchObject({
      'x-log-progress': 'Complete',
      'x-log-count': '1',
      'x-log-processed-rows': '2',
    })
    const newer = await call('getLogsV2', 'shop', 'found', ask('GetLogsV2Request', query))
    expect(newer.body).toMatchObject({
      meta: { progress: 'Complete', count: 1, processedRows: 2, whereQuery: 'level: error' },
      data: [{ level: 'error', a: '1' }],
    })
    const histogram = { from, to, query: '*' }
    const parts = (await call('getHistograms', 'shop', 'found', ask('GetHistogramsRequest', histogram))).body
    expect(parts.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(2)
  })

  test('pulls by shard and cursor what came, and finds nothing more behind it', async () => {
    await newStore('pulled', { shardCount: 3 })
    for (const n of ['1', '2', '3', '4', '5', '6']) await put('pulled', [{ n }], 't')
    const shards = (await call('listShards', 'shop', 'pulled')).body as { shardID: number }[]
    expect(shards).toMatchObject([
      { shardID: 0, status: 'readwrite', inclusiveBeginKey: '0'.repeat(32) },
      { shardID: 1 },
      { shardID: 2, exclusiveEndKey: 'f'.repeat(32) },
    ])
    const seen: string[] = []
    for (const { shardID } of shards) {
      const cursorOf = async (from: string): Promise<string> => {
        const { body } = await call('getCursor', 'shop', 'pulled', shardID, ask('GetCursorRequest', { from }))
        return body.cursor
      }
      let cursor = await cursorOf('begin')
      expect(await cursorOf(String(from))).toBe(cursor)
      const end = await cursorOf('end')
      while (cursor !== end) {
        const request = ask('PullLogsRequest', { cursor, count: 1 })
        const { body, headers } = await exercised.note('PullLogs', () =>
          pullAsProjectOf(String(shardID), request),
        )
        seen.push(
          ...body.logGroupList.flatMap((group: { logItems: { contents: { value: string }[] }[] }) =>
            group.logItems.map(({ contents }) => contents[0]?.value ?? ''),
          ),
        )
        expect(headers['x-log-count']).toBe('1')
        expect(headers['x-log-cursor']).not.toBe(cursor)
        cursor = headers['x-log-cursor'] ?? ''
      }
      const time = ask('GetCursorTimeRequest', { cursor: end })
      const { body } = await call('getCursorTime', 'shop', 'pulled', shardID, time)
      expect(Number(body.cursorTime)).toBeGreaterThan(from)
    }
    expect(seen.toSorted()).toEqual(['1', '2', '3', '4', '5', '6'])
  })

  test('is told what there is not', async () => {
    await newStore('less')
    const attempts = [
      () => call('getProjectLogs', 'shop', ask('GetProjectLogsRequest', { query: 'SELECT 1' })),
      () =>
        call(
          'getContextLogs',
          'shop',
          'less',
          ask('GetContextLogsRequest', { packId: 'a', packMeta: 'b', backLines: 1, forwardLines: 1 }),
        ),
      () => call('splitShard', 'shop', 'less', 0, ask('SplitShardRequest', { key: '8'.repeat(32) })),
      () => call('mergeShard', 'shop', 'less', 0),
      () =>
        call(
          'createConsumerGroup',
          'shop',
          'less',
          ask('CreateConsumerGroupRequest', { consumerGroup: 'g', timeout: 60, order: true }),
        ),
    ]
    for (const attempt of attempts) expect(await failure(attempt())).toBe('BadRequest')
  })

  test('signs by the fourth scheme, too', async () => {
    await newStore('signed')
    const fourth = clientWith({ signatureVersion: 'v4', regionId: 'cn-hangzhou' })
    const query = { from, to, query: 'a: "b c" and (d or *) and * not !x', topic: '' }
    expect((await fourth.getLogs('shop', 'signed', ask('GetLogsRequest', query))).body).toEqual([])
    await fourth.updateProject('shop', ask('UpdateProjectRequest', { description: 'signed' }))
    const wrong = clientWith({ signatureVersion: 'v4', regionId: 'cn-hangzhou', accessKeySecret: 'wrong' })
    expect(await failure(wrong.getProject('shop'))).toBe('SignatureNotMatch')
    expect(await failure(clientWith({ accessKeyId: 'nobody' }).getProject('shop'))).toBe('Unauthorized')
  })

  test('was answered as the table says', () => {
    expect(exercised.contradictions([])).toEqual([])
  })
})

/** The client's `pullLogs` leaves the project out of the host; the endpoint of a second client puts it back. */
async function pullAsProjectOf(shard: string, request: never) {
  const endpoint = `shop.${server.endpoint}`
  const { body, headers } = await clientWith({ endpoint }).pullLogs('shop', 'pulled', shard, request)
  return {
    body: body as unknown as { logGroupList: never[] },
    headers: { ...headers } as Record<string, string>,
  }
}
