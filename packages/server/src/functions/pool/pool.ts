import type { Clock } from '@millrace/spi'
import type { Deployment } from '../../resources/index.ts'
import { stopping, throttled } from '../errors.ts'
import { CrashBrake } from './crash-brake.ts'
import type { Instance, InstanceState } from './instance.ts'
import { sameMakeup } from './makeup.ts'
import { fullestWithRoom, isServing, longestIdle, type Member } from './members.ts'
import type { Room } from './room.ts'
import { StartBreaker } from './start-breaker.ts'
import type { InstanceStarter, StartedInstance, StartPhases } from './start.ts'
import { WaitingLine, type WaitingLimits } from './waiting-line.ts'

export interface PoolOptions {
  readonly starter: InstanceStarter
  readonly clock: Clock
  readonly room: Room
  readonly waiting: WaitingLimits
  /** An instance that ran nothing for so long is ended, unless the function says otherwise. */
  readonly idleMsMax: number
}

/** A place in an instance. Whoever got one uses it for one invocation or releases it unused. */
export interface Lease {
  readonly instance: Instance
  /** Whether the caller waited for this very instance to start (function-compute section 5.1). */
  readonly coldStart: boolean
  /** Of that start. */
  readonly phases: StartPhases | undefined
  /** Safe to call again. */
  readonly release: () => void
}

export interface InstanceStatus {
  readonly id: string
  readonly state: InstanceState
  readonly running: number
  /** `LATEST` or a number. */
  readonly version: string
  readonly revision: number
  readonly startedAtMs: number
}

/** How many instances are kept whatever the load (function-compute section 5.6). */
export interface Provision {
  readonly instances: number
  /** Whether more may start under load. */
  readonly overflow: boolean
}

export const noProvision: Provision = { instances: 0, overflow: true }

/** When to come again, told to callers of a function that may have no instances at all. */
const noInstancesDelayMs = 60_000

/**
 * The instances of one deployment of a function. Reuses before it starts, and fills one instance before it takes the
 * next (function-compute section 5.2). Instances of an earlier make-up drain and count against no limit of the function.
 */
export class Pool {
  readonly #options: PoolOptions
  readonly #members = new Set<Member>()
  readonly #line: WaitingLine<Lease>
  readonly #stop = new AbortController()
  readonly #startsUnderWay = new Set<Promise<void>>()
  #breaker = new StartBreaker()
  #brake = new CrashBrake()
  #released: Disposable | undefined
  #deployment: Deployment
  #generation = 1
  #provision = noProvision
  #starting = 0
  #sweep: Disposable | undefined

  constructor(deployment: Deployment, options: PoolOptions) {
    this.#deployment = deployment
    this.#options = options
    this.#line = new WaitingLine(deployment.name, options.clock, options.waiting)
  }

  get deployment(): Deployment {
    return this.#deployment
  }

  get waiting(): number {
    return this.#line.length
  }

  get provision(): Provision {
    return this.#provision
  }

