import type { Clock, PluginLog, Random, Storage } from '@millrace/spi'
import type { EventLogs } from '../eventlog/index.ts'
import type { EngineObserver, Tracer } from '../observability/index.ts'
import type { BusView, Snapshots } from '../resources/index.ts'
import { Activity } from './activity.ts'
import { Budget } from './budget.ts'
import type { DispatcherParts } from './dispatcher.ts'
import type { JournalEntry } from './journal.ts'
import { Pumps } from './pumps.ts'
import type { ReplayRequest, ReplayStatus } from './replay-record.ts'
import { Replays } from './replays.ts'
import { Retention } from './retention.ts'
import { Settlements } from './settle.ts'
import type { SinkResolver } from './sink-holder.ts'
import type { TargetStatus } from './status.ts'
import { Targets } from './targets.ts'
import { traceEvent } from './trace.ts'

/** Everything between the log of a bus and its targets. */
export interface Delivery extends AsyncDisposable {
  /** Takes up what is pending and resolves when every bus is being routed. */
  start(): Promise<void>
  /** How a target's queue stands. Rejects with `delivery.target-not-found`. */
  status(queue: string): Promise<TargetStatus>
  /** Ends a block, closes the circuit and lets parked keys go on, in the target's replays too; with a lane, only that key. */
  resume(queue: string, lane?: string): Promise<void>
  /** Reads a range of the log into one rule's targets again; a dry run only counts. */
  startReplay(request: ReplayRequest): Promise<ReplayStatus>
  replays(bus: string): Promise<ReplayStatus[]>
  /** Ends a replay; deliveries of it that are pending end as dropped. Rejects with `replay.not-found`. */
  cancelReplay(bus: string, id: string): Promise<void>
  /** What became of an event: every failed attempt and every ending of it, oldest first. */
  trace(bus: string, position: number): Promise<JournalEntry[]>
  /** Position of the next event of a bus to route; `undefined` before that is known. Storage may be a moment behind. */
  routed(bus: string): number | undefined
  /** Removes what retention allows from a full log, so that so many bytes fit; never rejects. For `ingest`. */
  makeRoom(bus: BusView, roomBytes: number): Promise<void>
  /**
   * Resolves when every pump is at its tip and nothing is pending that could be attempted now. What waits for a time,
   * a person or an open circuit does not count. Rejects when the signal aborts.
   */
  settled(signal: AbortSignal): Promise<void>
}

export interface DeliveryParts {
  readonly storage: Pick<Storage, 'log' | 'queue' | 'documents'>
  readonly logs: EventLogs
  readonly snapshots: Snapshots
  readonly sinks: SinkResolver
  readonly clock: Clock
  readonly random: Random
  readonly log: PluginLog
  readonly observer: EngineObserver
  /** Default: records nothing. */
  readonly tracer?: Tracer
  /** How long attempts under way may take to end when the engine stops. Default `drainMsMax`. */
  readonly drainMsMax?: number
  /** Bytes of events that all targets together hold in memory. Default `heldBytesMax`. */
  readonly heldBytesMax?: number
}

/** Time that attempts under way have at a stop, before they are given up. They are made again after the next start. */
export const drainMsMax = 10_000

export function createDelivery(parts: DeliveryParts): Delivery {
  return new Engine(parts)
}

class Engine implements Delivery {
  readonly #parts: DeliveryParts
  readonly #activity = new Activity()
  readonly #end = new AbortController()
  readonly #settlements: Settlements
  readonly #targets: Targets
  readonly #pumps: Pumps
  readonly #replays: Replays
  readonly #retention: Retention
  #following: Disposable | undefined
  #disposing: Promise<void> | undefined

