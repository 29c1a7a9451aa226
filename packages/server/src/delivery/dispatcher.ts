import { type Clock, type PluginLog, type Queue, type Random, toAppError } from '@millrace/spi'
import type { EventLogs } from '../eventlog/index.ts'
import type { EngineObserver, Tracer } from '../observability/index.ts'
import type { TargetSpec } from '../resources/index.ts'
import { graceMs, stopping } from './attempt.ts'
import { Breaker } from './breaker.ts'
import type { Budget } from './budget.ts'
import { Courier, type Equipment, type Turn } from './courier.ts'
import { equip, retire } from './equipment.ts'
import { expired } from './errors.ts'
import type { QueueIdentity } from './identity.ts'
import { Latch } from './latch.ts'
import type { Candidate } from './loader.ts'
import { pauseAfter } from './repeat.ts'
import { waitMsMax } from './retry.ts'
import type { Settlement, Settlements } from './settle.ts'
import type { SinkResolver } from './sink-holder.ts'
import { prefetchMax, Stock } from './stock.ts'
import { type TargetStatus, statusLanesMax } from './status.ts'
import { isDeadLetter } from './tries.ts'
import { Window } from './window.ts'

/** What all dispatchers share. */
export interface DispatcherParts {
  readonly queue: Queue
  readonly logs: EventLogs
  readonly settlements: Settlements
  readonly budget: Budget
  readonly sinks: SinkResolver
  readonly clock: Clock
  readonly random: Random
  readonly log: PluginLog
  readonly observer: EngineObserver
  readonly tracer: Tracer | undefined
  /** Called when a dispatcher has nothing left that it could do now. */
  onIdle(): void
}

/** Settlements of one queue that are on their way to storage; above it no further attempts are started. */
const settlingMax = 1_024

/** Deliveries given up in one turn because they are too old. */
const expiredPerTurn = 64

/**
 * Delivers what is pending in one queue: loads deliveries while there is room, starts attempts while the window, the
 * circuit and the order by key allow, and writes what became of them. One loop, which sleeps until something is put
 * into the queue, an attempt ends, a settlement is visible, a time has come, or a person resumes it.
 *
 * It is *running*, or *paused* by its spec, *blocked* by an exhausted delivery, *held* until a backfill has been
 * routed, or *stopping*; in all but the first it starts nothing and holds nothing but what is in flight.
 */
export class Dispatcher {
  readonly identity: QueueIdentity
  readonly #parts: DispatcherParts
  readonly #latch = new Latch()
  readonly #stock: Stock
  readonly #courier: Courier
  readonly #breaker: Breaker
  #equipment: Equipment
  #window: Window
  #settling = 0
  #failures = 0
  #repeatAtMs: number | undefined
  #timer: Disposable | undefined
  #running: Promise<void> | undefined
  #isBusy = false
  #isBlocked = false
  #isHeld = false
  #isStopping = false
  #mustExpire = false
  #landed: PromiseWithResolvers<void> | undefined

