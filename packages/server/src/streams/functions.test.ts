import { ok, type Outcome } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { failing, World, type WorldOptions } from './world.fixture.ts'

async function running(spec: Record<string, unknown>, options: WorldOptions = {}): Promise<World> {
  const world = await World.open(options)
  world.put(spec)
  await world.startNode()
  await world.settled()
  return world
}

function put(world: World, ...record: Parameters<World['system']['put']>): void {
  world.system.put(...record)
  world.system.wake()
}

interface Event {
  readonly id: string
  readonly data: { readonly n: number }
}

/** What a function makes of the events that it gets. */
const changing =
  (change: (events: Event[]) => unknown) =>
  (records: readonly { readonly body: Uint8Array }[]): Outcome[] =>
    records.map(({ body }) => {
      const made = change(JSON.parse(Buffer.from(body).toString()) as Event[])
      return { status: 'ok', reply: Buffer.from(JSON.stringify(made)) }
    })

const bodies = (world: World, sink: string): unknown[] =>
  world.sinks.writes
    .filter(write => write.sink === sink)
    .flatMap(({ records }) => records.map(({ body }) => JSON.parse(Buffer.from(body).toString()) as unknown))

describe('functions that change batches', () => {
  const spec = { functions: [{ function: 'double' }] }

  test('get the batch as an array, and what they answer goes to the sink', async () => {
    await using world = await running(spec)
    world.sinks.scripts.set(
      'double',
      changing(events => events.slice(1).map(event => ({ ...event, data: event.data.n * 2 }))),
    )
    put(world, 0, 3)
    await world.settled()
    expect(bodies(world, 'double')).toMatchObject([[{ id: 'p0-0' }, { id: 'p0-1' }, { id: 'p0-2' }]])
    expect(bodies(world, 'sink')).toMatchObject([
      { id: 'p0-1', data: 2 },
      { id: 'p0-2', data: 4 },
    ])
    expect(world.system.uncommitted).toBe(0)
  })

  test('run one after the other', async () => {
    await using world = await running({ functions: [{ function: 'double' }, { function: 'more' }] })
    world.sinks.scripts.set(
      'double',
      changing(events => events.map(event => ({ ...event, data: { n: event.data.n * 2 } }))),
    )
    world.sinks.scripts.set(
      'more',
      changing(events => events.flatMap(event => [event, { data: event.data.n + 1 }])),
    )
    put(world, 0, 2)
    await world.settled()
    expect(bodies(world, 'sink')).toMatchObject([
      { id: 'p0-0', data: { n: 0 } },
      { id: 'p0-0-1', data: 1 },
      { id: 'p0-1', data: { n: 2 } },
      { id: 'p0-0-3', data: 3 },
    ])
  })

  test('that answer with nothing end the batch', async () => {
    await using world = await running(spec)
    world.sinks.scripts.set(
      'double',
      changing(() => []),
    )
    put(world, 0, 3)
    await world.settled()
    expect(world.sinks.ids('sink')).toEqual([])
    expect(world.system.uncommitted).toBe(0)
    expect(await world.streams.status('acme', 's')).toMatchObject({ counts: { filtered: 3 } })
  })

  test('that fail are called again, and in the end the batch becomes dead letters', async () => {
    await using world = await running({ ...spec, deadLetter: { connector: 'graves', options: {} } })
    world.sinks.scripts.set('double', () => [failing('function.failed')])
    put(world, 0, 2)
    await world.settled()
    await world.clock.advance(20_000)
    await world.settled()
    expect(bodies(world, 'double')).toHaveLength(3)
    expect(bodies(world, 'graves')).toMatchObject([
      { id: 'p0-0', deadlettercode: 'function.failed', deadletterattempts: 3 },
      { id: 'p0-1', deadlettercode: 'function.failed' },
    ])
    expect(world.system.uncommitted).toBe(0)
  })

  test('whose answer is no array of events have failed', async () => {
    await using world = await running({ ...spec, deadLetter: { connector: 'graves', options: {} } })
    world.sinks.scripts.set('double', () => [{ status: 'ok', reply: Buffer.from('"thanks"') }])
    put(world, 0, 1)
    await world.clock.advance(20_000)
    await world.settled()
    expect(bodies(world, 'graves')).toMatchObject([{ id: 'p0-0', deadlettercode: 'stream.answer-invalid' }])
  })

  test('a record is committed when all that was made of its batch has ended', async () => {
    await using world = await running(spec, { isOrdered: false, sinkRecordsMax: 1 })
    world.sinks.scripts.set(
      'double',
      changing(events => events),
    )
    world.sinks.scripts.set('sink', records => (records[0]?.id === 'p0-1' ? 'hang' : records.map(() => ok)))
    put(world, 0, 2)
    await world.clock.settle()
    expect(world.system.uncommitted).toBe(2)
    world.sinks.scripts.delete('sink')
    await world.clock.advance(20_000)
    await world.settled()
    expect(world.system.uncommitted).toBe(0)
  })

  test('a faulty record does not meet them', async () => {
    await using world = await running({ ...spec, deadLetter: { connector: 'graves', options: {} } })
    world.sinks.scripts.set(
      'double',
      changing(events => events),
    )
    world.system.put(0, 1)
    world.system.put(0, 1, { isFaulty: true })
    put(world, 0, 1)
    await world.settled()
    expect(bodies(world, 'double')).toMatchObject([[{ id: 'p0-0' }, { id: 'p0-2' }]])
    expect(world.sinks.ids('graves')).toEqual([['p0-1']])
  })
})

