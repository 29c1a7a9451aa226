import type { Clock, PluginLog } from '@millrace/spi'
import {
  type Deployment,
  type FunctionView,
  latestVersion,
  type PartView,
  type ScalingSpec,
  type Snapshots,
} from '../../resources/index.ts'
import type { Pool, Pools, Provision } from '../pool/index.ts'
import { type Desired, desiredInstances, isOpen } from './desired.ts'
import { compilePolicies, type Policies } from './policies.ts'
import { track } from './tracking.ts'
import { type CpuMarks, markCpu, type Shares, sharesOf } from './usage-share.ts'

export interface ScalerLimits {
  /** From one look at what is to be kept to the next. */
  readonly turnMs: number
  /** Turns whose mean a tracking policy goes by. */
  readonly turnsPerTracking: number
}

export const defaultScalerLimits: ScalerLimits = { turnMs: 1_000, turnsPerTracking: 10 }

export interface ScalerOptions {
  readonly snapshots: Snapshots
  readonly pools: Pools
  readonly clock: Clock
  readonly limits: ScalerLimits
  readonly log: PluginLog
  /** Called at each turn, for others that have something to do from time to time. */
  readonly onTurn: () => void
}

/** What is kept for one qualifier of a function, and why. */
export interface ScalingStatus extends Desired {
  /** Version that it is kept for. */
  readonly version: string
  /** Instances that serve that version now. */
  readonly serving: number
}

/** What one tracking policy has come to. */
interface Tracked {
  value: number
  sum: number
  samples: number
}

/** Keeps as many instances as scaling settings ask for, looking at them turn by turn. */
export class Scaler implements Disposable {
  readonly #options: ScalerOptions
  readonly #compiled = new WeakMap<ScalingSpec, Policies>()
  /** By function and qualifier, then by name of the policy. */
  #tracked = new Map<string, Map<string, Tracked>>()
  #marks: CpuMarks | undefined
  #turns = 0
  #timer: Disposable | undefined
  #stopped = false

  constructor(options: ScalerOptions) {
    this.#options = options
  }

  start(): void {
    this.#arm()
  }

  /** One look: decides and tells the pools. */
  turn(): void {
    const { snapshots, pools, clock, onTurn } = this.#options
    const nowMs = clock.nowMs()
    this.#turns++
    const wanted = new Map<Deployment, Provision>()
    const tracked = new Map<string, Map<string, Tracked>>()
    const { functions } = snapshots.current()
    const measured: Pool[] = []
    for (const view of functions.values()) {
      for (const part of view.scaling.values()) {
        const deployment = scaledDeployment(view, part.name)
        if (deployment === undefined || view.disabled !== undefined) continue
        const policies = this.#compile(part.spec)
        const values = this.#follow(view, part, deployment, policies, nowMs, measured)
        tracked.set(partKey(view, part), values)
        const { instances } = desiredInstances(policies, part.createdAtMs, plain(values), nowMs)
        add(wanted, deployment, { instances, overflow: policies.overflow })
      }
    }
    this.#tracked = tracked
    this.#marks = measured.length === 0 ? undefined : markCpu(measured, nowMs)
    pools.provide(wanted, functions)
    onTurn()
  }

  /** What is kept for a qualifier; `undefined` when it has no setting, or names no version. */
  status(view: FunctionView, qualifier: string): ScalingStatus | undefined {
    const part = view.scaling.get(qualifier)
    const deployment = scaledDeployment(view, qualifier)
    if (part === undefined || deployment === undefined) return undefined
    const values = plain(this.#tracked.get(partKey(view, part)) ?? new Map<string, Tracked>())
    const policies = this.#compile(part.spec)
    const desired = desiredInstances(policies, part.createdAtMs, values, this.#options.clock.nowMs())
    const pool = this.#poolOf(deployment)
    return { ...desired, version: deployment.version, serving: pool?.serving ?? 0 }
  }

  [Symbol.dispose](): void {
    this.#stopped = true
    this.#timer?.[Symbol.dispose]()
  }

  #arm(): void {
    if (this.#stopped) return
    this.#timer = this.#options.clock.timer(this.#options.limits.turnMs, () => {
      this.turn()
      this.#arm()
    })
  }

  /** What the tracking policies have come to, after what they see now. */
  #follow(
    view: FunctionView,
    part: PartView<ScalingSpec>,
    deployment: Deployment,
    policies: Policies,
    nowMs: number,
    measured: Pool[],
  ): Map<string, Tracked> {
    const before = this.#tracked.get(partKey(view, part))
    const values = new Map<string, Tracked>()
    if (policies.tracking.length === 0) return values
    const pool = this.#poolOf(deployment)
    const kept = pool?.provision.instances ?? 0
    if (pool !== undefined) measured.push(pool)
    const shares = pool && sharesOf(pool, kept, this.#marks, nowMs)
    for (const policy of policies.tracking) {
      // Outside its window a policy forgets: it begins anew with the next.
      if (!isOpen(policy, nowMs)) continue
      const tracked = before?.get(policy.name) ?? { value: policy.instancesMin, sum: 0, samples: 0 }
      values.set(policy.name, tracked)
      sample(tracked, shares, policy.metric)
      if (this.#turns % this.#options.limits.turnsPerTracking !== 0 || tracked.samples === 0) continue
      const share = tracked.sum / tracked.samples
      tracked.value = track(Math.max(kept, share > 0 ? 1 : 0), share, policy)
      tracked.sum = 0
      tracked.samples = 0
    }
    return values
  }

  #poolOf(deployment: Deployment): Pool | undefined {
    const pools = this.#options.pools.find(deployment.functionKey)
    return pools.find(pool => pool.deployment.version === deployment.version)
  }

  /** A setting that cannot be followed keeps its plain minimum. It is refused where it is written. */
  #compile(spec: ScalingSpec): Policies {
    const known = this.#compiled.get(spec)
    if (known !== undefined) return known
    let policies: Policies = {
      instancesMin: spec.instancesMin,
      overflow: spec.overflow,
      schedules: [],
      tracking: [],
    }
    try {
      policies = compilePolicies(spec)
    } catch (cause) {
      this.#options.log.warn('a scaling setting cannot be followed', { cause: String(cause) })
    }
    this.#compiled.set(spec, policies)
    return policies
  }
}

/** What a setting keeps instances of: `LATEST`, or the main version of an alias. */
function scaledDeployment(view: FunctionView, qualifier: string): Deployment | undefined {
  if (qualifier === latestVersion) return view.latest
  const version = view.aliases.get(qualifier)?.spec.version
  return version === undefined ? undefined : view.versions.get(version)?.deployment
}

/** Several qualifiers may lead to one version: each has what it asks for. */
function add(wanted: Map<Deployment, Provision>, deployment: Deployment, provision: Provision): void {
  const before = wanted.get(deployment)
  wanted.set(deployment, {
    instances: (before?.instances ?? 0) + provision.instances,
    overflow: (before?.overflow ?? false) || provision.overflow,
  })
}

function sample(tracked: Tracked, shares: Shares | undefined, metric: keyof Shares): void {
  const share = shares?.[metric]
  if (share === undefined) return
  tracked.sum += share
  tracked.samples++
}

function plain(values: ReadonlyMap<string, Tracked>): Map<string, number> {
  return new Map([...values].map(([name, { value }]) => [name, value]))
}

function partKey(view: FunctionView, part: PartView<ScalingSpec>): string {
  return `${view.key}#${part.name}`
}
