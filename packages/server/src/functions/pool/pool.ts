import type { Clock } from '@millrace/spi'
import type { FunctionView } from '../../resources/index.ts'
import { stopping } from '../errors.ts'
import type { InstanceBudget } from './budget.ts'
import type { Instance, InstanceState } from './instance.ts'
import { StartBreaker } from './start-breaker.ts'
import type { InstanceStarter } from './start.ts'
import { WaitingLine, type WaitingLimits } from './waiting-line.ts'

export interface PoolOptions {
  readonly starter: InstanceStarter
  readonly clock: Clock
  readonly budget: InstanceBudget
  readonly waiting: WaitingLimits
  /** An instance that ran nothing for so long is ended. */
  readonly idleMsMax: number
  /** Called when the budget kept the pool from starting an instance; it is pumped again when there is room. */
  readonly onStarved: (pool: Pool) => void
}

/** A place in an instance. Whoever got one uses it for one invocation or releases it unused. */
export interface Lease {
  readonly instance: Instance
  /** Whether the caller waited for this very instance to start (function-compute section 5.1). */
  readonly coldStart: boolean
  /** Safe to call again. */
  release(): void
}

export interface InstanceStatus {
  readonly id: string
  readonly state: InstanceState
  readonly running: number
  readonly revision: number
  readonly startedAtMs: number
}

interface Member {
  readonly instance: Instance
  readonly revision: number
  readonly startedAtMs: number
  leases: number
  /** Nobody has used it yet. */
  fresh: boolean
  idleSinceMs: number
}

/**
 * The instances of one function. Reuses before it starts, and fills one instance before it takes the next
 * (function-compute section 5.2). Instances of an earlier revision drain and do not count against `instancesMax`.
 */
export class Pool {
  readonly #options: PoolOptions
  readonly #members = new Set<Member>()
  readonly #line: WaitingLine<Lease>
  readonly #stop = new AbortController()
  #breaker = new StartBreaker()
  #view: FunctionView
  #starting = 0
  #startsUnderWay = new Set<Promise<void>>()
  #sweep: Disposable | undefined

  constructor(view: FunctionView, options: PoolOptions) {
    this.#view = view
    this.#options = options
    this.#line = new WaitingLine(view.name, options.clock, options.waiting)
  }

  get view(): FunctionView {
    return this.#view
  }

  get waiting(): number {
    return this.#line.length
  }

