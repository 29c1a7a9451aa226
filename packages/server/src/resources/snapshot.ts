import type { Matcher } from '@millrace/pattern'
import type { BusSpec } from './bus.ts'
import type { FunctionSpec } from './function.ts'
import type {
  AliasSpec,
  AsyncSpec,
  DomainSpec,
  LayerSpec,
  ScalingSpec,
  TriggerSpec,
} from './function-parts.ts'
import type { AccessKeyView, GroupSpec, PolicySpec, RoleSpec, UserSpec } from './identity.ts'
import type { InstanceSpec } from './instance.ts'
import type { LogStoreSpec } from './log-store.ts'
import type { QueueSpec } from './queue.ts'
import type { QuotaSpec } from './quota.ts'
import type { RuleSpec } from './rule.ts'
import type { SubscriptionSpec, TopicSpec } from './topic.ts'
import type { StreamSpec } from './stream.ts'

/**
 * A rule as it stood between two positions of its bus. Routing an event at position p asks the versions with
 * `from <= p < until`: every event meets the rules that were live when it was accepted, however late it is routed.
 */
export interface RuleVersion {
  readonly account: string
  readonly bus: string
  readonly rule: string
  readonly spec: RuleSpec
  readonly from: number
  /** `Infinity` for the version that is live now. */
  readonly until: number
}

/** A rule as it is now. */
export interface RuleView {
  readonly name: string
  readonly spec: RuleSpec
  readonly revision: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface BusView {
  readonly account: string
  readonly name: string
  /** `account/name`; also the name of the log. */
  readonly key: string
  readonly spec: BusSpec
  readonly revision: number
  readonly createdAtMs: number
  readonly rules: ReadonlyMap<string, RuleView>
  /** Finds the versions, live or past but still needed, whose pattern matches. Filter by position afterwards. */
  readonly matcher: Pick<Matcher<RuleVersion>, 'match' | 'size'>
  /** All those versions, for explanations. */
  versions(): Iterable<RuleVersion>
}

/**
 * One form of a function that can run: `LATEST` or a published version. What pools are made for. The same object stays
 * as long as nothing of it changes.
 */
export interface Deployment {
  readonly account: string
  /** Of the function. */
  readonly name: string
  /** `account/name` of the function. */
  readonly functionKey: string
  /** `account/name@version`. */
  readonly key: string
  /** `LATEST` or a number. */
  readonly version: string
  readonly spec: FunctionSpec
  /** Grows with each change of `LATEST`; 1 for good for a published version. */
  readonly revision: number
}

/** A published version: immutable. */
export interface VersionView {
  readonly version: string
  readonly description: string
  readonly createdAtMs: number
  readonly deployment: Deployment
}

/** A named part of a function: alias, trigger, asynchronous or scaling setting. */
export interface PartView<Spec> {
  readonly name: string
  readonly spec: Spec
  readonly revision: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface FunctionView {
  readonly account: string
  readonly name: string
  /** `account/name`. */
  readonly key: string
  /** Of `LATEST`. */
  readonly spec: FunctionSpec
  readonly revision: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly latest: Deployment
  /** By number, as a string. */
  readonly versions: ReadonlyMap<string, VersionView>
  readonly aliases: ReadonlyMap<string, PartView<AliasSpec>>
  readonly triggers: ReadonlyMap<string, PartView<TriggerSpec>>
  /** By qualifier. */
  readonly async: ReadonlyMap<string, PartView<AsyncSpec>>
  /** By qualifier: `LATEST` or an alias. */
  readonly scaling: ReadonlyMap<string, PartView<ScalingSpec>>
  /** Instances of all versions together, kept for this function and its limit; `undefined` when it has none. */
  readonly reservedInstances: number | undefined
  /** Why nobody may call it; `undefined` when everybody may. */
  readonly disabled: string | undefined
}

/** One version of a layer. */
export interface LayerView {
  readonly account: string
  readonly name: string
  readonly version: number
  readonly spec: LayerSpec
  readonly createdAtMs: number
  /** Deleted while functions used it: they go on, nothing can begin to. */
  readonly deleted?: true
}

export interface DomainView {
  readonly account: string
  /** The host: exact, or with `*.` for one label. */
  readonly name: string
  readonly spec: DomainSpec
  readonly revision: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** A named resource of an account, as it is now. */
export interface NamedView<Spec> {
  readonly account: string
  readonly name: string
  /** `account/name`. */
  readonly key: string
  readonly spec: Spec
  readonly revision: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export type StreamView = NamedView<StreamSpec>
export type InstanceView = NamedView<InstanceSpec>

export type QueueView = NamedView<QueueSpec>

export type LogStoreView = NamedView<LogStoreSpec>

export type UserView = NamedView<UserSpec>
export type GroupView = NamedView<GroupSpec>
export type RoleView = NamedView<RoleSpec>
export type PolicyView = NamedView<PolicySpec>
export type QuotaView = NamedView<QuotaSpec>

export interface SubscriptionView {
  readonly name: string
  readonly spec: SubscriptionSpec
  readonly revision: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** Position of the first message that it gets, in the log of the account's topics. */
  readonly fromPosition: number
}

export interface TopicView extends NamedView<TopicSpec> {
  readonly subscriptions: ReadonlyMap<string, SubscriptionView>
}

/** What the data plane reads: swapped as a whole at each change, never read from storage per event. */
export interface Snapshot {
  readonly revision: number
  /** By `account/name`. */
  readonly buses: ReadonlyMap<string, BusView>
  /** By `account/name`. */
  readonly functions: ReadonlyMap<string, FunctionView>
  /** By `account/name:version`. */
  readonly layers: ReadonlyMap<string, LayerView>
  /** By host. A host belongs to one account. */
  readonly domains: ReadonlyMap<string, DomainView>
  /** By `account/name`. */
  readonly streams: ReadonlyMap<string, StreamView>
  /** By `account/name`. */
  readonly instances: ReadonlyMap<string, InstanceView>
  /** By `account/name`. */
  readonly logStores: ReadonlyMap<string, LogStoreView>
  /** By `account/name`. */
  readonly users: ReadonlyMap<string, UserView>
  /** By `account/name`. */
  readonly groups: ReadonlyMap<string, GroupView>
  /** By `account/name`. */
  readonly roles: ReadonlyMap<string, RoleView>
  /** By `account/name`. */
  readonly policies: ReadonlyMap<string, PolicyView>
  /** By id. */
  readonly accessKeys: ReadonlyMap<string, AccessKeyView>
  /** Those that were set, by `account/name`. */
  readonly quotas: ReadonlyMap<string, QuotaView>
  /** By `account/name`. */
  readonly queues: ReadonlyMap<string, QueueView>
  /** By `account/name`. */
  readonly topics: ReadonlyMap<string, TopicView>
}

/** What there is before anything was written. */
export const emptySnapshot: Snapshot = {
  revision: 0,
  buses: new Map(),
  functions: new Map(),
  layers: new Map(),
  domains: new Map(),
  streams: new Map(),
  instances: new Map(),
  logStores: new Map(),
  users: new Map(),
  groups: new Map(),
  roles: new Map(),
  policies: new Map(),
  accessKeys: new Map(),
  quotas: new Map(),
  queues: new Map(),
  topics: new Map(),
}

/** Where the data plane gets the current snapshot, and learns of a new one. */
export interface Snapshots {
  current(): Snapshot
  /** Called after each swap, in order. */
  subscribe(listener: (next: Snapshot, previous: Snapshot) => void): Disposable
}