  constructor(parts: DeliveryParts) {
    const { storage, logs, clock, log, observer, random, sinks, snapshots } = parts
    const { queue, documents } = storage
    const makeRoom = (): Promise<void> => this.#retention.relieve().catch(() => {})
    const settlements = new Settlements(queue, clock, log, makeRoom, this.#end.signal)
    const shared = { queue, logs, clock, log, observer, settlements, onIdle: () => this.#activity.changed() }
    const { tracer } = parts
    const dispatchers: DispatcherParts = {
      ...shared,
      tracer,
      budget: new Budget(parts.heldBytesMax),
      sinks,
      random,
    }
    const targets = new Targets({
      ...shared,
      dispatchers,
      documents,
      versions: bus => snapshots.current().buses.get(bus)?.versions() ?? [],
    })
    this.#parts = parts
    this.#settlements = settlements
    this.#targets = targets
    this.#pumps = new Pumps({
      ...shared,
      snapshots,
      makeRoom,
      admit: (queues, signal) => targets.admit(queues, signal),
      offer: (name, candidates) => targets.offer(name, candidates),
      onRouted: (...routed) => targets.routed(...routed),
    })
    this.#replays = new Replays({ ...shared, dispatchers, documents, snapshots, targets, random })
    this.#retention = new Retention({
      ...shared,
      storageLog: storage.log,
      snapshots,
      unread: bus => this.#unread(bus),
      queuesOf: bus => [...targets.queuesOf(bus), ...this.#replays.queuesOf(bus)],
    })
  }

  async start(): Promise<void> {
    const { snapshots } = this.#parts
    const snapshot = snapshots.current()
    const release = await this.#replays.holdUnfinished(snapshot)
    await this.#targets.start(snapshot)
    await this.#pumps.start(snapshot)
    await this.#replays.start(snapshot)
    release()
    this.#following = snapshots.subscribe((next, previous) => {
      this.#targets.follow(next, previous)
      this.#pumps.follow(next)
      this.#replays.follow(next, previous)
    })
    // Changes between the first look and the subscription.
    this.#targets.follow(snapshots.current(), snapshot)
    this.#pumps.follow(snapshots.current())
    this.#replays.follow(snapshots.current(), snapshot)
    this.#retention.start()
  }

  async status(queue: string): Promise<TargetStatus> {
    return await this.#targets.get(queue).status()
  }

  async resume(queue: string, lane?: string): Promise<void> {
    this.#targets.get(queue).resume(lane)
    this.#replays.resume(queue, lane)
  }

  startReplay(request: ReplayRequest): Promise<ReplayStatus> {
    return this.#replays.begin(request)
  }

  replays(bus: string): Promise<ReplayStatus[]> {
    return this.#replays.list(bus)
  }

  cancelReplay(bus: string, id: string): Promise<void> {
    return this.#replays.cancel(bus, id)
  }

  trace(bus: string, position: number): Promise<JournalEntry[]> {
    return traceEvent(bus, position, this.#parts.logs, this.#parts.storage.log)
  }

  routed(bus: string): number | undefined {
    return this.#pumps.cursor(bus)
  }

  makeRoom(bus: BusView, roomBytes: number): Promise<void> {
    return this.#retention.makeRoom(bus, roomBytes)
  }

  async settled(signal: AbortSignal): Promise<void> {
    while (!(this.#pumps.isIdle && this.#targets.isIdle && this.#replays.isIdle)) {
      await this.#activity.next(signal)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose()
    return this.#disposing
  }

  /** Stop routing, let attempts end, then force; write what became of them; close the sinks. */
  async #dispose(): Promise<void> {
    this.#following?.[Symbol.dispose]()
    await Promise.all([
      this.#pumps[Symbol.asyncDispose](),
      this.#replays.stopReading(),
      this.#retention[Symbol.asyncDispose](),
    ])
    const drained = Promise.all([this.#targets.drain(), this.#replays.drain()])
    if (!(await this.#inTime(drained))) await Promise.all([this.#targets.abort(), this.#replays.abort()])
    // A storage that does not take them keeps the deliveries as they were: they are made again.
    await this.#inTime(this.#settlements.flush())
    this.#end.abort(new Error('the engine was stopped'))
    await Promise.all([this.#targets[Symbol.asyncDispose](), this.#replays[Symbol.asyncDispose]()])
  }

  /** Whether the work came to its end before the time for draining was over. */
  async #inTime(work: Promise<unknown>): Promise<boolean> {
    const deadline = Promise.withResolvers<false>()
    const limitMs = this.#parts.drainMsMax ?? drainMsMax
    using _timer = this.#parts.clock.timer(limitMs, () => deadline.resolve(false))
    return await Promise.race([work.then(() => true), deadline.promise])
  }

  /** The pump's cursor, and those of replays that are below it. A bus without a pump is not cut at all. */
  #unread(bus: string): number | undefined {
    const pumped = this.#pumps.cursor(bus)
    if (pumped === undefined) return undefined
    return Math.min(pumped, this.#replays.unread(bus) ?? pumped)
  }
}
