import type { Clock } from '@millrace/spi'
import type { FunctionView } from '../../resources/index.ts'
import { stopping } from '../errors.ts'
import { InstanceBudget } from './budget.ts'
import { Pool } from './pool.ts'
import type { InstanceStarter } from './start.ts'
import { defaultWaitingLimits, type WaitingLimits } from './waiting-line.ts'

export interface PoolsLimits {
  /** Instances of all functions together. */
  readonly instancesMax: number
  readonly waiting: WaitingLimits
  readonly idleMsMax: number
}

export const defaultPoolsLimits: PoolsLimits = {
  instancesMax: 100,
  waiting: defaultWaitingLimits,
  idleMsMax: 120_000,
}

/** The pools of all functions, each made with the first invocation. */
export class Pools {
  readonly #starter: InstanceStarter
  readonly #onGone: (key: string) => void
  readonly #clock: Clock
  readonly #limits: PoolsLimits
  readonly #budget: InstanceBudget
  readonly #pools = new Map<string, Pool>()
  /** Pools of functions that were deleted, until their instances have ended. */
  readonly #closing = new Set<Promise<void>>()
  readonly #forced = new AbortController()
  /** In the order in which they found no room. */
  readonly #starved = new Set<Pool>()
  #closed = false

  /** `onGone` is called with the key of a deleted function when its last instance has ended. */
  constructor(starter: InstanceStarter, clock: Clock, limits: PoolsLimits, onGone: (key: string) => void) {
    this.#starter = starter
    this.#onGone = onGone
    this.#clock = clock
    this.#limits = limits
    this.#budget = new InstanceBudget(limits.instancesMax, () => this.#feed())
  }

  get instances(): number {
    return this.#budget.used
  }

  /** The pool of the function as it is now. Throws `function.closed` once `close` was called. */
  of(view: FunctionView): Pool {
    if (this.#closed) throw stopping()
    const found = this.#pools.get(view.key)
    if (found !== undefined) {
      found.update(view)
      return found
    }
    const pool = new Pool(view, {
      starter: this.#starter,
      clock: this.#clock,
      budget: this.#budget,
      waiting: this.#limits.waiting,
      idleMsMax: this.#limits.idleMsMax,
      onStarved: starved => this.#onStarved(starved),
    })
    this.#pools.set(view.key, pool)
    return pool
  }

  find(key: string): Pool | undefined {
    return this.#pools.get(key)
  }

  /** Follows a new snapshot: changed functions drain what runs their old form, deleted ones end. */
  follow(functions: ReadonlyMap<string, FunctionView>): void {
    for (const [key, pool] of this.#pools) {
      const view = functions.get(key)
      if (view !== undefined) pool.update(view)
      else {
        this.#pools.delete(key)
        this.#starved.delete(pool)
        const closing = pool.close(this.#forced.signal).finally(() => {
          this.#closing.delete(closing)
          if (!this.#pools.has(key)) this.#onGone(key)
        })
        this.#closing.add(closing)
      }
    }
  }

  /** Ends all instances; those that still run when the signal aborts are killed. */
  async close(signal: AbortSignal): Promise<void> {
    this.#closed = true
    const force = (): void => this.#forced.abort()
    if (signal.aborted) force()
    signal.addEventListener('abort', force, { once: true })
    this.follow(new Map())
    await Promise.all(this.#closing)
    signal.removeEventListener('abort', force)
  }

  /** Ends the longest idle instance of another function; its place goes to the first that starved. */
  #onStarved(pool: Pool): void {
    this.#starved.add(pool)
    let longest: Pool | undefined
    for (const candidate of this.#pools.values()) {
      const sinceMs = candidate.idleSinceMs()
      if (candidate === pool || sinceMs === undefined) continue
      if (longest === undefined || sinceMs < (longest.idleSinceMs() ?? sinceMs)) longest = candidate
    }
    longest?.endIdle()
  }

  #feed(): void {
    for (const pool of this.#starved) {
      this.#starved.delete(pool)
      pool.pump()
      if (this.#budget.used >= this.#limits.instancesMax) return
    }
  }
}
