import { isDeepStrictEqual } from 'node:util'
import type { Clock, Documents, PluginLog } from '@millrace/spi'
import { toAppError } from '@millrace/spi'
import type { EventLogs } from '../eventlog/index.ts'
import type { BusView, Snapshot, TargetSpec } from '../resources/index.ts'
import { Dispatcher, type DispatcherParts } from './dispatcher.ts'
import { targetNotFound, targetRemoved } from './errors.ts'
import { identify, identityOf, type QueueIdentity } from './identity.ts'
import type { Candidate } from './loader.ts'
import { endPending, type RemovalParts } from './removal.ts'
import { repeatUntilDone } from './repeat.ts'

export interface TargetsParts extends RemovalParts {
  readonly dispatchers: DispatcherParts
  readonly documents: Documents
  readonly logs: EventLogs
  readonly clock: Clock
  readonly log: PluginLog
  /** Whether a rule that is in force, though no snapshot has shown it yet, has the target of this queue. */
  isComing(queue: string): boolean
}

/** Prefix of the documents that name the queues of targets which exist, or whose deliveries are still to be ended. */
const registryPrefix = 'delivery/queue/'
const pageSize = 1_000

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
 * Queues cannot be listed in storage, so each target has a document with the name of its queue, written before anything
 * is put into it: after a crash in the middle of a deletion its deliveries are found and ended.
 */
export class Targets {
  readonly #parts: TargetsParts
  readonly #targets = new Map<string, Target>()
  readonly #dispatchers = new Map<string, Dispatcher>()
  readonly #removals = new Map<string, Promise<void>>()
  /** Queues that were put into while they were being cleared: they are cleared once more. */
  readonly #lateRemovals = new Set<string>()
  /** Queues with deliveries of rules that no snapshot has shown yet. */
  readonly #early = new Set<string>()
  #earlyTimer: Disposable | undefined
  readonly #holds = new Map<string, number>()
  readonly #registered = new Set<string>()
  readonly #stop = new AbortController()
  readonly #restartedBelow = new Map<string, number>()
  #isStarted = false

  constructor(parts: TargetsParts) {
    this.#parts = parts
  }

  get isIdle(): boolean {
    if (this.#removals.size > 0) return false
    for (const dispatcher of this.#dispatchers.values()) if (!dispatcher.isIdle) return false
    return true
  }

  /** Takes up what the process before has left. */
  async start(snapshot: Snapshot): Promise<void> {
    let after: string | undefined
    for (;;) {
      const options = after === undefined ? { limit: pageSize } : { after, limit: pageSize }
      const page = await this.#parts.documents.list(registryPrefix, options)
      for (const { key } of page) this.#registered.add(key.slice(registryPrefix.length))
      after = page.at(-1)?.key
      if (page.length < pageSize) break
    }
    for (const view of snapshot.buses.values()) {
      await this.#parts.logs.open(view.key)
      this.#restartedBelow.set(view.key, this.#parts.logs.next(view.key))
    }
    this.#isStarted = true
    this.follow(snapshot, undefined)
    for (const queue of new Set([...this.#registered, ...this.#targets.keys()])) {
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
    await Promise.all([...this.#dispatchers.values()].map(dispatcher => dispatcher.drain()))
  }

  async abort(): Promise<void> {
    await Promise.all([...this.#dispatchers.values()].map(dispatcher => dispatcher.abort()))
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
      else if (this.#parts.isComing(queue)) this.#awaitRule(queue)
      else this.#remove(identityOf(queue))
    }
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
      this.#register(identity.queue)
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
      await dispatcher.drain()
      await this.#parts.settlements.flush()
      await dispatcher[Symbol.asyncDispose]()
    }
    await this.#parts.logs.open(bus)
    const below = this.#targets.has(queue) ? this.#parts.logs.next(bus) : Number.POSITIVE_INFINITY
    await endPending(identity, below, targetRemoved(), this.#parts, this.#stop.signal)
    if (this.#targets.has(queue)) return
    await this.#repeat(() => this.#parts.documents.delete(registryPrefix + queue), queue)
    this.#registered.delete(queue)
  }

  #removed(queue: string): void {
    this.#removals.delete(queue)
    const isLate = this.#lateRemovals.delete(queue)
    if (!this.#targets.has(queue) && isLate) {
      this.#register(queue)
      this.#remove(identityOf(queue))
    } else if (this.#targets.has(queue)) {
      this.#register(queue)
      this.#dispatcher(queue)
    }
    this.#parts.dispatchers.onIdle()
  }

  /** Writes the document of a queue. It precedes every delivery, since writes become durable in their order. */
  #register(queue: string): void {
    if (this.#registered.has(queue) || !this.#isStarted) return
    const { rule, target } = identityOf(queue)
    this.#registered.add(queue)
    const put = (): Promise<number> => this.#parts.documents.put(registryPrefix + queue, { rule, target })
    this.#repeat(put, queue).catch(() => {
      // Stopped. The next start registers what is not registered yet.
      this.#registered.delete(queue)
    })
  }

  #repeat<Result>(work: () => Promise<Result>, queue: string): Promise<Result> {
    return repeatUntilDone(work, this.#parts.clock, this.#stop.signal, ({ code }) => {
      this.#parts.log.warn('keeping the register of queues failed; it will be repeated', { queue, code })
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
