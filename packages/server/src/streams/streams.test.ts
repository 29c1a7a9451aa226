import { AppError, ok, retryNever } from '@millrace/spi'
import type { Tracer } from '../observability/index.ts'
import { describe, expect, test } from 'vitest'
import { failing, World, type WorldOptions } from './world.fixture.ts'

async function running(spec: Record<string, unknown>, options: WorldOptions = {}): Promise<World> {
  const world = await World.open(options)
  world.put(spec)
  await world.startNode()
  await world.settled()
  return world
}

/** Records that come while readers wait. */
function put(world: World, ...record: Parameters<World['system']['put']>): void {
  world.system.put(...record)
  world.system.wake()
}

const status = (world: World) => world.streams.status('acme', 's')

describe('a stream', () => {
  test('hands on what matches and commits all of it', async () => {
    await using world = await running({ pattern: { type: ['wanted'] } })
    put(world, 0, 3)
    put(world, 0, 2, { type: 'other' })
    await world.settled()
    expect(world.sinks.ids('sink').flat()).toEqual(['p0-0', 'p0-1', 'p0-2'])
    expect(world.system.uncommitted).toBe(0)
    expect(await status(world)).toMatchObject({
      state: 'running',
      tasks: 1,
      counts: { read: 5, matched: 3, filtered: 2, written: 3 },
      heldRecords: 0,
      heldBytes: 0,
      lag: { records: 0 },
    })
  })

  test('retries only what failed, and commits the rest', async () => {
    await using world = await running({}, { isOrdered: false })
    let isFirst = true
    world.sinks.scripts.set('sink', records =>
      records.map(({ id }) => (id === 'p0-1' && isFirst ? ((isFirst = false), failing()) : ok)),
    )
    put(world, 0, 3)
    await world.settled()
    expect(world.system.uncommitted).toBe(1)
    await world.clock.advance(4_000)
    await world.settled()
    expect(world.sinks.ids('sink')).toEqual([['p0-0', 'p0-1', 'p0-2'], ['p0-1']])
    expect(world.system.uncommitted).toBe(0)
  })

  test('dead-letters what cannot be written, with the reason, and the original event', async () => {
    await using world = await running({
      deadLetter: { connector: 'graves', options: {} },
      transform: { form: 'CONSTANT', value: 'x' },
    })
    world.sinks.scripts.set('sink', records =>
      records.map(({ id }) => (id === 'p0-0' ? failing('sink.rejected', retryNever) : ok)),
    )
    put(world, 0, 2)
    await world.settled()
    const [grave] = world.sinks.writes.filter(({ sink }) => sink === 'graves')
    const event = JSON.parse(Buffer.from(grave!.records[0]!.event).toString()) as object
    expect(event).toMatchObject({
      id: 'p0-0',
      data: { n: 0 },
      deadletterrule: 's',
      deadlettertarget: 'sink',
      deadlettercode: 'sink.rejected',
      deadletterattempts: 1,
    })
    expect(world.system.uncommitted).toBe(0)
  })

  test('without a dead letter, drops what cannot be written and says so', async () => {
    await using world = await running({})
    world.sinks.scripts.set('sink', records => records.map(() => failing('sink.rejected', retryNever)))
    put(world, 0, 30)
    await world.settled()
    expect(world.system.uncommitted).toBe(0)
    expect(await status(world)).toMatchObject({ counts: { dropped: 30, written: 0 } })
    expect(world.warnings.filter(line => line.includes('dropped'))).toHaveLength(1)
  })

  test('a dead letter that cannot be written holds its record and is tried again', async () => {
    await using world = await running({ deadLetter: { connector: 'graves', options: {} } })
    world.sinks.scripts.set('sink', records => records.map(() => failing('sink.rejected', retryNever)))
    world.sinks.scripts.set('graves', records => records.map(() => failing()))
    put(world, 0, 1)
    await world.settled()
    await world.clock.advance(600_000)
    expect(world.system.uncommitted).toBe(1)
    expect(world.sinks.ids('graves').length).toBeGreaterThan(10)
    world.sinks.scripts.delete('graves')
    await world.clock.advance(60_000)
    await world.settled()
    expect(world.system.uncommitted).toBe(0)
  })

  test('blocks before the record, stays so after a restart, and goes on from there when resumed', async () => {
    await using world = await running({ onExhausted: 'block' })
    world.sinks.scripts.set('sink', records =>
      records.map(({ id }) => (id === 'p0-2' ? failing('sink.rejected', retryNever) : ok)),
    )
    put(world, 0, 5)
    await world.settled()
    const blocked = { state: 'ready', reason: { code: 'sink.rejected' }, tasks: 0 }
    expect(await status(world)).toMatchObject(blocked)
    expect(world.system.uncommitted).toBe(3)
    await world.stopNode()
    await world.startNode()
    await world.settled()
    expect(await status(world)).toMatchObject(blocked)
    world.sinks.scripts.delete('sink')
    await world.streams.resume('acme', 's')
    await world.settled()
    expect(world.system.uncommitted).toBe(0)
    expect(await status(world)).toMatchObject({ state: 'running' })
  })

  test('a block is one of all nodes, and so is its end', async () => {
    await using world = await running({ onExhausted: 'block', tasksMax: 2 }, { tasksMax: 2, partitions: 2 })
    await world.startNode()
    await world.settled()
    put(world, 0, 1, { isFaulty: true })
    await world.settled()
    expect(await world.statuses()).toMatchObject([{ state: 'ready' }, { state: 'ready' }])
    await world.streams.resume('acme', 's')
    await world.clock.settle()
    // It meets the record once more.
    expect(await world.statuses()).toMatchObject([{ state: 'ready' }, { state: 'ready' }])
    world.system.partitions[0]!.committed = 1
    await world.streams.resume('acme', 's')
    await world.clock.settle()
    expect(await world.statuses()).toMatchObject([{ state: 'running' }, { state: 'running' }])
  })

  test('resuming makes at once the retries that wait', async () => {
    await using world = await running({ retry: { strategy: 'EXPONENTIAL_DECAY_RETRY' } })
    world.sinks.scripts.set('sink', records => records.map(() => failing()))
    put(world, 0, 1)
    await world.clock.advance(2_000_000)
    await world.settled()
    world.sinks.scripts.delete('sink')
    await world.streams.resume('acme', 's')
    await world.settled()
    expect(world.system.uncommitted).toBe(0)
  })

  test('a faulty record that blocks lets nothing behind it be written', async () => {
    await using world = await running({ onExhausted: 'block' })
    put(world, 0, 2)
    put(world, 0, 1, { isFaulty: true })
    put(world, 0, 2)
    await world.settled()
    expect(world.sinks.ids('sink').flat()).toEqual(['p0-0', 'p0-1'])
    expect(await status(world)).toMatchObject({ state: 'ready', reason: { code: 'record.malformed' } })
  })

  test('a faulty record becomes a dead letter without a retry', async () => {
    await using world = await running({ deadLetter: { connector: 'graves', options: {} } })
    put(world, 0, 1)
    put(world, 0, 1, { isFaulty: true })
    put(world, 0, 1)
    await world.settled()
    expect(world.sinks.ids('sink').flat()).toEqual(['p0-0', 'p0-2'])
    expect(world.sinks.ids('graves')).toEqual([['p0-1']])
    expect(world.system.uncommitted).toBe(0)
    expect(await status(world)).toMatchObject({
      counts: { faulty: 1, 'dead-lettered': 1 },
      lastError: { code: 'record.malformed' },
    })
  })

  test('a partition whose head is retried waits, and the others flow', async () => {
    await using world = await running({}, { partitions: 2 })
    let failures = 1
    world.sinks.scripts.set('sink', records =>
      records.map(({ id }) => (id === 'p0-0' && failures-- > 0 ? failing() : ok)),
    )
    put(world, 0, 1)
    await world.settled()
    put(world, 0, 2)
    put(world, 1, 2)
    await world.settled()
    expect(world.sinks.ids('sink').flat()).toEqual(['p0-0', 'p1-0', 'p1-1'])
    await world.clock.advance(4_000)
    await world.settled()
    expect(world.sinks.ids('sink').flat()).toEqual(['p0-0', 'p1-0', 'p1-1', 'p0-0', 'p0-1', 'p0-2'])
    expect(world.system.uncommitted).toBe(0)
  })

  test('what is held is bounded, and reading goes on when there is room', async () => {
    const limits = { heldRecordsMax: 30, readRecordsMax: 7 }
    await using world = await running({ concurrencyMax: 1 }, { isOrdered: false, limits })
    world.sinks.scripts.set('sink', () => 'hang')
    put(world, 0, 1_000)
    await world.clock.settle()
    expect(await status(world)).toMatchObject({ heldRecords: 30, inFlight: 1 })
    world.sinks.scripts.delete('sink')
    await world.clock.advance(60_000)
    await world.settled()
    expect(world.system.uncommitted).toBe(0)
    expect(world.system.heldMax).toBe(30)
  })

  test('a batch waits for its window, or until it is full', async () => {
    await using world = await running({ batch: { countMax: 3, windowMs: 5_000 } })
    put(world, 0, 4)
    await world.settled()
    expect(world.sinks.ids('sink')).toEqual([['p0-0', 'p0-1', 'p0-2']])
    await world.clock.advance(4_999)
    expect(world.sinks.ids('sink')).toHaveLength(1)
    await world.clock.advance(1)
    expect(world.sinks.ids('sink')[1]).toEqual(['p0-3'])
  })

  test('gives the sink no more records per second than it may', async () => {
    await using world = await running({ ratePerSecondMax: 5 }, { isOrdered: false })
    put(world, 0, 100)
    await world.settled()
    await world.clock.advance(9_900)
    await world.settled()
    const written = world.sinks.ids('sink').flat().length
    expect(written).toBeGreaterThan(45)
    expect(written).toBeLessThanOrEqual(55)
  })

  test('a sink that hangs is given up after the time-out, and the batch retried', async () => {
    await using world = await running({})
    let hangs = 1
    world.sinks.scripts.set('sink', records => (hangs-- > 0 ? 'hang' : records.map(() => ok)))
    put(world, 0, 2)
    await world.clock.settle()
    await world.clock.advance(5_000 + 4_000)
    await world.settled()
    expect(world.sinks.ids('sink')).toEqual([
      ['p0-0', 'p0-1'],
      ['p0-0', 'p0-1'],
    ])
    expect(world.system.uncommitted).toBe(0)
    expect(await status(world)).toMatchObject({ lastError: { code: 'delivery.timeout' } })
  })

  test('a sink that can never be opened fails the stream before a record is read', async () => {
    const world = await World.open()
    await using _world = world
    world.sinks.refused.set('sink', new AppError('plugin.unknown', 'no such connector', retryNever))
    world.put({})
    put(world, 0, 1)
    await world.startNode()
    await world.settled()
    expect(await status(world)).toMatchObject({ state: 'failed', reason: { code: 'plugin.unknown' } })
    expect(world.system.readers).toHaveLength(0)
    world.sinks.refused.clear()
    await world.clock.advance(60_000)
    await world.settled()
    expect(await status(world)).toMatchObject({ state: 'running', counts: { written: 1 } })
  })

  test('a source that cannot be opened fails the stream, which is tried again', async () => {
    const world = await World.open()
    await using _world = world
    world.openProblem = new AppError('options.invalid', 'no such option', retryNever)
    world.put({})
    await world.startNode()
    await world.settled()
    expect(await status(world)).toMatchObject({ state: 'failed', reason: { code: 'options.invalid' } })
    world.openProblem = undefined
    await world.streams.resume('acme', 's')
    await world.settled()
    expect(await status(world)).toMatchObject({ state: 'running' })
  })

  test('a source that is away leaves it running, with what went wrong', async () => {
    await using world = await running({})
    world.system.faults.read = 1
    put(world, 0, 1)
    await world.clock.advance(300_000)
    expect(await status(world)).toMatchObject({ state: 'running', lastError: { code: 'source.unavailable' } })
    world.system.faults.read = 0
    await world.clock.advance(30_000)
    await world.settled()
    expect(world.system.uncommitted).toBe(0)
  })

  test('pausing gives back what was not committed, and resuming begins there', async () => {
    await using world = await running({})
    world.sinks.scripts.set('sink', () => 'hang')
    put(world, 0, 3)
    await world.clock.settle()
    world.put({ paused: true })
    await world.clock.advance(15_000)
    await world.settled()
    expect(await status(world)).toMatchObject({ state: 'paused', tasks: 0 })
    expect(world.system.readers).toHaveLength(0)
    world.sinks.scripts.delete('sink')
    world.put({})
    await world.settled()
    expect(world.system.uncommitted).toBe(0)
  })

  test('deleting stops it; made anew it is not blocked', async () => {
    await using world = await running({ onExhausted: 'block' })
    put(world, 0, 1, { isFaulty: true })
    await world.settled()
    world.put(undefined)
    await world.settled()
    await expect(status(world)).rejects.toMatchObject({ code: 'stream.not-found' })
    world.put({})
    await world.settled()
    expect(await status(world)).toMatchObject({ state: 'running', counts: { dropped: 1 } })
  })

  test('stopping leaves no timer', async () => {
    const world = await running({}, { partitions: 2 })
    world.sinks.scripts.set('sink', records => records.map(() => failing()))
    put(world, 0, 5)
    await world.settled()
    await world.stopNode()
    expect(world.clock.pending).toBe(0)
    expect(world.system.readers).toHaveLength(0)
  })

  test('a record that is no event at all becomes a dead letter all the same', async () => {
    await using world = await running({ deadLetter: { connector: 'graves', options: {} } })
    put(world, 0, 1, { isFaulty: true, event: Buffer.from('\u0000{') })
    await world.settled()
    const [grave] = world.sinks.writes.filter(({ sink }) => sink === 'graves')
    const event = JSON.parse(Buffer.from(grave!.records[0]!.event).toString()) as object
    expect(event).toMatchObject({ id: 'p0-0', data: 'AHs=', deadlettercode: 'record.malformed' })
    expect(world.system.uncommitted).toBe(0)
  })

  test('each write is a span below the trace of its first event', async () => {
    const spans: unknown[] = []
    const tracer: Tracer = {
      isOn: true,
      start: (name, kind, parent, attributes) => {
        const span = { name, kind, parent, attributes, error: 'open' as string | undefined }
        spans.push(span)
        return { traceparent: '', end: error => void (span.error = error) }
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
    await using world = await running({}, { tracer })
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const event = { specversion: '1.0', id: 'p0-0', source: 's', type: 'wanted', traceparent }
    world.sinks.scripts.set('sink', records => records.map(({ id }) => (id === 'p0-2' ? failing() : ok)))
    world.system.put(0, 1, { event: Buffer.from(JSON.stringify(event)) })
    put(world, 0, 2)
    await world.settled()
    const attributes = { 'millrace.stream': 'acme/s', 'messaging.batch.message_count': 3 }
    expect(spans).toMatchObject([{ kind: 'consumer', parent: traceparent, attributes, error: 'sink.failed' }])
  })
})
