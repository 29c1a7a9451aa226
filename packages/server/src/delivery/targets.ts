import { isDeepStrictEqual } from 'node:util'
import type { Clock, Documents, PluginLog } from '@millrace/spi'
import { toAppError } from '@millrace/spi'
import type { EventLogs } from '../eventlog/index.ts'
import type { BusView, RuleVersion, Snapshot, TargetSpec } from '../resources/index.ts'
import { Dispatcher, type DispatcherParts } from './dispatcher.ts'
import { targetNotFound, targetRemoved } from './errors.ts'
import { identify, identityOf, type QueueIdentity } from './identity.ts'
import type { Candidate } from './loader.ts'
import { endPending, type RemovalParts } from './removal.ts'
import { QueueRegister } from './register.ts'

export interface TargetsParts extends RemovalParts {
  readonly dispatchers: DispatcherParts
  readonly documents: Documents
  readonly logs: EventLogs
  readonly clock: Clock
  readonly log: PluginLog
  /** Rule versions that events of a bus may still meet, with those in force that no snapshot has shown yet. */
  versions(bus: string): Iterable<RuleVersion>
}

/** How soon deliveries of a rule that no snapshot has shown yet are looked at again. */
const earlyLookMs = 1_000

interface Target {
  readonly identity: QueueIdentity
  spec: TargetSpec
}

/**
 * The targets of all rules, and a dispatcher for each that has had work. Follows the snapshots: a changed target is
 * reconfigured, an untouched one is not disturbed, and what is pending for one that was deleted is ended in the journal.
 *
 * A queue is in the register from before anything is put into it until it is empty and nothing can be put into it any
 * more: its target is gone, no event that is still to be routed can meet a version of the rule that had it, and nobody
 * is about to put anything. So whatever a crash leaves behind is found by the next start, and ended.
 */
export class Targets {
  readonly #parts: TargetsParts
  readonly #targets = new Map<string, Target>()
  readonly #dispatchers = new Map<string, Dispatcher>()
  readonly #removals = new Map<string, Promise<void>>()
  /** Of targets that are gone, until their last attempt has ended. */
  readonly #leaving = new Set<Dispatcher>()
  /** Queues that were put into while they were being cleared: they are cleared once more. */
  readonly #lateRemovals = new Set<string>()
  /** Queues with deliveries of rules that no snapshot has shown yet. */
  readonly #early = new Set<string>()
  #earlyTimer: Disposable | undefined
  readonly #holds = new Map<string, number>()
  readonly #stop = new AbortController()
  readonly #register: QueueRegister
  /** How many are about to put into a queue. */
  readonly #puts = new Map<string, number>()
  /** Queues of targets that are gone, empty by now, into which something may still be put. */
  readonly #leftover = new Set<string>()
  readonly #restartedBelow = new Map<string, number>()
  #isStarted = false

  constructor(parts: TargetsParts) {
    this.#parts = parts
    this.#register = new QueueRegister(parts, this.#stop.signal)
  }

