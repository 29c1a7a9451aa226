import { FakeClock } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import type { Documents } from '@millrace/spi'
import { beforeEach, describe, expect, test } from 'vitest'
import type { InstanceSpec } from './instance.ts'
import type { NamedPart } from './named-store.ts'
import { quotaCatalogue, quotaLimit, quotaNames, quotaOf } from './quota.ts'
import { openResources, type Resources } from './store.ts'

const [account, other] = ['1', '2']
const target = (id: string) => ({ id, sink: { queue: 'q' } })
let documents: Documents
let resources: Resources

async function open(): Promise<Resources> {
  return await openResources(
    {
      documents,
      clock: new FakeClock(),
      openLog: async () => {},
      nextPosition: () => 1,
      routedPosition: async () => 1,
      emptyLog: async () => {},
      checkRule: async (_account, spec) => spec,
      checkFunction: async () => {},
      secrets: { seal: text => text, open: text => text },
    },
    [account, other],
  )
}

beforeEach(async () => {
  documents = (await openStorage()).documents
  resources = await open()
})

const exceeded = (quota: string, limit: number, seen: number) => ({
  code: 'resource.limit-exceeded',
  details: { quota, limit, seen },
})

type Put = (account: string, name: string) => Promise<unknown>
const kinds: readonly (readonly [string, (all: Resources) => Put])[] = [
  ['buses', all => (owner, name) => all.buses.put(owner, name, {})],
  ['queues', all => (owner, name) => all.queues.put(owner, name, {})],
  ['topics', all => (owner, name) => all.topics.put(owner, name, {})],
  ['log-stores', all => (owner, name) => all.logStores.put(owner, name, { shards: 1 })],
  ['users', all => (owner, name) => all.users.put(owner, name, {})],
  ['groups', all => (owner, name) => all.groups.put(owner, name, {})],
  ['roles', all => (owner, name) => all.roles.put(owner, name, { trust: {} })],
  ['policies', all => (owner, name) => all.policies.put(owner, name, { document: {} })],
  ['functions', all => (owner, name) => all.functions.put(owner, name, { runtime: 'node', handler: 'i.h' })],
  [
    'streams',
    all => (owner, name) =>
      all.streams.put(owner, name, { source: { connector: 'file', options: {} }, sink: { queue: 'q' } }),
  ],
  ['instances', all => (owner, name) => all.instances.put(owner, name, { connector: 'http', options: {} })],
  ['domains', all => (owner, name) => all.domains.put(owner, `${name}.${owner}.test`, { routes: [] })],
  ['layers', all => (owner, name) => all.layers.publish(owner, name, { code: 'a'.repeat(64) })],
  ['foreign-documents', all => (owner, name) => all.foreign.of('fc', 'service').put(owner, name, {})],
]

describe.each(kinds)('the quota %s', (quota, putOf) => {
  test('is of one account alone, and ends what is new, not what is there', async () => {
    const put = putOf(resources)
    await resources.quotas.put(account, quota, { limit: 2 })
    await put(account, 'a')
    await put(account, 'b')
    await expect(put(account, 'c')).rejects.toMatchObject(exceeded(quota, 2, 2))
    await put(account, 'b')
    for (const name of ['a', 'b', 'c']) await put(other, name)
    await resources.quotas.delete(account, quota)
    await put(account, 'c')
  })
})

test('a quota that was set is there after a restart', async () => {
  await resources.quotas.put(account, 'queues', { limit: 0 })
  resources = await open()
  await expect(resources.queues.put(account, 'q', {})).rejects.toMatchObject(exceeded('queues', 0, 0))
})

test('a name that is no quota, and a limit that is no number, are refused', async () => {
  await expect(resources.quotas.put(account, 'busses', { limit: 1 })).rejects.toMatchObject({
    code: 'resource.not-found',
  })
  for (const limit of [-1, 0.5, '3']) {
    await expect(resources.quotas.put(account, 'buses', { limit })).rejects.toMatchObject({
      code: 'options.invalid',
    })
  }
})

