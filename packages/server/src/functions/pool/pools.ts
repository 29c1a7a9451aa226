import type { Clock } from '@millrace/spi'
import type { Deployment, FunctionView } from '../../resources/index.ts'
import { stopping } from '../errors.ts'
import { InstanceBudget } from './budget.ts'
import { defaultGrowthLimits, Growth, type GrowthLimits } from './growth.ts'
import { noProvision, Pool, type Provision } from './pool.ts'
import type { Room, RoomVerdict } from './room.ts'
import type { InstanceStarter } from './start.ts'
import { defaultWaitingLimits, type WaitingLimits } from './waiting-line.ts'

export interface PoolsLimits {
  /** Instances of all functions together. */
  readonly instancesMax: number
  readonly waiting: WaitingLimits
  readonly idleMsMax: number
  readonly growth: GrowthLimits
  /** Instances of all functions of an account. Default: as many as there are. */
  readonly accountInstancesMax?: (account: string) => number
}

export const defaultPoolsLimits: PoolsLimits = {
  instancesMax: 100,
  waiting: defaultWaitingLimits,
  idleMsMax: 120_000,
  growth: defaultGrowthLimits,
}

/** What pools give up for others: processes that wait for a function to serve. */
export interface Surplus {
  /** Ends one; false when there is none. Its room is free at once. */
  giveUp(): boolean
}

/** The pools of one function, one for each form of it that was called. */
interface Family {
  readonly pools: Map<string, Pool>
  /** Instances that they may have together. */
  instancesMax: number
}

/** The pools of all functions, each made with the first invocation. */
export class Pools {
  readonly #starter: InstanceStarter
  readonly #onGone: (key: string) => void
  readonly #clock: Clock
  readonly #limits: PoolsLimits
  readonly #budget: InstanceBudget
  readonly #growth: Growth
  readonly #families = new Map<string, Family>()
  /** Pools of what was deleted, until their instances have ended. */
  readonly #closing = new Set<Promise<void>>()
  readonly #forced = new AbortController()
  /** In the order in which they found no room. */
  readonly #starved = new Set<Pool>()
  readonly #room: Room
  #surplus: Surplus = { giveUp: () => false }
  #closed = false

