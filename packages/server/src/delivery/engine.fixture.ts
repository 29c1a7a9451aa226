import {
  AppError,
  type Clock,
  ok,
  type Outcome,
  type OutgoingRecord,
  type Random,
  retryBackoff,
  type Sink,
} from '@millrace/spi'
import { FakeClock, seededRandom } from '@millrace/spi/conformance'
import { type MemoryStorage, openStorage } from '@millrace/storage-memory'
import { type EventLogs, openEventLogs } from '../eventlog/index.ts'
import { silentObserver } from '../observability/index.ts'
import {
  busKey,
  journalLog,
  openResources,
  pumpCursor,
  queueName,
  type Resources,
  type SinkSpec,
} from '../resources/index.ts'
import { createDelivery, type Delivery, type DeliveryParts } from './delivery.ts'
import { decodeJournal, type JournalEntry } from './journal.ts'
import type { SinkResolver } from './sink-holder.ts'

/** What a scripted sink does with one record; `hang` waits for the signal and then rejects, as the contract says. */
export type Script = (record: OutgoingRecord, calls: number) => Outcome | Promise<Outcome> | 'hang' | 'deaf'

export const failing = (code = 'sink.failed', retry: AppError['retry'] = retryBackoff): Outcome => ({
  status: 'failed',
  error: new AppError(code, 'scripted', retry),
})

/** Sinks by the name of the function that a target names; every write is kept. A missing script is a missing function. */
export class ScriptedSinks implements SinkResolver {
  readonly scripts = new Map<string, Script>()
  readonly writes: { readonly sink: string; readonly record: OutgoingRecord; readonly event: EventFields }[] =
    []
  opened = 0
  closed = 0

  open(_account: string, sink: SinkSpec): Sink {
    const name = 'function' in sink ? sink.function : 'other'
    if (!this.scripts.has(name)) throw new AppError('function.not-found', `no function ${name}`)
    this.opened++
    return {
      write: async (records, signal) => {
        const [record] = records
        if (record === undefined) return []
        const event = JSON.parse(Buffer.from(record.event).toString()) as EventFields
        this.writes.push({ sink: name, record, event })
        const calls = this.writes.filter(write => write.sink === name).length
        const answer = this.scripts.get(name)?.(record, calls) ?? ok
        if (answer === 'deaf') return await new Promise(() => {})
        if (answer !== 'hang') return [await answer]
        return await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
        })
      },
      [Symbol.asyncDispose]: () => {
        this.closed++
        return Promise.resolve()
      },
    }
  }

  /** Positions written to a sink, in order. */
  positions(sink: string): number[] {
    return this.writes.filter(write => write.sink === sink).map(({ event }) => Number(event.millraceposition))
  }
}

export interface EventFields {
  readonly id: string
  readonly millraceposition: string
  readonly millraceattempt: number
  readonly [name: string]: unknown
}

export interface EngineOptions {
  readonly storage?: MemoryStorage
  readonly clock?: FakeClock
  readonly random?: Random
  readonly sinks?: ScriptedSinks
  readonly parts?: Partial<DeliveryParts>
}

const account = 'acme'

/** The engine from the log to the sinks over memory storage, a clock that stands still and scripted sinks. */
export class TestEngine implements AsyncDisposable {
  readonly storage: MemoryStorage
  readonly clock: FakeClock
  readonly random: Random
  readonly sinks: ScriptedSinks
  readonly logs: EventLogs
  readonly resources: Resources
  readonly delivery: Delivery
  readonly warnings: string[]

  private constructor(parts: Omit<TestEngine, keyof TestEngineMethods>) {
    this.storage = parts.storage
    this.clock = parts.clock
    this.random = parts.random
    this.sinks = parts.sinks
    this.logs = parts.logs
    this.resources = parts.resources
    this.delivery = parts.delivery
    this.warnings = parts.warnings
  }