  /** @param restartedBelow events below this position were in the log when the process started */
  constructor(identity: QueueIdentity, spec: TargetSpec, restartedBelow: number, parts: DispatcherParts) {
    const { queue, logs, budget, clock, random, observer, tracer, sinks } = parts
    this.identity = identity
    this.#parts = parts
    this.#stock = new Stock(identity.queue, identity.bus, queue, logs, budget, {
      room: () => this.#room(),
      keyOf: () => this.#equipment.plan.keyOf,
      spill: (candidate, key, onVisible) => {
        const put = { ...candidate.delivery, lane: key }
        this.#settle({ queue: identity.queue, put }, candidate, onVisible)
      },
      gone: delivery => {
        this.#settle(this.#courier.gone(delivery.position, delivery.attempts), { delivery })
      },
    })
    this.#breaker = new Breaker(random)
    const breaker = this.#breaker
    this.#courier = new Courier({ identity, clock, random, observer, tracer, breaker, restartedBelow })
    this.#equipment = equip(identity, spec, sinks, undefined)
    this.#window = new Window(spec.concurrencyMax, spec.ratePerSecondMax, clock.nowMs())
  }

  /** Whether there is nothing that could be done now; what waits for a time, a person or a target does not count. */
  get isIdle(): boolean {
    if (this.#isBusy || this.#window.inFlight > 0 || this.#settling > 0) return false
    if (!this.#mayStart || !this.#breaker.isClosed) return true
    return !this.#stock.hasWork(this.#parts.clock.nowMs())
  }

  /** Begins to deliver, with what the queue holds from before. */
  start(): void {
    this.#isBusy = true
    this.#running = this.#run()
  }

  /**
   * Takes deliveries that are about to be stored, if there is nothing before them and room; returns how many, from the
   * first on. Each must have `stored`.
   */
  offer(candidates: readonly Candidate[]): number {
    if (!this.#breaker.isClosed || !this.#canTake) return 0
    const taken = this.#stock.offer(candidates)
    if (taken === 0) return 0
    this.#launch()
    this.#latch.wake()
    return taken
  }

  /** The pump has stored deliveries: `first` is the lowest that was not taken, `last` the highest of all. */
  appended(first: number | undefined, last: number): void {
    this.#stock.appended(first, last)
    this.#latch.wake()
  }

  /** The queue has new deliveries; `position` is the lowest. */
  enqueued(position: number): void {
    this.#stock.enqueued(position)
    this.#latch.wake()
  }

  /** While held, nothing is started: a backfill is being routed whose events come before those already here. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.#latch.wake()
  }

  /** Goes on with a changed spec; attempts under way end with the old one. A change also resumes what was blocked. */
  reconfigure(spec: TargetSpec): void {
    const before = this.#equipment.plan.spec
    const { inFlight } = this.#window
    this.#equipment = equip(this.identity, spec, this.#parts.sinks, this.#equipment)
    this.#window = new Window(spec.concurrencyMax, spec.ratePerSecondMax, this.#parts.clock.nowMs(), inFlight)
    // Keys in memory were read by the old path.
    if (before.orderBy !== spec.orderBy) this.#stock.unload()
    this.resume(undefined)
  }

  /** Ends a block, closes the circuit and lets parked lanes go on: all, or the one named. */
  resume(lane: string | undefined): void {
    if (lane === undefined) {
      this.#isBlocked = false
      this.#breaker.reset()
    }
    this.#stock.resume(lane)
    this.#latch.wake()
  }

  async status(): Promise<TargetStatus> {
    const { pending, nextDueAtMs } = await this.#parts.queue.stat(this.identity.queue)
    const [, laned] = this.#stock.dueTimes
    const { lastError } = this.#courier
    const { spec } = this.#equipment.plan
    const isOpen = !this.#breaker.isClosed
    const state = spec.paused ? 'paused' : this.#isBlocked ? 'blocked' : isOpen ? 'circuit-open' : 'running'
    const atMs = earliest([nextDueAtMs, laned, this.#breaker.probeAtMs])
    return {
      pending,
      inFlight: this.#window.inFlight,
      state,
      lanesParked: this.#stock.parked(statusLanesMax),
      ...(atMs === undefined ? {} : { nextAttemptAtMs: atMs }),
      ...(lastError === undefined ? {} : { lastError }),
    }
  }

  /** Starts nothing more and resolves when nothing is in flight. */
  async drain(): Promise<void> {
    this.#isStopping = true
    this.#latch.wake()
    await this.#running
    if (this.#window.inFlight === 0) return
    // A target that was deleted may be waited for by its removal and by the end of the engine.
    this.#landed ??= Promise.withResolvers()
    await this.#landed.promise
  }

  /** Gives up the attempts under way; a sink that does not let go within the grace is left behind. */
  async abort(): Promise<void> {
    this.#isStopping = true
    this.#latch.wake()
    this.#courier.abort(stopping)
    const grace = Promise.withResolvers<void>()
    using _timer = this.#parts.clock.timer(graceMs, grace.resolve)
    await Promise.race([this.drain(), grace.promise])
  }

  /** Closes the sinks, once attempts that use them have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.[Symbol.dispose]()
    this.#parts.budget.forget(this.#wake)
    await retire(this.#equipment)
  }

  readonly #wake = (): void => this.#latch.wake()

  get #mayStart(): boolean {
    return !(this.#isStopping || this.#isBlocked || this.#isHeld || this.#equipment.plan.spec.paused)
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      this.#isBusy = true
      await this.#safely(() => this.#fill())
      this.#launch()
      if (this.#hasToFill()) continue
      this.#arm()
      this.#isBusy = false
      if (this.isIdle) this.#parts.onIdle()
      await this.#latch.wait()
    }
    this.#stock.unload()
    this.#isBusy = false
  }

  /** A failure of the storage is reported and the work repeated after a pause; nothing was lost by it. */
  async #safely(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.#failures = 0
      this.#repeatAtMs = undefined
    } catch (thrown) {
      const { code } = toAppError(thrown)
      if (code === 'storage.closed') this.#isStopping = true
      this.#parts.log.warn('loading deliveries failed; it will be repeated', {
        queue: this.identity.queue,
        code,
      })
      this.#repeatAtMs = this.#parts.clock.nowMs() + pauseAfter(++this.#failures)
    }
  }

  /** Whether another round of loading would bring something now. */
  #hasToFill(): boolean {
    if (!this.#canTake || this.#repeatAtMs !== undefined) return false
    return this.#stock.hasToFill(this.#parts.clock.nowMs())
  }

  /** Whether there is room for more deliveries in memory, and they might be started. */
  get #canTake(): boolean {
    return this.#mayStart && this.#settling < settlingMax && this.#room() > 0 && this.#stock.isAllowed
  }

  /** How many more deliveries may be in memory. Small gaps are not worth a read while enough is ready. */
  #room(): number {
    const { readyCount, waitingCount } = this.#stock
    const nowMs = this.#parts.clock.nowMs()
    // A follower of what is in flight counts too: it cannot be the probe, and reading it again would find it again.
    if (!this.#breaker.isClosed) return this.#breaker.allows(nowMs) ? 1 - readyCount - waitingCount : 0
    if (readyCount > prefetchMax / 2) return 0
    const slots = Math.max(0, this.#equipment.plan.spec.concurrencyMax - this.#window.inFlight)
    return slots + prefetchMax - readyCount - waitingCount
  }

  async #fill(): Promise<void> {
    // What may be the probe stays: put back and read again it would give room in the budget that it takes at once.
    if (!this.#mayStart || !this.#breaker.allows(this.#parts.clock.nowMs())) this.#stock.unload()
    if (this.#mustExpire) await this.#expire()
    if (!this.#mayStart || this.#settling >= settlingMax) return
    await this.#stock.fill(this.#parts.clock.nowMs())
    if (!this.#stock.isAllowed) this.#parts.budget.onRoom(this.#wake)
  }

  #launch(): void {
    while (this.#stock.readyCount > 0 && this.#mayStart) {
      const nowMs = this.#parts.clock.nowMs()
      if (!this.#breaker.allows(nowMs) || !this.#window.tryStart(nowMs)) return
      const candidate = this.#stock.next()
      if (candidate === undefined) return
      // Writing a dead letter says nothing of the target: it is no probe.
      if (!isDeadLetter(candidate.delivery)) this.#breaker.started()
      void this.#courier.deliver(candidate, this.#equipment).then(turn => this.#finish(candidate, turn))
    }
  }

  /** An attempt has ended: its slot is free at once, whatever the storage does. */
  #finish(candidate: Candidate, turn: Turn): void {
    this.#window.finish()
    if (turn.kind === 'ended') {
      this.#settle(turn.settlement, candidate)
      this.#stock.ended(candidate)
    } else if (turn.kind === 'abandoned') {
      this.#stock.putBack(candidate)
    } else {
      this.#postpone(candidate, turn)
    }
    if (!this.#breaker.isClosed) this.#mustExpire = true
    if (this.#window.inFlight === 0) this.#landed?.resolve()
    this.#latch.wake()
  }

  /** A delivery stays: until its time, or, when it is exhausted and the policy says so, until somebody resumes it. */
  #postpone(candidate: Candidate, turn: Extract<Turn, { kind: 'again' | 'blocked' }>): void {
    const { delivery, key } = candidate
    const isBlocked = turn.kind === 'blocked'
    const dueAtMs = isBlocked ? this.#parts.clock.nowMs() : turn.dueAtMs
    const put = { ...delivery, attempts: turn.attempts, dueAtMs, lane: key }
    this.#settle({ queue: this.identity.queue, put, journal: turn.journal }, candidate, () => {
      this.#stock.visible(candidate, dueAtMs)
    })
    this.#stock.postponed(candidate, isBlocked ? undefined : dueAtMs)
    if (isBlocked && key === undefined) this.#isBlocked = true
  }

  /** Writes what became of a delivery, and holds its position until that is visible. */
  #settle(
    settlement: Settlement,
    { delivery, stored }: Pick<Candidate, 'delivery' | 'stored'>,
    onVisible?: () => void,
  ): void {
    this.#settling++
    const { settlements } = this.#parts
    const visible =
      stored === undefined ? settlements.add(settlement) : stored.then(() => settlements.add(settlement))
    const done = (): void => {
      this.#settling--
      this.#stock.release(delivery.position)
      this.#latch.wake()
    }
    visible.then(
      () => {
        onVisible?.()
        done()
      },
      // The engine was ended first. The delivery will be made again after the next start.
      done,
    )
  }

  /** While the circuit is open, deliveries that have grown too old are given up without an attempt. */
  async #expire(): Promise<void> {
    this.#mustExpire = false
    const { spec } = this.#equipment.plan
    if (this.#breaker.isClosed || spec.onExhausted === 'block') return
    const waitMs = waitMsMax(spec.retry)
    const limit = Math.min(expiredPerTurn, spec.concurrencyMax - this.#window.inFlight)
    if (limit <= 0) return
    const nowMs = this.#parts.clock.nowMs()
    for (const candidate of await this.#stock.olderThan(nowMs - waitMs, limit)) {
      // A dead letter that is still to be written has its own clock.
      if (isDeadLetter(candidate.delivery) || !this.#window.tryStart(nowMs)) {
        this.#stock.putBack(candidate)
        continue
      }
      const giving = this.#courier.giveUp(candidate, this.#equipment, expired(waitMs))
      void giving.then(turn => this.#finish(candidate, turn))
    }
  }

  /** Sets the one timer, to the earliest time at which there is something to do. */
  #arm(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    if (this.#isStopping) return
    const nowMs = this.#parts.clock.nowMs()
    const times = [this.#repeatAtMs]
    if (this.#mayStart) {
      // When the pause of an open circuit is over, the probe may still have to wait for a delivery to become due.
      if (this.#breaker.allows(nowMs)) times.push(...this.#stock.dueTimes)
      else times.push(this.#breaker.probeAtMs)
      if (this.#stock.readyCount > 0) times.push(this.#window.nextTokenAtMs(nowMs))
    }
    const atMs = earliest(times.filter(time => time !== undefined && time > nowMs))
    if (atMs !== undefined) this.#timer = this.#parts.clock.timer(atMs - nowMs, this.#wake)
  }
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  let least: number | undefined
  for (const time of times) if (time !== undefined && (least === undefined || time < least)) least = time
  return least
}
