import { openStorage } from '@millrace/storage-memory'
import { FakeClock, seededRandom } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { openEventLogs } from '../eventlog/index.ts'
import { openResources, type Resources } from '../resources/index.ts'
import { createLogStores, type LogStores } from './log-stores.ts'

interface Place {
  readonly clock: FakeClock
  readonly resources: Resources
  readonly stores: LogStores
}

/** Log stores over the memory driver, with a control plane that knows them. */
async function place(): Promise<Place> {
  const storage = await openStorage()
  const logs = openEventLogs(storage.log)
  const clock = new FakeClock()
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const resources = await openResources(
    {
      documents: storage.documents,
      clock,
      openLog: bus => logs.open(bus),
      nextPosition: bus => logs.next(bus),
      routedPosition: () => Promise.resolve(1),
      emptyLog: () => Promise.resolve(),
      checkRule: (_account, spec) => Promise.resolve(spec),
      checkFunction: () => Promise.resolve(),
      secrets: { seal: text => text, open: text => text },
      emptyLogStore: key => stores.empty(key),
    },
    '1',
  )
  const { snapshots } = resources
  const stores = createLogStores({ logs, snapshots, clock, random: seededRandom(1), log })
  return { clock, resources, stores }
}

async function texts(stores: LogStores, name: string, shard = 0): Promise<string[]> {
  const { first } = await stores.span('1', name, shard)
  const entries = await stores.read('1', name, shard, first, { entriesMax: 10_000, bytesMax: 100_000_000 })
  return entries.map(({ bytes }) => Buffer.from(bytes).toString())
}

test('entries are read by position, and found by the time at which they came', async () => {
  const { clock, resources, stores } = await place()
  await resources.logStores.put('1', 'p.s', { shards: 1 })
  const startMs = clock.nowMs()
  await stores.append('1', 'p.s', Buffer.from('a'))
  await clock.advance(1_000)
  await stores.append('1', 'p.s', Buffer.from('b'))
  expect(await stores.span('1', 'p.s', 0)).toEqual({ first: 1, next: 3 })
  expect(await texts(stores, 'p.s')).toEqual(['a', 'b'])
  expect(await stores.seek('1', 'p.s', 0, startMs)).toBe(1)
  expect(await stores.seek('1', 'p.s', 0, startMs + 1)).toBe(2)
  expect(await stores.seek('1', 'p.s', 0, startMs + 1_001)).toBe(3)
})

test('entries without a key are spread over all shards, those with one go where it belongs', async () => {
  const { resources, stores } = await place()
  await resources.logStores.put('1', 'p.s', { shards: 3 })
  for (let i = 0; i < 30; i++) await stores.append('1', 'p.s', Buffer.from('any'))
  await stores.append('1', 'p.s', Buffer.from('keyed'), 'f'.repeat(32))
  const all = await Promise.all([0, 1, 2].map(shard => texts(stores, 'p.s', shard)))
  expect(all.map(found => found.includes('any'))).toEqual([true, true, true])
  expect(all.flat()).toHaveLength(31)
  expect(all[2]?.at(-1)).toBe('keyed')
})

test('what is older than the log store keeps is forgotten', async () => {
  const { clock, resources, stores } = await place()
  await resources.logStores.put('1', 'p.s', { shards: 1, retentionMs: 60_000 })
  await stores.append('1', 'p.s', Buffer.from('old'))
  await clock.advance(50_000)
  await stores.append('1', 'p.s', Buffer.from('new'))
  await clock.advance(20_000)
  await stores.retain()
  expect(await texts(stores, 'p.s')).toEqual(['new'])
  expect(await stores.span('1', 'p.s', 0)).toEqual({ first: 2, next: 3 })
})

test('a shard that has its bytes loses its oldest entries, and takes the new one', async () => {
  const { resources, stores } = await place()
  const bytesMax = 131_072
  await resources.logStores.put('1', 'p.s', { shards: 2, bytesMax })
  for (let i = 0; i < 200; i++) {
    // Entries of many sizes, all for one shard.
    await stores.append('1', 'p.s', Buffer.from(`${i} `.padEnd(100 + ((i * 37) % 2_000))), '0'.repeat(32))
    const kept = await texts(stores, 'p.s')
    expect(kept.join('').length).toBeLessThanOrEqual(bytesMax / 2)
    expect(Number.parseInt(kept.at(-1) ?? '')).toBe(i)
  }
  expect((await texts(stores, 'p.s')).join('').length).toBeGreaterThan(bytesMax / 4)
})

test('a log store that is made anew is empty, whatever one of its name held', async () => {
  const { resources, stores } = await place()
  await resources.logStores.put('1', 'p.s', { shards: 5 })
  for (let i = 0; i < 20; i++) await stores.append('1', 'p.s', Buffer.from('a'))
  await resources.logStores.delete('1', 'p.s')
  await expect(stores.append('1', 'p.s', Buffer.from('b'))).rejects.toMatchObject({
    code: 'logstore.not-found',
  })
  await resources.logStores.put('1', 'p.s', { shards: 5 })
  const all = await Promise.all([0, 1, 2, 3, 4].map(shard => texts(stores, 'p.s', shard)))
  expect(all.flat()).toEqual([])
})

test('a shard that is not there is refused', async () => {
  const { resources, stores } = await place()
  await resources.logStores.put('1', 'p.s', { shards: 2 })
  for (const shard of [2, -1, 0.5]) {
    await expect(stores.span('1', 'p.s', shard)).rejects.toMatchObject({ code: 'logstore.shard-not-found' })
  }
})