  static async start(options: EngineOptions = {}): Promise<TestEngine> {
    const clock = options.clock ?? new FakeClock()
    const random = options.random ?? seededRandom(1)
    const sinks = options.sinks ?? new ScriptedSinks()
    const storage = options.storage ?? (await openStorage({ clock }))
    const logs = openEventLogs(storage.log)
    const resources = await openTestResources(storage, logs, clock)
    const warnings: string[] = []
    const keep = (message: string, fields?: Record<string, unknown>): void => {
      warnings.push(`${message} ${JSON.stringify(fields)}`)
    }
    const log = { debug: () => {}, info: () => {}, warn: keep, error: keep }
    const { snapshots } = resources
    const shared = { storage, logs, snapshots, sinks, clock, random, log, observer: silentObserver }
    const delivery = createDelivery({ ...shared, ...options.parts })
    await delivery.start()
    return new TestEngine({ storage, clock, random, sinks, logs, resources, delivery, warnings })
  }

  async bus(name: string, spec: unknown = {}): Promise<string> {
    await this.resources.buses.put(account, name, spec)
    return busKey(account, name)
  }

  /** A rule with the targets `t0`, `t1`…; returns the queue of the first. */
  async rule(
    bus: string,
    name: string,
    targets: readonly Record<string, unknown>[],
    more: object = {},
  ): Promise<string> {
    const complete = targets.map((target, index) => ({ ...target, id: `t${index}` }))
    await this.resources.rules.put(account, bus, name, { pattern: {}, targets: complete, ...more })
    return queueName(busKey(account, bus), name, 't0')
  }

  /** Appends events of type `test` as ingest would; resolves with the first position. */
  async publish(bus: string, ...data: readonly unknown[]): Promise<number> {
    const acceptedAtMs = this.clock.nowMs()
    const entries = data.map((value, index) => ({ bytes: eventBytes(`e${index}`, value), acceptedAtMs }))
    return await this.logs.append(busKey(account, bus), entries, 'durable')
  }

  /** Lets the engine come to rest without moving time. */
  async settled(): Promise<void> {
    await this.delivery.settled(AbortSignal.timeout(10_000))
  }

  async journal(bus: string): Promise<JournalEntry[]> {
    const entries = await this.storage.log.read(journalLog(busKey(account, bus)), 1, {
      entriesMax: 1e6,
      bytesMax: 1e9,
    })
    return entries.map(entry => decodeJournal(entry.bytes))
  }

  /** Endings by position, of one rule. */
  async endings(bus: string, rule?: string): Promise<Record<number, string>> {
    const endings: Record<number, string> = {}
    for (const { position, ending, rule: owner } of await this.journal(bus)) {
      if (ending !== undefined && (rule === undefined || owner === rule)) endings[position] = ending
    }
    return endings
  }

  /** Stops the engine, moving time past the deadline for sinks that hang. */
  async [Symbol.asyncDispose](): Promise<void> {
    const disposing = this.delivery[Symbol.asyncDispose]()
    await this.clock.advance(20_000)
    await disposing
  }
}

interface TestEngineMethods {
  bus: unknown
  rule: unknown
  publish: unknown
  settled: unknown
  journal: unknown
  endings: unknown
  [Symbol.asyncDispose]: unknown
}

export function eventBytes(id: string, data: unknown, type = 'test'): Uint8Array {
  return Buffer.from(JSON.stringify({ specversion: '1.0', id, source: '/test', type, data }))
}

function openTestResources(storage: MemoryStorage, logs: EventLogs, clock: Clock): Promise<Resources> {
  return openResources(
    {
      documents: storage.documents,
      clock,
      openLog: bus => logs.open(bus),
      nextPosition: bus => logs.next(bus),
      routedPosition: async bus => (await storage.queue.cursor(pumpCursor(bus))) ?? 1,
      emptyLog: async bus => {
        await logs.trim(bus, Number.POSITIVE_INFINITY)
      },
      checkRule: (_account, spec) => Promise.resolve(spec),
      checkFunction: () => Promise.resolve(),
      secrets: { seal: text => text, open: text => text },
    },
    account,
  )
}
