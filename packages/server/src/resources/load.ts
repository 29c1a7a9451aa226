import type { Control } from './control.ts'
import { type DomainRecord, domainKind } from './domain-store.ts'
import { type FunctionState, functionStateKind } from './function-state.ts'
import { type FunctionRecord, functionView } from './function-view.ts'
import { layerKey, layerKind, layerVersionKind, type LayerRecord } from './layer-store.ts'
import { busKey } from './names.ts'
import { type PartKind, partKinds } from './part-kinds.ts'
import type { PartRecord } from './part-store.ts'
import { queueKind, type QueueRecord } from './queue-store.ts'
import { loadRecords } from './records.ts'
import { openRecord } from './secrets.ts'
import type { FunctionView, PartView, SubscriptionView, TopicView, VersionView } from './snapshot.ts'
import { subscriptionKind, type SubscriptionRecord, topicKind, type TopicRecord } from './topic-store.ts'
import { versionKind, type VersionRecord, versionView } from './version-store.ts'

/** Loads the functions of all accounts with their parts. Parts whose function is gone are passed over. */
export async function loadFunctions(control: Control): Promise<void> {
  const { documents, secrets } = control.host
  for await (const { account, name, value } of loadRecords<FunctionRecord>(documents, 'function')) {
    control.functions.set(busKey(account, name), functionView(account, name, openRecord(value, secrets)))
  }
  for await (const { account, name, value } of loadRecords<FunctionState>(documents, functionStateKind)) {
    const view = control.functions.get(busKey(account, name))
    if (view === undefined) continue
    const { reservedInstances, disabled } = value
    control.states.set(view.key, value)
    control.functions.set(view.key, { ...view, reservedInstances, disabled })
  }
  await loadVersions(control)
  for (const kind of partKinds) await loadParts(control, kind)
}

async function loadVersions(control: Control): Promise<void> {
  const { documents, secrets } = control.host
  const found = new Map<FunctionView, Map<string, VersionView>>()
  for await (const { account, name, value } of loadRecords<VersionRecord>(documents, versionKind)) {
    const [functionName = '', version = ''] = name.split('/')
    const view = control.functions.get(busKey(account, functionName))
    if (view === undefined) continue
    grouped(found, view).set(version, versionView(view, version, openRecord(value, secrets)))
  }
  for (const [view, versions] of found) control.functions.set(view.key, { ...view, versions })
}

async function loadParts(control: Control, kind: PartKind<unknown>): Promise<void> {
  const { documents, secrets } = control.host
  const found = new Map<FunctionView, Map<string, PartView<unknown>>>()
  for await (const { account, name, value } of loadRecords<StoredPart>(documents, kind.document)) {
    const [functionName = '', part = ''] = name.split('/')
    const view = control.functions.get(busKey(account, functionName))
    if (view !== undefined) grouped(found, view).set(part, { name: part, ...openRecord(value, secrets) })
  }
  for (const [view, parts] of found) control.functions.set(view.key, kind.with(view, parts))
}

type StoredPart = PartRecord<object>

function grouped<Value>(
  found: Map<FunctionView, Map<string, Value>>,
  view: FunctionView,
): Map<string, Value> {
  const group = found.get(view) ?? new Map<string, Value>()
  found.set(view, group)
  return group
}

/** Loads the layers of all accounts, those too that were deleted while functions used them. */
export async function loadLayers(control: Control): Promise<void> {
  const { documents, secrets } = control.host
  for await (const { account, name, value } of loadRecords<{ lastVersion: number }>(documents, layerKind)) {
    control.layerCounters.set(busKey(account, name), value.lastVersion)
  }
  for await (const { account, name, value } of loadRecords<LayerRecord>(documents, layerVersionKind)) {
    const [layer = '', version = ''] = name.split('/')
    const view = { account, name: layer, version: Number(version), ...openRecord(value, secrets) }
    control.layers.set(layerKey(view), view)
  }
}

/** Loads the domains of all accounts. */
export async function loadDomains(control: Control): Promise<void> {
  const { documents, secrets } = control.host
  for await (const { account, name, value } of loadRecords<DomainRecord>(documents, domainKind)) {
    control.domains.set(name, { account, name, ...openRecord(value, secrets) })
  }
}

/** Loads the queues of all accounts. */
export async function loadQueues(control: Control): Promise<void> {
  const { documents, secrets } = control.host
  for await (const { account, name, value } of loadRecords<QueueRecord>(documents, queueKind)) {
    const key = busKey(account, name)
    control.queues.set(key, { account, name, key, ...openRecord(value, secrets) })
  }
}

/** Loads the topics of all accounts with their subscriptions. Those whose topic is gone are passed over. */
export async function loadTopics(control: Control): Promise<void> {
  const { documents, secrets } = control.host
  const found = new Map<string, Map<string, SubscriptionView>>()
  for await (const { account, name, value } of loadRecords<TopicRecord>(documents, topicKind)) {
    const key = busKey(account, name)
    const subscriptions = new Map<string, SubscriptionView>()
    const view: TopicView = { account, name, key, ...openRecord(value, secrets), subscriptions }
    found.set(key, subscriptions)
    control.topics.set(key, view)
  }
  for await (const { account, name, value } of loadRecords<SubscriptionRecord>(documents, subscriptionKind)) {
    const [topic = '', subscription = ''] = name.split('/')
    const view = { name: subscription, ...openRecord(value, secrets) }
    found.get(busKey(account, topic))?.set(subscription, view)
  }
  const accounts = new Set([...control.topics.values()].map(({ account }) => account))
  for (const account of accounts) await control.host.messaging?.openTopics(account)
}
