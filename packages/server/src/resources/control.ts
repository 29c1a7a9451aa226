import { AppError, type Clock, type Documents, retryNever } from '@millrace/spi'
import { BusState, type BusRecord } from './bus-state.ts'
import { notFound } from './errors.ts'
import type { FunctionSpec } from './function.ts'
import type { AsyncSpec, DomainSpec, LayerSpec, ScalingSpec, TriggerSpec } from './function-parts.ts'
import type { FunctionState } from './function-state.ts'
import type { AccessKeyView } from './identity.ts'
import type { PolicyHost } from './identity-kinds.ts'
import type { InstanceSpec } from './instance.ts'
import { busKey } from './names.ts'
import { type QuotaFace, quotaLimit, type QuotaName, quotaOf } from './quota.ts'
import type { RuleSpec } from './rule.ts'
import type { Secrets } from './secrets.ts'
import {
  type DomainView,
  emptySnapshot,
  type FunctionView,
  type GroupView,
  type InstanceView,
  type LayerView,
  type LogStoreView,
  type PolicyView,
  type QuotaView,
  type QueueView,
  type RoleView,
  type Snapshot,
  type Snapshots,
  type StreamView,
  type TopicView,
  type UserView,
} from './snapshot.ts'
import type { StreamSpec } from './stream.ts'
import type { SubscriptionSpec } from './topic.ts'

/** What the control plane needs of the layers that it must not import. */
export interface ResourcesHost {
  readonly documents: Documents
  readonly clock: Clock
  /** Opens a bus's log; afterwards `nextPosition` answers for it. */
  openLog(bus: string): Promise<void>
  nextPosition(bus: string): number
  /** Position from which events of a bus are still to be routed. */
  routedPosition(bus: string): Promise<number>
  emptyLog(bus: string): Promise<void>
  /** Completes a rule's spec and throws when a target or transform in it cannot be made. */
  checkRule(account: string, spec: RuleSpec): Promise<RuleSpec>
  /** `before` is the function that the spec replaces. */
  checkFunction(account: string, spec: FunctionSpec, before: FunctionView | undefined): Promise<void>
  /** By what values of environments and credentials of callers are sealed in documents. */
  readonly secrets: Secrets
  /** Checks of what functions have besides; without them what the schemas allow is taken as it is. */
  readonly checkParts?: PartChecks
  /** What queues and topics keep elsewhere; without it they keep nothing. */
  readonly messaging?: MessagingHost
  /** What policies may say; without it they are taken as they are. */
  readonly policies?: PolicyHost
  /** Removes all entries of a log store, by its key. */
  emptyLogStore?(key: string): Promise<void>
}

export interface MessagingHost {
  /** Removes all messages of a queue, by its key; nobody receives from it any more. */
  emptyQueue(key: string): Promise<void>
  /** Makes the log that the topics of an account share; afterwards `nextPosition` answers for it. */
  openTopics(account: string): Promise<void>
  /** Position that the next message to a topic of the account will get. */
  nextPosition(account: string): number
  /** Throws when messages could never be pushed there. */
  checkSubscription(account: string, spec: SubscriptionSpec): Promise<void>
}

/** Each throws when the spec could never work. */
export interface PartChecks {
  trigger(account: string, spec: TriggerSpec): Promise<void>
  scaling(account: string, spec: ScalingSpec): Promise<void>
  /** Completes the options of the destinations and seals their secrets. */
  async(account: string, functionName: string, spec: AsyncSpec): Promise<AsyncSpec>
  layer(account: string, spec: LayerSpec): Promise<void>
  domain(account: string, spec: DomainSpec): Promise<void>
  /** Completes the options of the source, sink and dead letter, and seals their secrets. */
  stream(account: string, spec: StreamSpec): Promise<StreamSpec>
  /** Seals the secrets of the options. */
  instance(account: string, spec: InstanceSpec): Promise<InstanceSpec>
}

/** What no account is told of as a quota: how much one function, layer or user may have. */
export interface ResourceLimits {
  readonly versionsPerFunctionMax: number
  readonly aliasesPerFunctionMax: number
  readonly triggersPerFunctionMax: number
  /** Asynchronous settings, and likewise scaling settings, of one function: one for each qualifier. */
  readonly settingsPerFunctionMax: number
  readonly versionsPerLayerMax: number
  readonly keysPerUserMax: number
}

export const defaultResourceLimits: ResourceLimits = {
  versionsPerFunctionMax: 1_000,
  aliasesPerFunctionMax: 1_000,
  triggersPerFunctionMax: 50,
  settingsPerFunctionMax: 1_000,
  versionsPerLayerMax: 100,
  keysPerUserMax: 5,
}

/**
 * What the stores of the kinds share: the state of all buses, functions, layers and domains, one write at a time, and the snapshot that
 * is swapped after each.
 */
