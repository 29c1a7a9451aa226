import { createRequire } from 'node:module'
import { inflateSync, zstdDecompressSync } from 'node:zlib'
import { compressSync } from 'lz4-napi'
import protobuf from 'protobufjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SlsServer, startSlsServer } from './fixture.ts'

/** The schema that the vendor's client brings along, read by a library. */
const schema = protobuf.loadSync(createRequire(import.meta.url).resolve('@alicloud/log/lib/sls.proto'))
const Group = schema.lookupType('sls.LogGroup')
const List = schema.lookupType('sls.LogGroupList')

let server: SlsServer
let stores = 0

beforeAll(async () => {
  server = await startSlsServer()
  await server.send('POST', '/', { host: 'log.test', body: '{"projectName":"myproj"}' })
})

afterAll(() => server[Symbol.asyncDispose]())

async function newStore(settings: object = {}): Promise<string> {
  const logstoreName = `store-${stores++}`
  const body = JSON.stringify({ logstoreName, shardCount: 1, ...settings })
  expect((await server.send('POST', '/logstores', { body })).status).toBe(200)
  return `/logstores/${logstoreName}`
}

const now = Math.floor(Date.now() / 1_000)

function group(text: string): Buffer {
  const Logs = [{ Time: now, Contents: [{ Key: 'a', Value: text }] }]
  return Buffer.from(Group.encode(Group.create({ Logs, Topic: 't', Source: 's' })).finish())
}

async function put(store: string, body: Buffer, headers: Record<string, string> = {}, path = '/shards/lb') {
  const answer = await server.send('POST', store + path, { body, headers })
  expect(answer.json).toBeUndefined()
  expect([answer.status, answer.bytes.length, answer.headers['content-type']]).toEqual([200, 0, undefined])
}

interface PulledLog {
  readonly Contents: readonly { readonly Key: string; readonly Value: string }[]
}
interface PulledGroup {
  readonly Logs: readonly PulledLog[]
  readonly LogTags?: readonly { readonly Key: string; readonly Value: string }[]
}

async function pull(
  store: string,
  cursor: string,
  { count = 100, shard = 0, encoding = '', rest = '' } = {},
) {
  const { headers, bytes, status, json } = await server.send(
    'GET',
    `${store}/shards/${shard}?type=logs&cursor=${encodeURIComponent(cursor)}&count=${count}${rest}`,
    { headers: { accept: 'application/x-protobuf', 'accept-encoding': encoding } },
  )
  expect(status, JSON.stringify(json)).toBe(200)
  const type = headers['x-log-compresstype']
  const size = Number(headers['x-log-bodyrawsize'])
  const raw = type === 'zstd' ? zstdDecompressSync(bytes) : type === 'deflate' ? inflateSync(bytes) : bytes
  if (type !== 'lz4') expect(raw).toHaveLength(size)
  const list =
    type === 'lz4'
      ? undefined
      : (List.toObject(List.decode(raw), { arrays: true }) as { logGroupList: PulledGroup[] })
  const groups = list?.logGroupList ?? []
  return {
    type,
    count: Number(headers['x-log-count']),
    next: String(headers['x-log-cursor']),
    groups,
    texts: groups.flatMap(({ Logs }) => Logs.map(({ Contents }) => Contents[0]?.Value)),
  }
}

async function cursor(store: string, from: string, shard = 0): Promise<string> {
  const { json } = await server.send('GET', `${store}/shards/${shard}?type=cursor&from=${from}`)
  return json.cursor
}

test('a group arrives whatever it was compressed with, by the old path, too', async () => {
  const store = await newStore()
  const body = group('x'.repeat(1_000))
  const size = { 'x-log-bodyrawsize': String(body.length) }
  // The library puts the size in front of the block.
  await put(store, Buffer.from(compressSync(body)).subarray(4), { ...size, 'x-log-compresstype': 'lz4' })
  await put(store, body, {}, '')
  const { texts } = await pull(store, await cursor(store, 'begin'))
  expect(texts).toEqual(['x'.repeat(1_000), 'x'.repeat(1_000)])
})

test('groups are pulled page by page, in an encoding that the client takes, and not twice', async () => {
  const store = await newStore()
  for (const text of ['1', '2', '3']) await put(store, group(text))
  const first = await pull(store, await cursor(store, 'begin'), { count: 2, encoding: 'zstd' })
  expect([first.type, first.count, first.texts]).toEqual(['zstd', 2, ['1', '2']])
  const second = await pull(store, first.next, { encoding: 'deflate' })
  expect([second.type, second.count, second.texts]).toEqual(['deflate', 1, ['3']])
  const end = await pull(store, second.next, { encoding: 'lz4' })
  expect([end.type, end.count, end.next]).toEqual([undefined, 0, second.next])
  expect((await pull(store, first.next, { encoding: 'lz4' })).type).toBe('lz4')
  expect(await cursor(store, 'end')).toBe(second.next)
  const until = await pull(store, await cursor(store, 'begin'), { rest: `&end_cursor=${first.next}` })
  expect(until.texts).toEqual(['1', '2'])
})

test('a cursor by time is where the first group came at that time or later', async () => {
  const store = await newStore()
  await put(store, group('1'))
  expect(await cursor(store, String(now - 60))).toBe(await cursor(store, 'begin'))
  expect(await cursor(store, String(now + 60))).toBe(await cursor(store, 'end'))
})

test('a key leads to its shard', async () => {
  const store = await newStore({ shardCount: 4 })
  const keys = ['00', '3f', '40', '80', 'ff'].map(start => start.padEnd(32, '0'))
  for (const key of keys) await put(store, group(key.slice(0, 2)), {}, `/shards/route?key=${key}`)
  await put(store, group('c1'), { 'x-log-hashkey': 'c1'.padEnd(32, '0') })
  const shards = [0, 1, 2, 3]
  const found = shards.map(
    async shard => (await pull(store, await cursor(store, 'begin', shard), { shard })).texts,
  )
  expect(await Promise.all(found)).toEqual([['00', '3f'], ['40'], ['80'], ['ff', 'c1']])
})

test('a log store notes who sent a group, and when, if it is told to', async () => {
  const store = await newStore({ appendMeta: true })
  await put(store, group('1'))
  const [pulled] = (await pull(store, await cursor(store, 'begin'))).groups
  expect(pulled?.LogTags).toEqual([
    { Key: '__client_ip__', Value: expect.stringContaining('127.0.0.1') },
    { Key: '__receive_time__', Value: expect.stringMatching(/^\d{10}$/) },
  ])
})

test('a group without logs is taken and leaves nothing', async () => {
  const store = await newStore()
  await put(store, Buffer.alloc(0))
  expect((await pull(store, await cursor(store, 'begin'))).count).toBe(0)
})

test('projects are listed at the bare address, page by page', async () => {
  const { json } = await server.send('GET', '/?projectName=&offset=0&size=100', { host: '127.0.0.1' })
  expect(json).toMatchObject({ count: 1, total: 1, projects: [{ projectName: 'myproj' }] })
  expect((await server.send('GET', '/', { host: 'localhost' })).json).toMatchObject({ total: 1 })
})
