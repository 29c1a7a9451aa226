import { type Clock, type Storage, systemClock } from '@millrace/spi'
import { openStorage } from '@millrace/storage-memory'
import { describe, expect, test } from 'vitest'
import type { ResourcesHost } from './control.ts'
import { openResources, type Resources } from './store.ts'

const account = '1'
const event = (fields: object): Uint8Array => Buffer.from(JSON.stringify(fields))

interface Fixture {
  readonly resources: Resources
  readonly storage: Storage
  /** What the fixture's log says: next position, and up to where it was routed. */
  readonly positions: { next: number; routed: number }
}

async function fixture(
  storage?: Storage,
  checkRule: ResourcesHost['checkRule'] = async (_, spec) => spec,
): Promise<Fixture> {
  const opened = storage ?? (await openStorage())
  const positions = { next: 1, routed: 1 }
  const clock: Clock = systemClock
  const host: ResourcesHost = {
    documents: opened.documents,
    clock,
    openLog: async () => {},
    nextPosition: () => positions.next,
    routedPosition: async () => positions.routed,
    emptyLog: bus => opened.log.trim(bus, Number.POSITIVE_INFINITY),
    checkRule,
    checkFunction: async () => {},
    secrets: { seal: text => text, open: text => text },
  }
  return { resources: await openResources(host, account), storage: opened, positions }
}

/** Names of the rules, live at a position, that match. */
function matching({ resources }: Fixture, position: number, fields: object): string[] {
  const bus = resources.snapshots.current().buses.get('1/shop')
  const versions = bus?.matcher.match(event(fields)) ?? []
  return versions.filter(({ from, until }) => from <= position && position < until).map(({ rule }) => rule)
}

describe('buses', () => {
  test('the built-in bus is there from the start and belongs to the platform', async () => {
    const { resources } = await fixture()
    expect(resources.buses.get(account, 'default').name).toBe('default')
    await expect(resources.buses.put(account, 'default', {})).rejects.toMatchObject({ code: 'bus.reserved' })
    await expect(resources.buses.delete(account, 'default')).rejects.toMatchObject({ code: 'bus.reserved' })
  })

  test('a spec comes back complete, and writing it again changes nothing', async () => {
    const { resources } = await fixture()
    expect(await resources.buses.put(account, 'shop', { retentionMs: 5_000 })).toEqual({
      created: true,
      revision: 1,
    })
    expect(await resources.buses.put(account, 'shop', { retentionMs: 5_000 })).toEqual({
      created: false,
      revision: 1,
    })
    expect(resources.buses.get(account, 'shop').spec).toMatchObject({
      retentionMs: 5_000,
      durability: 'durable',
    })
  })

  test('an unknown option is refused with the nearest name', async () => {
    const { resources } = await fixture()
    await expect(resources.buses.put(account, 'shop', { retentionM: 1 })).rejects.toThrow(
      'did you mean retentionMs?',
    )
  })

  test('a bus with rules is not deleted', async () => {
    const { resources } = await fixture()
    await resources.buses.put(account, 'shop', {})
    await resources.rules.put(account, 'shop', 'all', { pattern: {} })
    await expect(resources.buses.delete(account, 'shop')).rejects.toMatchObject({ code: 'bus.not-empty' })
    await resources.rules.delete(account, 'shop', 'all')
    await resources.buses.delete(account, 'shop')
    expect(() => resources.buses.get(account, 'shop')).toThrow(
      expect.objectContaining({ code: 'resource.not-found' }),
    )
  })

  test('another revision than the expected one is a conflict', async () => {
    const { resources } = await fixture()
    await resources.buses.put(account, 'shop', {})
    await expect(resources.buses.put(account, 'shop', { description: 'x' }, 7)).rejects.toMatchObject({
      code: 'resource.conflict',
      details: { expected: 7, seen: 1 },
    })
  })
})

