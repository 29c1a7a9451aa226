import { AppError, type Documents, retryBackoff, retryNever } from '@millrace/spi'
import { FakeClock } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import { describe, expect, test } from 'vitest'
import type { FunctionView, Snapshot, Snapshots, TriggerSpec } from '../resources/index.ts'
import { emptySnapshot, functionView } from '../resources/index.ts'
import { createScheduler, type Scheduler, type TimerCall } from './index.ts'

const start = Date.parse('2026-01-01T00:00:00Z')
const minute = 60_000

/** Functions with timers, as the control plane shows them. */
class Wall implements Snapshots {
  #snapshot: Snapshot = emptySnapshot
  readonly #listeners = new Set<(next: Snapshot, previous: Snapshot) => void>()

  current(): Snapshot {
    return this.#snapshot
  }

  subscribe(listener: (next: Snapshot, previous: Snapshot) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  set(functions: Record<string, Record<string, Partial<Extract<TriggerSpec, { kind: 'timer' }>>>>): void {
    const previous = this.#snapshot
    const views = Object.entries(functions).map(([name, triggers]): [string, FunctionView] => {
      const record = { spec: {} as FunctionView['spec'], revision: 1, createdAtMs: 0, updatedAtMs: 0 }
      const parts = Object.entries(triggers).map(([trigger, spec]) => {
        const full = {
          kind: 'timer',
          description: '',
          schedule: '',
          payload: '',
          enabled: true,
          ...spec,
        } as const
        return [trigger, { name: trigger, spec: full, revision: 1, createdAtMs: 0, updatedAtMs: 0 }] as const
      })
      const view = { ...functionView('1', name, record), triggers: new Map(parts) }
      return [view.key, view]
    })
    this.#snapshot = { ...previous, revision: previous.revision + 1, functions: new Map(views) }
    for (const listener of this.#listeners) listener(this.#snapshot, previous)
  }
}

interface World {
  readonly clock: FakeClock
  readonly wall: Wall
  readonly calls: { atMs: number; call: TimerCall; event: Record<string, unknown> }[]
  readonly documents: Documents
  failWith: AppError | undefined
  readonly boot: () => Promise<Scheduler>
}

async function world(): Promise<World> {
  const clock = new FakeClock(start)
  const wall = new Wall()
  const { documents } = await openStorage()
  const it: World = {
    clock,
    wall,
    calls: [],
    documents,
    failWith: undefined,
    boot: async () => {
      const log = { debug() {}, info() {}, warn() {}, error() {} }
      const scheduler = createScheduler({
        snapshots: wall,
        documents,
        clock,
        log,
        call: async call => {
          if (it.failWith !== undefined) throw it.failWith
          const event = JSON.parse(Buffer.from(call.event).toString()) as Record<string, unknown>
          it.calls.push({ atMs: clock.nowMs(), call, event })
        },
      })
      await scheduler.start()
      return scheduler
    },
  }
  return it
}

describe('a timer trigger', () => {
  test('calls its function at each time of its schedule, with the event of the specification', async () => {
    const { clock, wall, calls, boot } = await world()
    wall.set({ nightly: { t: { schedule: '0 0 4 * * *', payload: '{"a":1}', qualifier: 'prod' } } })
    await using _scheduler = await boot()
    await clock.advance(24 * 60 * minute)
    expect(calls.map(({ atMs }) => new Date(atMs).toISOString())).toEqual(['2026-01-01T04:00:00.000Z'])
    expect(calls[0]?.event).toEqual({
      triggerTime: '2026-01-01T04:00:00Z',
      triggerName: 't',
      payload: '{"a":1}',
    })
    expect(calls[0]?.call).toMatchObject({ account: '1', functionName: 'nightly', qualifier: 'prod' })
    expect(calls[0]?.call.requestId).toMatch(/^1-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}$/)
  })

  test('that is disabled, changed or removed does not fire by its old schedule', async () => {
    const { clock, wall, calls, documents, boot } = await world()
    wall.set({ f: { t: { schedule: '@every 1m' } } })
    await using _scheduler = await boot()
    wall.set({ f: { t: { schedule: '@every 10m' } } })
    await clock.advance(9 * minute)
    expect(calls).toHaveLength(0)
    await clock.advance(2 * minute)
    expect(calls).toHaveLength(1)
    wall.set({ f: { t: { schedule: '@every 10m', enabled: false } } })
    await clock.advance(60 * minute)
    expect(calls).toHaveLength(1)
    expect(await documents.list('timer/')).toEqual([])
  })

  test('fires once after a stop in which it missed several times, and keeps its rhythm', async () => {
    const { clock, wall, calls, boot } = await world()
    wall.set({ f: { t: { schedule: '@every 10m' } } })
    {
      await using _first = await boot()
      await clock.advance(11 * minute)
    }
    await clock.advance(44 * minute)
    await using _second = await boot()
    await clock.advance(6 * minute)
    expect(calls.map(({ event }) => event['triggerTime'])).toEqual([
      '2026-01-01T00:10:00Z',
      '2026-01-01T00:50:00Z',
      '2026-01-01T01:00:00Z',
    ])
  })

  test('tries again when a call is not taken, as the same call', async () => {
    const it = await world()
    it.wall.set({ f: { t: { schedule: '@every 10m' } } })
    await using _scheduler = await it.boot()
    it.failWith = new AppError('bus.log-full', 'the log is full', retryBackoff)
    await it.clock.advance(10 * minute + 5_000)
    it.failWith = undefined
    await it.clock.advance(minute)
    expect(it.calls.map(({ event }) => event['triggerTime'])).toEqual(['2026-01-01T00:10:00Z'])
  })

  test('goes on with its next time when a call can never be taken', async () => {
    const it = await world()
    it.wall.set({ f: { t: { schedule: '@every 10m' } }, g: { t: { schedule: '@every 15m' } } })
    await using _scheduler = await it.boot()
    it.failWith = new AppError('function.alias-not-found', 'there is no alias', retryNever)
    await it.clock.advance(11 * minute)
    it.failWith = undefined
    await it.clock.advance(10 * minute)
    expect(it.calls.map(({ event, call }) => [call.functionName, event['triggerTime']])).toEqual([
      ['g', '2026-01-01T00:15:00Z'],
      ['f', '2026-01-01T00:20:00Z'],
    ])
  })

  test('has the same request id when its call is made a second time after a kill', async () => {
    const it = await world()
    it.wall.set({ f: { t: { schedule: '@every 10m' } } })
    {
      await using _first = await it.boot()
      await it.clock.advance(minute)
    }
    const [stored] = await it.documents.list('timer/')
    {
      await using _second = await it.boot()
      await it.clock.advance(10 * minute)
    }
    // The kill came after the call and before its time was written down.
    await it.documents.put(stored?.key ?? '', stored?.value)
    await using _third = await it.boot()
    await it.clock.advance(1)
    expect(it.calls).toHaveLength(2)
    expect(it.calls[0]?.call.requestId).toBe(it.calls[1]?.call.requestId)
  })
})
