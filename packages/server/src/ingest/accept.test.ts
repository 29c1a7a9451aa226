import { CloudEventError, type EventText, scanStructured } from '@millrace/cloudevents'
import { FakeClock, seededRandom } from '@millrace/spi/conformance'
import { type MemoryStorageOptions, openStorage } from '@millrace/storage-memory'
import { expect, test } from 'vitest'
import { openEventLogs } from '../eventlog/index.ts'
import { silentObserver } from '../observability/index.ts'
import type { BusSpec, BusView } from '../resources/index.ts'
import { createIngest } from './accept.ts'
import { engineAttributePrefix } from './stamp.ts'

const spec: BusSpec = {
  description: '',
  durability: 'durable',
  retentionMs: 3_600_000,
  retentionBytesMax: 1_000_000,
  dedupWindowMs: 0,
  eventBytesMax: 4_096,
}

function busView(changes: Partial<BusSpec> = {}, name = 'b'): BusView {
  const matcher = { size: 0, match: () => [] }
  const versions = () => []
  const rules = new Map()
  return {
    account: 'acme',
    name,
    key: `acme/${name}`,
    spec: { ...spec, ...changes },
    revision: 1,
    createdAtMs: 0,
    rules,
    matcher,
    versions,
  }
}

function scanned(fields: Record<string, unknown> = {}): EventText {
  const event = { specversion: '1.0', id: 'e', source: '/s', type: 't', ...fields }
  return scanStructured(JSON.stringify(event), { watchPrefix: engineAttributePrefix })
}

async function open(options: MemoryStorageOptions = {}, dedupEntriesMax = 1_000) {
  const storage = await openStorage(options)
  const clock = new FakeClock()
  let roomAsked = 0
  const door = (logs = openEventLogs(storage.log)) =>
    createIngest({
      logs,
      clock,
      random: seededRandom(1),
      observer: silentObserver,
      makeRoom: () => {
        roomAsked++
        return Promise.resolve()
      },
      dedupEntriesMax,
    })
  const stored = async (bus = 'acme/b') => {
    const entries = await storage.log.read(bus, 1, { entriesMax: 1_000, bytesMax: 1e9 })
    return entries.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>)
  }
  return { storage, clock, door, ingest: door(), stored, asked: () => roomAsked }
}

test('events of one call are stored next to each other and answered in their order', async () => {
  const { ingest, stored } = await open()
  const outcomes = await ingest.accept(busView(), [scanned({ id: 'a' }), scanned({ id: 'b' })])
  expect(outcomes).toEqual([
    { status: 'accepted', id: 'a', position: 1 },
    { status: 'accepted', id: 'b', position: 2 },
  ])
  expect((await stored()).map(event => event['id'])).toEqual(['a', 'b'])
})