  /** Instances that serve, or are about to. */
  get serving(): number {
    let count = this.#starting
    for (const member of this.#members) if (isServing(member)) count++
    return count
  }

  /** Invocations that hold a place. */
  get leased(): number {
    let count = 0
    for (const member of this.#members) count += member.leases
    return count
  }

  /** Its instances, for who measures them. */
  instances(): Instance[] {
    return [...this.#members].filter(isServing).map(({ instance }) => instance)
  }

  /** The function was changed: what runs goes on on the old code, what comes gets the new. */
  update(deployment: Deployment): void {
    const before = this.#deployment
    if (deployment === before) return
    this.#deployment = deployment
    if (!sameMakeup(before, deployment)) {
      this.#generation++
      this.#breaker = new StartBreaker()
      this.#brake = new CrashBrake()
      this.#starting = 0
      for (const member of this.#members) dismiss(member)
    }
    this.pump()
  }

  /** Sets what is kept whatever the load; what was kept beyond that, and has nothing to do, ends at once. */
  provide(provision: Provision): void {
    const surplus = Math.min(this.#provision.instances - provision.instances, this.serving)
    this.#provision = provision
    for (let count = 0; count < surplus && this.serving > provision.instances; count++) this.endIdle()
    this.pump()
  }

  /** A place that is free now; `undefined` when there is none, or others wait for it. */
  tryLease(): Lease | undefined {
    if (this.#line.length > 0 || this.#stop.signal.aborted) return undefined
    const member = this.#withRoom()
    return member === undefined ? undefined : this.#grant(member, false)
  }

  /** Where no well instance has room and no further one may start, one that is not well: it refuses with the reason. */
  #withRoom(): Member | undefined {
    const { concurrencyPerInstance } = this.#deployment.spec
    const found = fullestWithRoom(this.#members, concurrencyPerInstance)
    if (found !== undefined || this.#starting > 0 || this.serving < this.#limit()) return found
    return fullestWithRoom(this.#members, concurrencyPerInstance, false)
  }

  /** Waits for a place. `bytes` is the size of the payload that waits with the caller. */
  lease(requestId: string, bytes: number, signal: AbortSignal): Promise<Lease> {
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    if (this.#stop.signal.aborted) return Promise.reject(stopping())
    const free = this.tryLease()
    if (free !== undefined) return Promise.resolve(free)
    if (this.#limit() === 0) {
      return Promise.reject(throttled(this.#deployment.name, 'it may have no instances', noInstancesDelayMs))
    }
    const full = this.#starting === 0 && !(this.serving < this.#limit() && this.#options.room.open(this))
    const startMsMax = full ? 0 : this.#options.starter.startMsMax(this.#deployment)
    const place = this.#line.join(requestId, bytes, startMsMax, signal)
    this.pump()
    return place
  }

  /** Serves who waits, and starts instances for those who cannot be served, and those that are to be kept. */
  pump(): void {
    if (this.#stop.signal.aborted) return
    while (this.#line.length > 0) {
      const member = this.#withRoom()
      if (member === undefined) break
      this.#line.serve(this.#grant(member, member.fresh))
    }
    while (this.#wantsMore()) {
      const { clock, room } = this.#options
      const refusal = this.#breaker.refusal(clock.nowMs())
      if (refusal !== undefined) {
        if (this.serving === 0) this.#line.fail(this.#line.length, refusal)
        return
      }
      if (this.#isBraked()) return
      const verdict = room.take(this)
      if (verdict === 'too-fast') this.#turnAway()
      if (verdict !== 'granted') return
      this.#begin()
    }
  }

  status(): InstanceStatus[] {
    const { version } = this.#deployment
    return [...this.#members].map(({ instance, revision, startedAtMs }) => {
      const { id, state, runningCount: running } = instance
      return { id, state, running, version, revision, startedAtMs }
    })
  }

  /** When the instance became idle that would be ended first; `undefined` when none may be. */
  idleSinceMs(): number | undefined {
    if (this.serving <= this.#provision.instances) return undefined
    return longestIdle(this.#members)?.idleSinceMs
  }

  /** Ends the instance that is idle for longest. */
  endIdle(): void {
    const member = longestIdle(this.#members)
    if (member !== undefined) dismiss(member)
  }

  /** Turns away who waits, lets what runs end until the signal aborts, then kills. */
  async close(signal: AbortSignal): Promise<void> {
    this.#stop.abort(stopping())
    this.#sweep?.[Symbol.dispose]()
    this.#released?.[Symbol.dispose]()
    this.#line.fail(this.#line.length, stopping())
    for (const member of this.#members) dismiss(member)
    const kill = (): void => {
      for (const { instance } of this.#members) instance.kill()
    }
    if (signal.aborted) kill()
    signal.addEventListener('abort', kill, { once: true })
    await Promise.all(this.#startsUnderWay)
    await Promise.all([...this.#members].map(({ instance }) => instance.gone))
    signal.removeEventListener('abort', kill)
  }

  #wantsMore(): boolean {
    const { concurrencyPerInstance } = this.#deployment.spec
    if (this.serving < this.#provision.instances) return true
    return this.#line.length > this.#starting * concurrencyPerInstance && this.serving < this.#limit()
  }

  /** Instances that the pool may have, were it the only one of its function. */
  #limit(): number {
    const { instances, overflow } = this.#provision
    const limit = this.#options.room.limit(this)
    return overflow ? limit : Math.min(limit, instances)
  }

  /** Those for whom no instance is starting, and none may. */
  #turnAway(): void {
    const served = this.#starting * this.#deployment.spec.concurrencyPerInstance
    const error = throttled(
      this.#deployment.name,
      'instances may not start so quickly',
      this.#options.room.waitMs(),
    )
    this.#line.failLast(this.#line.length - served, error)
  }

  #grant(member: Member, coldStart: boolean): Lease {
    member.leases++
    member.granted++
    member.fresh = false
    let released = false
    const release = (): void => {
      if (released) return
      released = true
      member.leases--
      member.idleSinceMs = this.#options.clock.nowMs()
      if (this.#line.length > 0) this.pump()
      if (member.leases === 0) this.#rest(member)
    }
    return { instance: member.instance, coldStart, phases: coldStart ? member.phases : undefined, release }
  }

  #rest({ instance }: Member): void {
    this.#options.room.idle(this)
    instance.rest()
    this.#armSweep(this.#idleMs())
  }

  /** Whether the next start has to wait; then it is tried again when it need not. */
  #isBraked(): boolean {
    const { clock } = this.#options
    const waitMs = this.#brake.waitMs(clock.nowMs())
    if (waitMs === 0) return false
    this.#released ??= clock.timer(waitMs, () => {
      this.#released = undefined
      this.pump()
    })
    return true
  }

  #onGone(member: Member): void {
    this.#members.delete(member)
    if (member.generation !== this.#generation) return
    // All that it was given may have run at once when it ended.
    const served = member.granted > this.#deployment.spec.concurrencyPerInstance
    if (member.dismissed || served) this.#brake.served()
    else this.#brake.crashed(this.#options.clock.nowMs())
  }

  #begin(): void {
    this.#starting++
    const start = this.#startOne(this.#deployment, this.#generation)
    this.#startsUnderWay.add(start)
    void start.finally(() => this.#startsUnderWay.delete(start))
  }

  async #startOne(deployment: Deployment, generation: number): Promise<void> {
    const { starter, clock, room } = this.#options
    const requestId = this.#line.firstRequestId ?? ''
    try {
      const started = await starter.start(deployment, requestId, this.#stop.signal)
      this.#join(deployment, generation, started)
    } catch (error) {
      if (generation === this.#generation) {
        this.#starting--
        this.#breaker.failed(error as Error, clock.nowMs())
        this.#line.fail(deployment.spec.concurrencyPerInstance, error as Error)
      }
      room.give(this)
    }
    this.pump()
  }

  #join(deployment: Deployment, generation: number, { instance, phases }: StartedInstance): void {
    const nowMs = this.#options.clock.nowMs()
    const member: Member = {
      instance,
      phases,
      generation,
      revision: deployment.revision,
      startedAtMs: nowMs,
      leases: 0,
      granted: 0,
      fresh: true,
      idleSinceMs: nowMs,
      dismissed: false,
    }
    this.#members.add(member)
    void instance.gone.then(() => {
      this.#onGone(member)
      this.#options.room.give(this)
      this.pump()
    })
    if (generation === this.#generation) {
      this.#starting--
      this.#breaker.succeeded()
      if (this.#line.length === 0) this.#rest(member)
      else this.#armSweep(this.#idleMs())
    } else dismiss(member)
    if (this.#stop.signal.aborted) dismiss(member)
  }

  #idleMs(): number {
    return this.#deployment.spec.idleMs ?? this.#options.idleMsMax
  }

  /** One timer for all idle instances: one per invocation would cost more than the sweep. */
  #armSweep(delayMs: number): void {
    if (this.#sweep !== undefined || this.#stop.signal.aborted) return
    this.#sweep = this.#options.clock.timer(delayMs, () => {
      this.#sweep = undefined
      const nowMs = this.#options.clock.nowMs()
      for (;;) {
        const sinceMs = this.idleSinceMs()
        if (sinceMs === undefined) return
        const leftMs = sinceMs + this.#idleMs() - nowMs
        if (leftMs > 0) {
          this.#armSweep(leftMs)
          return
        }
        this.endIdle()
      }
    })
  }
}

/** The pool has no more use for it. */
function dismiss(member: Member): void {
  member.dismissed = true
  member.instance.drain()
}