test('the built-in bus does not count', async () => {
  await resources.quotas.put(account, 'buses', { limit: 1 })
  await resources.buses.put(account, 'orders', {})
  await expect(resources.buses.put(account, 'more', {})).rejects.toMatchObject(exceeded('buses', 1, 1))
})

test('rules are counted for each bus', async () => {
  await resources.quotas.put(account, 'rules-per-bus', { limit: 1 })
  for (const bus of ['orders', 'more']) {
    await resources.buses.put(account, bus, {})
    await resources.rules.put(account, bus, 'a', { pattern: {} })
    await expect(resources.rules.put(account, bus, 'b', { pattern: {} })).rejects.toMatchObject(
      exceeded('rules-per-bus', 1, 1),
    )
  }
})

test('a rule whose targets became too many can still be changed, but gets no more of them', async () => {
  const put = (...ids: string[]) =>
    resources.rules.put(account, 'orders', 'paid', { pattern: {}, targets: ids.map(target) })
  await resources.buses.put(account, 'orders', {})
  await put('a', 'b', 'c')
  await resources.quotas.put(account, 'targets-per-rule', { limit: 1 })
  await put('a', 'b', 'd')
  await put('a', 'b')
  await expect(put('a', 'b', 'c')).rejects.toMatchObject(exceeded('targets-per-rule', 1, 2))
})

test('subscriptions are counted for each topic', async () => {
  await resources.quotas.put(account, 'subscriptions-per-topic', { limit: 1 })
  await resources.topics.put(account, 'news', {})
  const subscribe = (name: string) =>
    resources.topics.subscribe(account, 'news', name, { endpoint: { url: 'http://localhost/' } })
  await subscribe('a')
  await expect(subscribe('b')).rejects.toMatchObject(exceeded('subscriptions-per-topic', 1, 1))
})

describe('a compatible interface', () => {
  test('has the numbers of its specification, until a limit is set for the account', async () => {
    const put = (name: string) => resources.buses.put(account, name, {}, 0, 'eventbridge')
    for (let count = 0; count < 50; count++) await put(`bus-${count}`)
    await expect(put('one-more')).rejects.toMatchObject(exceeded('buses', 50, 50))
    await resources.buses.put(account, 'by-our-own-api', {})
    await resources.quotas.put(account, 'buses', { limit: 52 })
    await put('one-more')
    await expect(put('yet-another')).rejects.toMatchObject(exceeded('buses', 52, 52))
  })

  test('counts what is a part of a kind by itself', async () => {
    const part: NamedPart<InstanceSpec> = { quota: 'connections', has: ({ name }) => name.startsWith('c') }
    const put = (name: string) =>
      resources.instances.put(account, name, { connector: 'http', options: {} }, 0, 'eventbridge', part)
    await resources.instances.put(account, 'another', { connector: 'http', options: {} })
    for (let count = 0; count < 10; count++) await put(`c${count}`)
    await expect(put('one-more')).rejects.toMatchObject(exceeded('connections', 10, 10))
  })

  test('counts its own documents by themselves', async () => {
    const destinations = resources.foreign.of('aws', 'api-destination')
    const part = { quota: 'api-destinations', face: 'aws' } as const
    await resources.quotas.put(account, 'api-destinations', { limit: 1 })
    await resources.foreign.of('aws', 'archive').put(account, 'another', {})
    await destinations.put(account, 'a', {}, 0, part)
    await expect(destinations.put(account, 'b', {}, 0, part)).rejects.toMatchObject(
      exceeded('api-destinations', 1, 1),
    )
  })
})

test('no interface has more by default than the API of the platform', () => {
  for (const name of quotaNames) {
    for (const limit of Object.values(quotaOf(name).faces ?? {})) {
      expect(limit).toBeLessThanOrEqual(quotaCatalogue[name].limit)
    }
    expect(quotaLimit(name, { limit: 7 }, 'aws')).toBe(7)
  }
})