  get isIdle(): boolean {
    if (this.#removals.size > 0) return false
    for (const dispatcher of this.#dispatchers.values()) if (!dispatcher.isIdle) return false
    return true
  }

  /** Takes up what the process before has left. */
  async start(snapshot: Snapshot): Promise<void> {
    const registered = await this.#register.load()
    for (const view of snapshot.buses.values()) {
      await this.#parts.logs.open(view.key)
      this.#restartedBelow.set(view.key, this.#parts.logs.next(view.key))
    }
    this.#isStarted = true
    this.follow(snapshot, undefined)
    for (const queue of new Set([...registered, ...this.#targets.keys()])) {
      if (!this.#targets.has(queue)) this.#remove(identityOf(queue))
      else if ((await this.#parts.queue.stat(queue)).pending > 0) this.#dispatcher(queue)
    }
  }

  /** Adapts to a new snapshot; looks only at buses that are not the same as before. */
  follow(next: Snapshot, previous: Snapshot | undefined): void {
    for (const [key, view] of next.buses) {
      const before = previous?.buses.get(key)
      if (view !== before) this.#followBus(view, before)
    }
    for (const [key, view] of previous?.buses ?? []) {
      if (!next.buses.has(key)) for (const { identity } of targetsOf(view)) this.#forget(identity)
    }
    this.#lookAtEarly()
    this.#lookAtLeftover()
  }

  /**
   * To be called, and waited for, before deliveries are put into queues; what it returns, when they are visible or it
   * is known that they were not put. Rejects when a signal aborts.
   */
  async admit(queues: readonly string[], signal: AbortSignal): Promise<() => void> {
    for (const queue of queues) this.#puts.set(queue, (this.#puts.get(queue) ?? 0) + 1)
    const release = (): void => {
      for (const queue of queues) {
        const left = (this.#puts.get(queue) ?? 1) - 1
        if (left > 0) this.#puts.set(queue, left)
        else this.#puts.delete(queue)
      }
      this.#lookAtLeftover()
    }
    const missing = queues.filter(queue => !this.#register.has(queue))
    if (missing.length === 0) return release
    try {
      await unlessAborted(Promise.all(missing.map(queue => this.#register.add(queue))), signal)
      return release
    } catch (thrown) {
      release()
      throw thrown
    }
  }

  /** Offers deliveries that are about to be stored; returns how many the dispatcher takes, from the first on. */
  offer(queue: string, candidates: readonly Candidate[]): number {
    return this.#dispatchers.get(queue)?.offer(candidates) ?? 0
  }

  /** The pump has stored deliveries; see `PumpParts.onRouted`. */
  routed(queue: string, first: number | undefined, last: number, isLive: boolean): void {
    if (this.#targets.has(queue)) this.#dispatcher(queue)?.appended(first, last)
    // A rule is in force a moment before the snapshot shows it: its deliveries wait for that.
    else if (isLive) this.#awaitRule(queue)
    // Routed by a version that was live then; the target is gone by now.
    else this.#remove(identityOf(queue))
  }

  /** A backfill has put deliveries into a queue, `position` the lowest of them. */
  enqueued(queue: string, position: number): void {
    if (this.#targets.has(queue)) this.#dispatcher(queue)?.enqueued(position)
    else this.#remove(identityOf(queue))
  }

  /** The dispatcher of a queue, made when it is first asked for. Throws `delivery.target-not-found`. */
  get(queue: string): Dispatcher {
    const dispatcher = this.#dispatcher(queue)
    if (dispatcher === undefined) throw targetNotFound(queue)
    return dispatcher
  }

  /** Holds a queue's deliveries back until the returned function is called. */
  hold(queue: string): () => void {
    this.#holds.set(queue, (this.#holds.get(queue) ?? 0) + 1)
    this.#dispatchers.get(queue)?.hold(true)
    return () => {
      const left = (this.#holds.get(queue) ?? 1) - 1
      if (left > 0) {
        this.#holds.set(queue, left)
        return
      }
      this.#holds.delete(queue)
      this.#dispatchers.get(queue)?.hold(false)
    }
  }

  /** Queues of a bus that may hold deliveries. */
  queuesOf(bus: string): string[] {
    const queues = new Set<string>()
    // A queue without a dispatcher has never been put into, or was found empty at the start.
    for (const { identity } of this.#dispatchers.values())
      if (identity.bus === bus) queues.add(identity.queue)
    for (const queue of this.#removals.keys()) if (identityOf(queue).bus === bus) queues.add(queue)
    return [...queues]
  }

  /** Positions below were in the bus's log when this process began to work on it. */
  restartedBelow(bus: string): number {
    return this.#restartedBelow.get(bus) ?? 1
  }

  /** Resolves when nothing is in flight any more. */
  async drain(): Promise<void> {
    this.#stop.abort()
    const all = [...this.#dispatchers.values(), ...this.#leaving]
    await Promise.all(all.map(dispatcher => dispatcher.drain()))
  }

  async abort(): Promise<void> {
    const all = [...this.#dispatchers.values(), ...this.#leaving]
    await Promise.all(all.map(dispatcher => dispatcher.abort()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#earlyTimer?.[Symbol.dispose]()
    await Promise.allSettled(this.#removals.values())
    await Promise.all([...this.#dispatchers.values()].map(dispatcher => dispatcher[Symbol.asyncDispose]()))
    this.#dispatchers.clear()
  }

  #awaitRule(queue: string): void {
    this.#early.add(queue)
    // A rule that could not be written is withdrawn, and no snapshot tells of that.
    this.#earlyTimer ??= this.#parts.clock.timer(earlyLookMs, () => {
      this.#earlyTimer = undefined
      this.#lookAtEarly()
    })
  }

  #lookAtEarly(): void {
    const waiting = [...this.#early]
    this.#early.clear()
    for (const queue of waiting) {
      if (this.#targets.has(queue)) this.#dispatcher(queue)
      else if (this.#isVersioned(queue, true)) this.#awaitRule(queue)
      else this.#remove(identityOf(queue))
    }
  }

  /** What was kept in the register for the sake of events to come is looked at again. */
  #lookAtLeftover(): void {
    for (const queue of this.#leftover) {
      if (this.#removals.has(queue) || this.#mayBePut(queue)) continue
      this.#leftover.delete(queue)
      this.#remove(identityOf(queue))
    }
  }

  /** Whether anything may be put into a queue from now on. Once it may not, it never may again, but for a new rule. */
  #mayBePut(queue: string): boolean {
    return this.#targets.has(queue) || this.#puts.has(queue) || this.#isVersioned(queue, false)
  }

  #isVersioned(queue: string, isLive: boolean): boolean {
    const { bus, rule, target } = identityOf(queue)
    for (const version of this.#parts.versions(bus)) {
      if (version.rule !== rule || (isLive && version.until !== Number.POSITIVE_INFINITY)) continue
      if (version.spec.targets.some(({ id }) => id === target)) return true
    }
    return false
  }

  #followBus(view: BusView, before: BusView | undefined): void {
    const live = new Set<string>()
    for (const { identity, spec } of targetsOf(view)) {
      live.add(identity.queue)
      const target = this.#targets.get(identity.queue)
      if (target === undefined) this.#targets.set(identity.queue, { identity, spec })
      else if (!isDeepStrictEqual(target.spec, spec)) {
        target.spec = spec
        this.#dispatchers.get(identity.queue)?.reconfigure(spec)
      }
      this.#enter(identity.queue)
    }
    if (before === undefined) return
    for (const { identity } of targetsOf(before)) if (!live.has(identity.queue)) this.#forget(identity)
  }

  #dispatcher(queue: string): Dispatcher | undefined {
    const known = this.#dispatchers.get(queue)
    if (known !== undefined) return known
    const target = this.#targets.get(queue)
    // A target that was deleted and made again waits until the deliveries of the old one have ended.
    if (target === undefined || this.#removals.has(queue) || !this.#isStarted || this.#stop.signal.aborted) {
      return undefined
    }
    const { identity, spec } = target
    const restartedBelow = this.restartedBelow(identity.bus)
    const dispatcher = new Dispatcher(identity, spec, restartedBelow, this.#parts.dispatchers)
    this.#dispatchers.set(queue, dispatcher)
    if (this.#holds.has(queue)) dispatcher.hold(true)
    dispatcher.start()
    return dispatcher
  }

  #forget(identity: QueueIdentity): void {
    this.#targets.delete(identity.queue)
    this.#remove(identity)
  }

  #remove(identity: QueueIdentity): void {
    const { queue } = identity
    if (this.#stop.signal.aborted) return
    if (this.#removals.has(queue)) {
      this.#lateRemovals.add(queue)
      return
    }
    const removal = this.#endAll(identity).catch((thrown: unknown) => {
      // Stopped in the middle: the document is still there, and the next start goes on.
      const { code } = toAppError(thrown)
      if (!this.#stop.signal.aborted) this.#parts.log.warn('ending deliveries failed', { queue, code })
    })
    this.#removals.set(queue, removal)
    void removal.then(() => this.#removed(queue))
  }

  async #endAll(identity: QueueIdentity): Promise<void> {
    const { queue, bus } = identity
    const dispatcher = this.#dispatchers.get(queue)
    this.#dispatchers.delete(queue)
    if (dispatcher !== undefined) {
      this.#leaving.add(dispatcher)
      await dispatcher.drain()
      this.#leaving.delete(dispatcher)
      await this.#parts.settlements.flush()
      await dispatcher[Symbol.asyncDispose]()
    }
    await this.#parts.logs.open(bus)
    // Asked before the last look into the queue: what comes after it would be seen by nobody.
    const mayBePut = this.#mayBePut(queue)
    const below = this.#targets.has(queue) ? this.#parts.logs.next(bus) : Number.POSITIVE_INFINITY
    await endPending(identity, below, targetRemoved(), this.#parts, this.#stop.signal)
    if (this.#targets.has(queue)) return
    if (mayBePut || this.#mayBePut(queue) || this.#lateRemovals.has(queue)) this.#leftover.add(queue)
    else await this.#register.delete(queue)
  }

  #removed(queue: string): void {
    this.#removals.delete(queue)
    const isLate = this.#lateRemovals.delete(queue)
    if (this.#targets.has(queue)) {
      this.#enter(queue)
      this.#dispatcher(queue)
    } else if (isLate) this.#remove(identityOf(queue))
    else this.#lookAtLeftover()
    this.#parts.dispatchers.onIdle()
  }

  /** Enters the queue of a target in the register early, so that the first deliveries need not wait for it. */
  #enter(queue: string): void {
    if (!this.#isStarted || this.#register.has(queue)) return
    this.#register.add(queue).catch(() => {
      // Stopped. Whoever puts something into the queue waits for the register.
    })
  }
}

function targetsOf(view: BusView): Target[] {
  const targets: Target[] = []
  for (const rule of view.rules.values()) {
    for (const spec of rule.spec.targets) {
      targets.push({ identity: identify(view.account, view.key, rule.name, spec.id), spec })
    }
  }
  return targets
}

/** Settles as the promise does, or rejects with the signal's reason as soon as it aborts. */
async function unlessAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