test('an event without time and trace gets both; one that has them is stored byte for byte', async () => {
  const { ingest, stored, storage } = await open()
  const whole = scanned({
    time: '2020-01-01T00:00:00Z',
    traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
    data: 1.0,
  })
  await ingest.accept(busView(), [scanned(), whole])
  const [first] = await stored()
  expect(first?.['time']).toBe('2026-01-01T00:00:00.000Z')
  expect(first?.['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  const [, second] = await storage.log.read('acme/b', 1, { entriesMax: 2, bytesMax: 1e6 })
  expect(Buffer.from(second?.bytes ?? []).equals(Buffer.from(whole.bytes))).toBe(true)
})

test("a producer's attributes in the engine's name space are removed, and null counts as absent", async () => {
  const { ingest, stored } = await open()
  await ingest.accept(busView(), [
    scanned({ millraceposition: '7', time: null, data: { millraceposition: 1 } }),
  ])
  const [event] = await stored()
  expect(event).toMatchObject({ time: '2026-01-01T00:00:00.000Z', data: { millraceposition: 1 } })
  expect(event).not.toHaveProperty('millraceposition')
})

test('an event above the limit of its bus is refused with both numbers, the others are stored', async () => {
  const { ingest } = await open()
  const large = scanned({ data: 'x'.repeat(5_000) })
  const outcomes = await ingest.accept(busView(), [large, scanned()])
  expect(outcomes[0]).toMatchObject({
    status: 'refused',
    error: { code: 'event.too-large', details: { limit: 4_096 } },
  })
  expect(outcomes[1]).toMatchObject({ status: 'accepted', position: 1 })
})

test('nobody but the platform publishes to the built-in bus', async () => {
  const { ingest } = await open()
  const bus = busView({}, 'default')
  expect(await ingest.accept(bus, [scanned()])).toMatchObject([{ error: { code: 'bus.read-only' } }])
  expect(await ingest.accept(bus, [scanned()], { internal: true })).toMatchObject([{ status: 'accepted' }])
})

test('an event that was accepted within the window is a duplicate with the position of the first', async () => {
  const { ingest, clock } = await open()
  const bus = busView({ dedupWindowMs: 1_000 })
  const [, second] = await ingest.accept(bus, [scanned(), scanned()])
  expect(second).toEqual({ status: 'duplicate', id: 'e', position: 1 })
  expect(await ingest.accept(bus, [scanned()])).toMatchObject([{ status: 'duplicate', position: 1 }])
  await clock.advance(1_000)
  expect(await ingest.accept(bus, [scanned()])).toMatchObject([{ status: 'accepted', position: 2 }])
})

test('a duplicate of an event still being stored waits for it and shares its fate', async () => {
  const sync = Promise.withResolvers<void>()
  const { ingest, storage } = await open({ sync: () => sync.promise, autoSync: false })
  const bus = busView({ dedupWindowMs: 1_000 })
  const first = ingest.accept(bus, [scanned()])
  const second = ingest.accept(bus, [scanned()])
  await new Promise(resolve => setImmediate(resolve))
  const synced = storage.sync()
  sync.resolve()
  await synced
  expect(await first).toMatchObject([{ status: 'accepted', position: 1 }])
  expect(await second).toMatchObject([{ status: 'duplicate', position: 1 }])
})

test('after a failed append the same event may be sent again', async () => {
  let isBroken = true
  const beforeWrite = (): void => {
    if (isBroken) throw new CloudEventError('cloudevents.not-an-array', 'broken')
  }
  const { ingest } = await open({ beforeWrite })
  const bus = busView({ dedupWindowMs: 1_000 })
  expect(await ingest.accept(bus, [scanned()])).toMatchObject([{ status: 'refused' }])
  isBroken = false
  expect(await ingest.accept(bus, [scanned()])).toMatchObject([{ status: 'accepted', position: 1 }])
})

test('the window is rebuilt from the log after a restart', async () => {
  const { ingest, door } = await open()
  const bus = busView({ dedupWindowMs: 60_000 })
  await ingest.accept(bus, [scanned({ id: 'x' })])
  expect(await door().accept(bus, [scanned({ id: 'x' })])).toMatchObject([
    { status: 'duplicate', position: 1 },
  ])
})

test('a full log answers with a pause, and takes events again when there is room', async () => {
  const { ingest, asked, storage } = await open()
  const bus = busView({ retentionBytesMax: 300 })
  expect(await ingest.accept(bus, [scanned({ id: '1' })])).toMatchObject([{ status: 'accepted' }])
  const [full] = await ingest.accept(bus, [scanned({ data: 'y'.repeat(200) })])
  expect(full).toMatchObject({ error: { code: 'bus.log-full', retry: { kind: 'after', delayMs: 1_000 } } })
  expect(asked()).toBe(1)
  expect((await storage.log.stat('acme/b')).next).toBe(2)
  expect(await ingest.accept(busView(), [scanned({ data: 'y'.repeat(200) })])).toMatchObject([
    { status: 'accepted' },
  ])
})

test('a full storage refuses all events of the call and stores none', async () => {
  const { ingest, stored } = await open({ bytesMax: 300 })
  const outcomes = await ingest.accept(busView(), [
    scanned({ id: 'a' }),
    scanned({ id: 'b', data: 'z'.repeat(300) }),
  ])
  expect(outcomes).toMatchObject([{ error: { code: 'storage.full' } }, { error: { code: 'storage.full' } }])
  expect(await stored()).toEqual([])
})

test('a closed door refuses, and closing waits for what is being stored', async () => {
  const { ingest } = await open()
  const under = ingest.accept(busView(), [scanned()])
  await ingest[Symbol.asyncDispose]()
  expect(await under).toMatchObject([{ status: 'accepted' }])
  expect(await ingest.accept(busView(), [scanned()])).toMatchObject([{ error: { code: 'ingest.closed' } }])
})