  /** The function was changed: what runs goes on on the old code, what comes gets the new. */
  update(view: FunctionView): void {
    if (view.revision === this.#view.revision) return
    this.#view = view
    this.#breaker = new StartBreaker()
    this.#starting = 0
    for (const member of this.#members) if (member.revision !== view.revision) member.instance.drain()
    this.pump()
  }

  /** Waits for a place. `bytes` is the size of the payload that waits with the caller. */
  lease(requestId: string, bytes: number, signal: AbortSignal): Promise<Lease> {
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    if (this.#stop.signal.aborted) return Promise.reject(stopping())
    if (this.#line.length === 0) {
      const member = this.#choose()
      if (member !== undefined) return Promise.resolve(this.#grant(member, false))
    }
    const full = this.#starting === 0 && this.#count() >= this.#view.spec.instancesMax
    const startMsMax = full ? 0 : this.#options.starter.startMsMax(this.#view)
    const place = this.#line.join(requestId, bytes, startMsMax, signal)
    this.pump()
    return place
  }

  /** Serves who waits, and starts instances for those who cannot be served. */
  pump(): void {
    while (this.#line.length > 0) {
      const member = this.#choose()
      if (member === undefined) break
      this.#line.serve(this.#grant(member, member.fresh))
    }
    const { concurrencyPerInstance, instancesMax } = this.#view.spec
    while (this.#line.length > this.#starting * concurrencyPerInstance && this.#count() < instancesMax) {
      const refusal = this.#breaker.refusal(this.#options.clock.nowMs())
      if (refusal !== undefined) {
        if (this.#count() === 0) this.#line.fail(this.#line.length, refusal)
        return
      }
      if (!this.#options.budget.take()) {
        this.#options.onStarved(this)
        return
      }
      this.#begin()
    }
  }

  status(): InstanceStatus[] {
    return [...this.#members].map(({ instance, revision, startedAtMs }) => {
      return { id: instance.id, state: instance.state, running: instance.runningCount, revision, startedAtMs }
    })
  }

  /** When the idle instance that waits longest became idle; `undefined` when none is idle. */
  idleSinceMs(): number | undefined {
    return this.#longestIdle()?.idleSinceMs
  }

  /** Ends the instance that is idle for longest, to make room for another function. */
  endIdle(): void {
    this.#longestIdle()?.instance.drain()
  }

  /** Turns away who waits, lets what runs end until the signal aborts, then kills. */
  async close(signal: AbortSignal): Promise<void> {
    this.#stop.abort(stopping())
    this.#sweep?.[Symbol.dispose]()
    this.#line.fail(this.#line.length, stopping())
    for (const { instance } of this.#members) instance.drain()
    const kill = (): void => {
      for (const { instance } of this.#members) instance.kill()
    }
    if (signal.aborted) kill()
    signal.addEventListener('abort', kill, { once: true })
    await Promise.all(this.#startsUnderWay)
    await Promise.all([...this.#members].map(({ instance }) => instance.gone))
    signal.removeEventListener('abort', kill)
  }

  /** The fullest instance that has room: so the others become idle and end. Those of earlier revisions are draining. */
  #choose(): Member | undefined {
    const { concurrencyPerInstance } = this.#view.spec
    let best: Member | undefined
    for (const member of this.#members) {
      const { state } = member.instance
      if (state !== 'idle' && state !== 'busy') continue
      if (member.leases >= concurrencyPerInstance) continue
      if (best === undefined || member.leases > best.leases) best = member
    }
    return best
  }

  /** Instances that serve the current revision, or are about to. */
  #count(): number {
    let count = this.#starting
    for (const { instance } of this.#members) {
      if (instance.state !== 'draining' && instance.state !== 'gone') count++
    }
    return count
  }

  #grant(member: Member, coldStart: boolean): Lease {
    member.leases++
    member.fresh = false
    let released = false
    const release = (): void => {
      if (released) return
      released = true
      member.leases--
      member.idleSinceMs = this.#options.clock.nowMs()
      if (this.#line.length > 0) this.pump()
      else if (member.leases === 0) this.#armSweep(this.#options.idleMsMax)
    }
    return { instance: member.instance, coldStart, release }
  }

  #begin(): void {
    this.#starting++
    const start = this.#startOne(this.#view).finally(() => this.#startsUnderWay.delete(start))
    this.#startsUnderWay.add(start)
  }

  async #startOne(view: FunctionView): Promise<void> {
    const { starter, clock, budget } = this.#options
    const requestId = this.#line.firstRequestId ?? ''
    try {
      const instance = await starter.start(view, requestId, this.#stop.signal)
      this.#join(view, instance)
    } catch (error) {
      budget.give()
      if (view !== this.#view) return
      this.#starting--
      this.#breaker.failed(error as Error, clock.nowMs())
      this.#line.fail(view.spec.concurrencyPerInstance, error as Error)
    }
    this.pump()
  }

  #join(view: FunctionView, instance: Instance): void {
    const nowMs = this.#options.clock.nowMs()
    const member: Member = {
      instance,
      revision: view.revision,
      startedAtMs: nowMs,
      leases: 0,
      fresh: true,
      idleSinceMs: nowMs,
    }
    this.#members.add(member)
    void instance.gone.then(() => {
      this.#members.delete(member)
      this.#options.budget.give()
      this.pump()
    })
    if (view === this.#view) {
      this.#starting--
      this.#breaker.succeeded()
      this.#armSweep(this.#options.idleMsMax)
    } else instance.drain()
    if (this.#stop.signal.aborted) instance.drain()
  }

  #longestIdle(): Member | undefined {
    let longest: Member | undefined
    for (const member of this.#members) {
      if (member.instance.state !== 'idle' || member.leases > 0) continue
      if (longest === undefined || member.idleSinceMs < longest.idleSinceMs) longest = member
    }
    return longest
  }

  /** One timer for all idle instances: one per invocation would cost more than the sweep. */
  #armSweep(delayMs: number): void {
    if (this.#sweep !== undefined || this.#stop.signal.aborted) return
    this.#sweep = this.#options.clock.timer(delayMs, () => {
      this.#sweep = undefined
      const nowMs = this.#options.clock.nowMs()
      for (;;) {
        const member = this.#longestIdle()
        if (member === undefined) return
        const leftMs = member.idleSinceMs + this.#options.idleMsMax - nowMs
        if (leftMs > 0) {
          this.#armSweep(leftMs)
          return
        }
        member.instance.drain()
      }
    })
  }
}