describe('rules', () => {
  test('an event meets the rule that was live at its position, however often the rule changed since', async () => {
    const made = await fixture()
    const { resources, positions } = made
    await resources.buses.put(account, 'shop', {})
    positions.next = 10
    await resources.rules.put(account, 'shop', 'r', { pattern: { type: ['a'] } })
    positions.next = 20
    await resources.rules.put(account, 'shop', 'r', { pattern: { type: ['b'] } })
    positions.next = 30
    await resources.rules.delete(account, 'shop', 'r')
    expect([9, 10, 19, 20].map(position => matching(made, position, { type: 'a' }).length)).toEqual([
      0, 1, 1, 0,
    ])
    expect([19, 20, 29, 30].map(position => matching(made, position, { type: 'b' }).length)).toEqual([
      0, 1, 1, 0,
    ])
  })

  test('the past of a rule is forgotten once it was routed, the present stays', async () => {
    const made = await fixture()
    const { resources, positions, storage } = made
    await resources.buses.put(account, 'shop', {})
    await resources.rules.put(account, 'shop', 'r', { pattern: { type: ['a'] } })
    positions.next = 20
    await resources.rules.put(account, 'shop', 'r', { pattern: { type: ['b'] } })
    positions.routed = 19
    await resources.rules.prune()
    expect(matching(made, 19, { type: 'a' })).toEqual(['r'])
    positions.routed = 20
    await resources.rules.prune()
    expect(resources.snapshots.current().buses.get('1/shop')?.matcher.size).toBe(1)
    expect(matching(made, 20, { type: 'b' })).toEqual(['r'])
    await resources.rules.delete(account, 'shop', 'r')
    await resources.rules.prune()
    expect(await storage.documents.list('rule/')).toEqual([])
  })

  test('a change of one rule leaves the view of every other as it is', async () => {
    const { resources, positions } = await fixture()
    const view = (rule: string): unknown => resources.snapshots.current().buses.get('1/shop')?.rules.get(rule)
    await resources.buses.put(account, 'shop', {})
    await resources.rules.put(account, 'shop', 'one', { pattern: { type: ['a'] } })
    await resources.rules.put(account, 'shop', 'two', { pattern: { type: ['a'] } })
    const before = view('one')
    positions.next = 5
    await resources.rules.put(account, 'shop', 'two', { pattern: { type: ['b'] } })
    positions.routed = 5
    await resources.rules.prune()
    expect(view('one')).toBe(before)
    expect(view('two')).toMatchObject({ revision: 2 })
  })

  test('a disabled rule matches nothing and is kept', async () => {
    const made = await fixture()
    await made.resources.buses.put(account, 'shop', {})
    await made.resources.rules.put(account, 'shop', 'r', { pattern: {}, state: 'disabled' })
    expect(matching(made, 1, {})).toEqual([])
    expect(made.resources.rules.get(account, 'shop', 'r').spec.state).toBe('disabled')
  })

  test('an invalid pattern is refused and the rule before it stays in force', async () => {
    const made = await fixture()
    await made.resources.buses.put(account, 'shop', {})
    await made.resources.rules.put(account, 'shop', 'r', { pattern: { type: ['a'] } })
    await expect(made.resources.rules.put(account, 'shop', 'r', { pattern: { type: 'a' } })).rejects.toThrow(
      expect.objectContaining({ code: expect.stringContaining('pattern.') }),
    )
    expect(matching(made, 1, { type: 'a' })).toEqual(['r'])
  })

  test('two targets of one id are refused', async () => {
    const { resources } = await fixture()
    await resources.buses.put(account, 'shop', {})
    const target = { id: 't', sink: { bus: 'default' } }
    const written = resources.rules.put(account, 'shop', 'r', { pattern: {}, targets: [target, target] })
    await expect(written).rejects.toMatchObject({ code: 'rule.target-duplicate' })
  })

  test('a target that cannot be made keeps the rule from being written', async () => {
    const { resources } = await fixture(undefined, () => Promise.reject(new Error('no such connector')))
    await resources.buses.put(account, 'shop', {})
    await expect(resources.rules.put(account, 'shop', 'r', { pattern: {} })).rejects.toThrow(
      'no such connector',
    )
    expect(resources.rules.list(account, 'shop', {}).items).toEqual([])
  })

  test('a retry without its numbers gets the documented ones', async () => {
    const { resources } = await fixture()
    await resources.buses.put(account, 'shop', {})
    const target = { id: 't', sink: { connector: 'http' }, retry: { strategy: 'CUSTOM', retriesMax: 2 } }
    await resources.rules.put(account, 'shop', 'r', { pattern: {}, targets: [target] })
    const [stored] = resources.rules.get(account, 'shop', 'r').spec.targets
    expect(stored?.retry).toEqual({
      strategy: 'CUSTOM',
      retriesMax: 2,
      ageMsMax: 86_400_000,
      delayMsMin: 1_000,
      delayMsMax: 512_000,
    })
    expect(stored).toMatchObject({ concurrencyMax: 64, timeoutMs: 10_000, paused: false, parameters: {} })
  })
})

test('everything is there again after a restart', async () => {
  const before = await fixture()
  await before.resources.buses.put(account, 'shop', { dedupWindowMs: 1_000 })
  await before.resources.rules.put(account, 'shop', 'r', { pattern: { type: ['a'] } })
  await before.resources.functions.put(account, 'f', { code: 'abc' })
  const after = await fixture(before.storage)
  expect(after.resources.buses.get(account, 'shop')).toEqual(before.resources.buses.get(account, 'shop'))
  expect(after.resources.rules.get(account, 'shop', 'r')).toEqual(
    before.resources.rules.get(account, 'shop', 'r'),
  )
  expect(after.resources.functions.get(account, 'f')).toEqual(before.resources.functions.get(account, 'f'))
  expect(matching(after, 1, { type: 'a' })).toEqual(['r'])
})

test('lists come in pages in order of names', async () => {
  const { resources } = await fixture()
  for (const name of ['c', 'a', 'b']) await resources.buses.put(account, name, {})
  const first = resources.buses.list(account, { limit: 2 })
  expect(first.items.map(({ name }) => name)).toEqual(['a', 'b'])
  const second = resources.buses.list(account, { after: first.next })
  expect(second.items.map(({ name }) => name)).toEqual(['c', 'default'])
  expect(second.next).toBeUndefined()
})