export class Control implements Snapshots {
  readonly host: ResourcesHost
  readonly limits: ResourceLimits
  readonly buses: Map<string, BusState> = new Map()
  readonly functions: Map<string, FunctionView> = new Map()
  /** By key of the function; only of those that have any. */
  readonly states: Map<string, FunctionState> = new Map()
  readonly layers: Map<string, LayerView> = new Map()
  /** The greatest version that a layer ever had, by `account/name`. */
  readonly layerCounters: Map<string, number> = new Map()
  readonly domains: Map<string, DomainView> = new Map()
  readonly queues: Map<string, QueueView> = new Map()
  readonly topics: Map<string, TopicView> = new Map()
  readonly streams: Map<string, StreamView> = new Map()
  readonly instances: Map<string, InstanceView> = new Map()
  readonly logStores: Map<string, LogStoreView> = new Map()
  readonly users: Map<string, UserView> = new Map()
  readonly groups: Map<string, GroupView> = new Map()
  readonly roles: Map<string, RoleView> = new Map()
  readonly policies: Map<string, PolicyView> = new Map()
  /** By id. */
  readonly accessKeys: Map<string, AccessKeyView> = new Map()
  /** Those that were set. */
  readonly quotas: Map<string, QuotaView> = new Map()
  private readonly listeners = new Set<(next: Snapshot, previous: Snapshot) => void>()
  private snapshot: Snapshot = emptySnapshot
  private writing: Promise<unknown> = Promise.resolve()

  constructor(host: ResourcesHost, limits: ResourceLimits) {
    this.host = host
    this.limits = limits
  }

  current(): Snapshot {
    return this.snapshot
  }

  subscribe(listener: (next: Snapshot, previous: Snapshot) => void): Disposable {
    this.listeners.add(listener)
    return { [Symbol.dispose]: () => this.listeners.delete(listener) }
  }

  /** Makes the present state the current snapshot and tells the listeners. */
  publish(): void {
    const previous = this.snapshot
    const buses = new Map([...this.buses].map(([key, state]) => [key, state.getView()]))
    this.snapshot = {
      revision: previous.revision + 1,
      buses,
      functions: new Map(this.functions),
      layers: new Map(this.layers),
      domains: new Map(this.domains),
      queues: new Map(this.queues),
      topics: new Map(this.topics),
      streams: new Map(this.streams),
      instances: new Map(this.instances),
      logStores: new Map(this.logStores),
      users: new Map(this.users),
      groups: new Map(this.groups),
      roles: new Map(this.roles),
      policies: new Map(this.policies),
      accessKeys: new Map(this.accessKeys),
      quotas: new Map(this.quotas),
    }
    for (const listener of this.listeners) listener(this.snapshot, previous)
  }

  /** Runs writes one after another; a failed one does not stop the next. */
  exclusive<Result>(write: () => Promise<Result>): Promise<Result> {
    const result = this.writing.then(write)
    this.writing = result.catch(() => {})
    return result
  }

  busState(account: string, name: string): BusState {
    const state = this.buses.get(busKey(account, name))
    if (state === undefined) throw notFound('bus', name)
    return state
  }

  functionView(account: string, name: string): FunctionView {
    const view = this.functions.get(busKey(account, name))
    if (view === undefined) throw notFound('function', name)
    return view
  }

  /** Throws `resource.limit-exceeded` when the account has as much as it may have, by the numbers of this interface. */
  checkQuota(name: QuotaName, account: string, seen: number, face?: QuotaFace): void {
    const limit = quotaLimit(name, this.quotas.get(busKey(account, name))?.spec, face)
    if (seen >= limit) throw quotaExceeded(name, limit, seen)
  }

  /** The same for what is in a map of all accounts. */
  checkRoom(
    name: QuotaName,
    account: string,
    all: ReadonlyMap<string, { readonly account: string }>,
    face?: QuotaFace,
  ): void {
    this.checkQuota(name, account, countOf(account, all.values()), face)
  }

  /** Puts the new view of a function in force. */
  setFunction(view: FunctionView): void {
    this.functions.set(view.key, view)
    this.publish()
  }

  async addBus(account: string, name: string, record: BusRecord): Promise<void> {
    const key = busKey(account, name)
    await this.host.openLog(key)
    this.buses.set(key, new BusState(account, name, key, record))
  }
}

/** Throws `resource.conflict` when a revision was expected and another is there; 0 stands for "none yet". */
export function checkRevision(kind: string, name: string, seen: number, expected: number | undefined): void {
  if (expected === undefined || expected === seen) return
  throw new AppError(
    'resource.conflict',
    `${kind} ${name} has revision ${seen}, not ${expected}`,
    retryNever,
    {
      details: { expected, seen },
    },
  )
}

/** How many of these are the account's. */
export function countOf(account: string, all: Iterable<{ readonly account: string }>): number {
  let count = 0
  for (const one of all) if (one.account === account) count++
  return count
}

export function quotaExceeded(name: QuotaName, limit: number, seen: number): AppError {
  const { of, description } = quotaOf(name)
  const whose = of === undefined ? 'the account' : `the ${of}`
  return new AppError(
    'resource.limit-exceeded',
    `quota ${name}: ${whose} has ${seen}, at most ${limit} are allowed (${description})`,
    retryNever,
    { details: { quota: name, limit, seen } },
  )
}

/** Throws `resource.limit-exceeded` when one more would be too many. */
export function checkCount(what: string, seen: number, limit: number): void {
  if (seen < limit) return
  throw new AppError(
    'resource.limit-exceeded',
    `there are ${seen} ${what} already, at most ${limit} are allowed`,
    retryNever,
    {
      details: { limit, seen },
    },
  )
}