  /** `onGone` is called with the key of a deleted function when its last instance has ended. */
  constructor(starter: InstanceStarter, clock: Clock, limits: PoolsLimits, onGone: (key: string) => void) {
    this.#starter = starter
    this.#onGone = onGone
    this.#clock = clock
    this.#limits = limits
    this.#budget = new InstanceBudget(limits.instancesMax)
    this.#growth = new Growth(limits.growth)
    this.#room = {
      limit: pool => this.#families.get(pool.deployment.functionKey)?.instancesMax ?? 0,
      open: pool => this.#isOpen(pool),
      take: pool => this.#take(pool),
      give: pool => {
        this.#budget.give(pool.deployment.functionKey)
        this.#feed()
      },
      idle: pool => this.#onIdle(pool),
      waitMs: () => this.#growth.waitMs(clock.nowMs()),
    }
  }

  /** Instances of all functions, and processes that wait for one. */
  get instances(): number {
    return this.#budget.used
  }

  /** Whether the server and the account have room for one more instance of the function, whatever the function may have. */
  hasRoomFor(pool: Pool): boolean {
    const { account, functionKey } = pool.deployment
    return !this.#isAccountFull(account) && this.#budget.canTake(functionKey)
  }

  /** Room for a process that waits for a function; not the last that there is, and none while functions lack it. */
  takeSpareRoom(): boolean {
    return !this.#closed && this.#starved.size === 0 && this.#budget.takeSpare()
  }

  giveSpareRoom(): void {
    this.#budget.giveSpare()
  }

  /** What is given up first when there is no room. */
  useSurplus(surplus: Surplus): void {
    this.#surplus = surplus
  }

  /** The pool of this form of the function. Throws `function.closed` once `close` was called. */
  of(view: FunctionView, deployment: Deployment): Pool {
    if (this.#closed) throw stopping()
    const family = this.#familyOf(view)
    const found = family.pools.get(deployment.key)
    if (found !== undefined) {
      if (found.deployment !== deployment) found.update(deployment)
      return found
    }
    const { waiting, idleMsMax } = this.#limits
    const pool = new Pool(deployment, {
      starter: this.#starter,
      clock: this.#clock,
      room: this.#room,
      waiting,
      idleMsMax,
    })
    family.pools.set(deployment.key, pool)
    return pool
  }

  /** The pools of one function, of those of its forms that were called. */
  find(functionKey: string): Pool[] {
    return [...(this.#families.get(functionKey)?.pools.values() ?? [])]
  }

  /** All pools. */
  *all(): Iterable<Pool> {
    for (const { pools } of this.#families.values()) yield* pools.values()
  }

  /**
   * Sets what is kept whatever the load, by key of the deployment; nothing where nothing is said. Makes the pools that
   * do not exist yet.
   */
  provide(wanted: ReadonlyMap<Deployment, Provision>, functions: ReadonlyMap<string, FunctionView>): void {
    if (this.#closed) return
    for (const pool of this.all()) {
      if (!wanted.has(pool.deployment) && pool.provision !== noProvision) pool.provide(noProvision)
    }
    for (const [deployment, provision] of wanted) {
      const view = functions.get(deployment.functionKey)
      if (view !== undefined) this.of(view, deployment).provide(provision)
    }
  }

  /** Follows a new snapshot: changed functions drain what runs their old form, deleted ones and versions end. */
  follow(functions: ReadonlyMap<string, FunctionView>): void {
    this.#budget.reserve(reservations(functions))
    for (const [key, family] of this.#families) {
      const view = functions.get(key)
      if (view !== undefined) family.instancesMax = instancesMax(view)
      for (const [poolKey, pool] of family.pools) {
        const deployment = view && deploymentNow(view, pool.deployment)
        if (deployment !== undefined) pool.update(deployment)
        else this.#retire(family, key, poolKey, pool)
      }
      if (view === undefined) this.#families.delete(key)
    }
    // The account may have more now.
    if (!this.#closed) this.#feed()
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

  #retire(family: Family, functionKey: string, poolKey: string, pool: Pool): void {
    family.pools.delete(poolKey)
    this.#starved.delete(pool)
    const closing = pool.close(this.#forced.signal).finally(() => {
      this.#closing.delete(closing)
      if (!this.#families.has(functionKey)) this.#onGone(functionKey)
    })
    this.#closing.add(closing)
  }

  #familyOf(view: FunctionView): Family {
    const found = this.#families.get(view.key)
    if (found !== undefined) return found
    const family: Family = { pools: new Map(), instancesMax: instancesMax(view) }
    this.#families.set(view.key, family)
    return family
  }

  #isAccountFull(account: string): boolean {
    const { accountInstancesMax } = this.#limits
    return (
      accountInstancesMax !== undefined && this.#budget.usedByAccount(account) >= accountInstancesMax(account)
    )
  }

  #isOpen(pool: Pool): boolean {
    const family = this.#families.get(pool.deployment.functionKey)
    if (family === undefined) return false
    let serving = 0
    for (const sibling of family.pools.values()) serving += sibling.serving
    return serving < family.instancesMax
  }

  #take(pool: Pool): RoomVerdict {
    const { functionKey } = pool.deployment
    const siblings = this.#families.get(functionKey)?.pools.values() ?? []
    // A drained instance leaves its place in the function at once.
    if (!this.#isOpen(pool)) endLongestIdle(siblings, pool)
    if (!this.#isOpen(pool)) {
      this.#starved.add(pool)
      return 'function-full'
    }
    const { account } = pool.deployment
    if (this.#isAccountFull(account)) {
      this.#starved.add(pool)
      const own = [...this.all()].filter(({ deployment }) => deployment.account === account)
      endLongestIdle(own, pool)
      return 'account-full'
    }
    if (!this.#budget.canTake(functionKey)) this.#surplus.giveUp()
    if (!this.#budget.canTake(functionKey)) {
      this.#starved.add(pool)
      endLongestIdle(this.all(), pool)
      return 'server-full'
    }
    if (!this.#growth.take(this.#clock.nowMs())) return 'too-fast'
    this.#budget.take(functionKey)
    return 'granted'
  }

  /** An idle instance is of more use to a function that has none. */
  #onIdle(pool: Pool): void {
    if (this.#starved.size === 0) return
    const waiting = [...this.#starved]
    for (const starved of waiting) {
      if (starved === pool) continue
      this.#starved.delete(starved)
      starved.pump()
    }
  }

  #feed(): void {
    // Who finds no room again joins the set again.
    const waiting = [...this.#starved]
    for (const pool of waiting) {
      this.#starved.delete(pool)
      pool.pump()
    }
  }
}

function endLongestIdle(pools: Iterable<Pool>, spared: Pool): void {
  let longest: Pool | undefined
  let longestMs = Number.POSITIVE_INFINITY
  for (const pool of pools) {
    const sinceMs = pool === spared ? undefined : pool.idleSinceMs()
    if (sinceMs === undefined || sinceMs >= longestMs) continue
    longest = pool
    longestMs = sinceMs
  }
  longest?.endIdle()
}

/** Instances that all versions of a function may have together (function-compute section 5.5). */
function instancesMax(view: FunctionView): number {
  return view.reservedInstances ?? view.spec.instancesMax
}

function reservations(functions: ReadonlyMap<string, FunctionView>): Map<string, number> {
  const reserved = new Map<string, number>()
  for (const { key, reservedInstances } of functions.values()) {
    if (reservedInstances !== undefined) reserved.set(key, reservedInstances)
  }
  return reserved
}

/** The same form of the function as it is now; `undefined` when it was deleted. */
function deploymentNow(view: FunctionView, before: Deployment): Deployment | undefined {
  return before.version === view.latest.version ? view.latest : view.versions.get(before.version)?.deployment
}
