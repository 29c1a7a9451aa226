import { AccessKeyStore, loadAccessKeys } from './access-key-store.ts'
import type { BusRecord } from './bus-state.ts'
import { BusStore } from './bus-store.ts'
import { Control, defaultResourceLimits, type ResourcesHost } from './control.ts'
import { DomainStore } from './domain-store.ts'
import { ForeignStore } from './foreign-store.ts'
import type { AliasSpec, AsyncSpec, ScalingSpec, TriggerSpec } from './function-parts.ts'
import { FunctionStore } from './function-store.ts'
import type { GroupSpec, PolicySpec, RoleSpec, UserSpec } from './identity.ts'
import { groupKind, policyKind, roleKind, userKind } from './identity-kinds.ts'
import type { InstanceSpec } from './instance.ts'
import type { LogStoreSpec } from './log-store.ts'
import { LayerStore } from './layer-store.ts'
import { loadDomains, loadFunctions, loadLayers, loadQueues, loadTopics } from './load.ts'
import { busKey, defaultBusName } from './names.ts'
import { instanceKind, logStoreKind, streamKind } from './named-kinds.ts'
import { loadNamed, NamedStore } from './named-store.ts'
import { aliasKind, asyncKind, scalingKind, triggerKind } from './part-kinds.ts'
import { PartStore } from './part-store.ts'
import { QueueStore } from './queue-store.ts'
import type { QuotaSpec } from './quota.ts'
import { quotaKind } from './quota-kind.ts'
import { loadRecords } from './records.ts'
import type { RuleRecord } from './rule-history.ts'
import { RuleStore } from './rule-store.ts'
import type { Snapshots } from './snapshot.ts'
import { TopicStore } from './topic-store.ts'
import type { StreamSpec } from './stream.ts'
import { VersionStore } from './version-store.ts'

/**
 * The control plane: buses, rules, functions, layers, domains, queues, topics and log stores as documents, checked before they are written, and the snapshot that
 * the data plane reads. Writes go one at a time; each is answered when it is durable and in force.
 */
export interface Resources {
  readonly buses: BusStore
  readonly rules: RuleStore
  readonly functions: FunctionStore
  readonly versions: VersionStore
  readonly aliases: PartStore<AliasSpec>
  readonly triggers: PartStore<TriggerSpec>
  /** Of asynchronous calls, by qualifier. */
  readonly async: PartStore<AsyncSpec>
  /** By qualifier. */
  readonly scaling: PartStore<ScalingSpec>
  readonly layers: LayerStore
  readonly domains: DomainStore
  readonly queues: QueueStore
  readonly topics: TopicStore
  readonly streams: NamedStore<StreamSpec>
  /** Named external systems. */
  readonly instances: NamedStore<InstanceSpec>
  readonly logStores: NamedStore<LogStoreSpec>
  readonly users: NamedStore<UserSpec>
  readonly groups: NamedStore<GroupSpec>
  readonly roles: NamedStore<RoleSpec>
  readonly policies: NamedStore<PolicySpec>
  /** Those that were set, by account. */
  readonly quotas: NamedStore<QuotaSpec>
  /** Of users. */
  readonly accessKeys: AccessKeyStore
  /** What only compatible interfaces know. */
  readonly foreign: ForeignStore
  readonly snapshots: Snapshots
}

/** Loads all documents, and makes the built-in bus of each account if it is not there yet. */
export async function openResources(
  host: ResourcesHost,
  accounts: string | readonly string[],
  limits = defaultResourceLimits,
): Promise<Resources> {
  const control = new Control(host, limits)
  const buses = new BusStore(control)
  for await (const { account: owner, name, value } of loadRecords<BusRecord>(host.documents, 'bus')) {
    await control.addBus(owner, name, value)
  }
  for await (const { account: owner, name, value } of loadRecords<RuleRecord>(host.documents, 'rule')) {
    const [bus = '', rule = ''] = name.split('/')
    control.buses.get(busKey(owner, bus))?.setRule(rule, value)
  }
  const layers = new LayerStore(control)
  await loadFunctions(control)
  await loadLayers(control)
  await loadDomains(control)
  await loadQueues(control)
  await loadTopics(control)
  await loadNamed(control, streamKind)
  await loadNamed(control, instanceKind)
  await loadNamed(control, logStoreKind)
  await loadNamed(control, userKind)
  await loadNamed(control, groupKind)
  await loadNamed(control, roleKind)
  await loadNamed(control, policyKind)
  await loadNamed(control, quotaKind)
  await loadAccessKeys(control)
  await layers.forgetDeleted()
  const foreign = new ForeignStore(control)
  await foreign.load()
  for (const account of [accounts].flat()) {
    if (control.buses.has(busKey(account, defaultBusName))) continue
    await buses.write(account, defaultBusName, {}, undefined)
  }
  control.publish()
  return {
    buses,
    rules: new RuleStore(control),
    functions: new FunctionStore(control),
    versions: new VersionStore(control),
    aliases: new PartStore(control, aliasKind),
    triggers: new PartStore(control, triggerKind),
    async: new PartStore(control, asyncKind),
    scaling: new PartStore(control, scalingKind),
    layers,
    domains: new DomainStore(control),
    queues: new QueueStore(control),
    topics: new TopicStore(control),
    streams: new NamedStore(control, streamKind),
    instances: new NamedStore(control, instanceKind),
    logStores: new NamedStore(control, logStoreKind),
    users: new NamedStore(control, userKind),
    groups: new NamedStore(control, groupKind),
    roles: new NamedStore(control, roleKind),
    policies: new NamedStore(control, policyKind),
    quotas: new NamedStore(control, quotaKind),
    accessKeys: new AccessKeyStore(control),
    foreign,
    snapshots: control,
  }
}