describe('a list', () => {
  test('is what a function gets as a sink, and what it names is tried again', async () => {
    await using world = await running({ sink: { function: 'store' } })
    let calls = 0
    world.sinks.scripts.set('store', () => {
      const reply = Buffer.from('{"batchItemFailures":[{"itemIdentifier":"p0-1"}]}')
      return [calls++ === 0 ? { status: 'ok', reply } : ok]
    })
    put(world, 0, 3)
    await world.settled()
    await world.clock.advance(5_000)
    await world.settled()
    expect(bodies(world, 'store')).toMatchObject([
      [{ id: 'p0-0' }, { id: 'p0-1' }, { id: 'p0-2' }],
      [{ id: 'p0-1' }],
    ])
    expect(world.system.uncommitted).toBe(0)
  })

  test('has the transformed bodies: objects as they are, texts as strings, null for nothing', async () => {
    const transform = { form: 'JSONPATH', value: '$.data' }
    await using world = await running({ sink: { function: 'store' }, transform })
    put(world, 0, 2)
    await world.settled()
    expect(bodies(world, 'store')).toEqual([[{ n: 0 }, { n: 1 }]])
    world.put({ sink: { function: 'store' }, transform: { form: 'JSONPATH', value: '$.type' } })
    await world.settled()
    put(world, 0, 1)
    await world.settled()
    world.put({ sink: { function: 'store' }, transform: { form: 'JSONPATH', value: '$.none' } })
    await world.settled()
    put(world, 0, 1)
    await world.settled()
    expect(bodies(world, 'store').slice(1)).toEqual([['wanted'], [null]])
  })

  test('fails as a whole, with its partition alone', async () => {
    await using world = await running({ sink: { function: 'store' } }, { partitions: 2 })
    world.sinks.scripts.set('store', records => [records[0]?.id.startsWith('p0') === true ? failing() : ok])
    world.system.put(0, 2)
    put(world, 1, 2)
    await world.settled()
    expect(world.system.partitions.map(({ committed }) => committed)).toEqual([0, 2])
  })
})

describe('with several nodes', () => {
  test('one reads, and another takes over when it stops or dies', async () => {
    await using world = await running({})
    await world.startNode()
    await world.clock.settle()
    expect(world.system.readers).toHaveLength(1)
    world.killNode()
    await world.clock.advance(60_000)
    expect(world.system.readers).toHaveLength(1)
    put(world, 0, 1)
    await world.settled()
    expect(world.system.uncommitted).toBe(0)
  })

  test('a sink that hears nothing does not keep a stream from stopping', async () => {
    const world = await running({ timeoutMs: 900_000 })
    world.sinks.scripts.set('sink', () => 'deaf')
    put(world, 0, 1)
    await world.clock.settle()
    await world.stopNode()
    expect(world.nodes).toBe(0)
    expect(world.system.readers).toHaveLength(0)
    expect(world.sinks.writes).toHaveLength(1)
  })
})
