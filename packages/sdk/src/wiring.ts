import type { AsyncSpec, DomainSpec, LayerSpec, ScalingSpec, TriggerSpec } from './function-parts.ts'
import type { GroupSpec, PolicySpec, RoleSpec, UserSpec } from './identity.ts'
import type { BusSpec, FunctionSpec, RuleSpec } from './resources.ts'
import type { QueueSpec } from './queues.ts'
import type { InstanceSpec, StreamSpec } from './streams.ts'
import type { SubscriptionSpec, TopicSpec } from './topics.ts'
import { identityOf, itemKey } from './wiring-identity.ts'

/** One resource of a wiring: what `millrace apply` writes and `millrace dev` keeps in step. */
export type WiringItem =
  | { readonly kind: 'bus'; readonly name: string; readonly spec: BusSpec }
  | { readonly kind: 'layer'; readonly name: string; readonly spec: LayerSpec }
  | { readonly kind: 'function'; readonly name: string; readonly spec: FunctionSpec }
  | FunctionPartItem
  | { readonly kind: 'instance'; readonly name: string; readonly spec: InstanceSpec }
  | { readonly kind: 'stream'; readonly name: string; readonly spec: StreamSpec }
  | { readonly kind: 'queue'; readonly name: string; readonly spec: QueueSpec }
  | { readonly kind: 'topic'; readonly name: string; readonly spec: TopicSpec }
  | {
      readonly kind: 'subscription'
      readonly topic: string
      readonly name: string
      readonly spec: SubscriptionSpec
    }
  | { readonly kind: 'domain'; readonly name: string; readonly spec: DomainSpec }
  | { readonly kind: 'policy'; readonly name: string; readonly spec: PolicySpec }
  | { readonly kind: 'role'; readonly name: string; readonly spec: RoleSpec }
  | { readonly kind: 'group'; readonly name: string; readonly spec: GroupSpec }
  | { readonly kind: 'user'; readonly name: string; readonly spec: UserSpec }
  | { readonly kind: 'rule'; readonly bus: string; readonly name: string; readonly spec: RuleSpec }

/** What belongs to a function; the name of the two settings is the qualifier that they are for. */
export type FunctionPartItem =
  | { readonly kind: 'trigger'; readonly function: string; readonly name: string; readonly spec: TriggerSpec }
  | { readonly kind: 'async'; readonly function: string; readonly name: string; readonly spec: AsyncSpec }
  | { readonly kind: 'scaling'; readonly function: string; readonly name: string; readonly spec: ScalingSpec }

/** A bus of the wiring. */
export function defineBus(name: string, spec: BusSpec = {}): WiringItem {
  return { kind: 'bus', name, spec }
}

/** A rule of the wiring, on a bus of the same wiring or one that is there already. */
export function defineRule(bus: string, name: string, spec: RuleSpec): WiringItem {
  return { kind: 'rule', bus, name, spec }
}

/** A named external system of the wiring. Keep its secrets out of the file: a wiring in TypeScript can read the environment. */
export function defineInstance(name: string, spec: InstanceSpec): WiringItem {
  return { kind: 'instance', name, spec }
}

/** A stream of the wiring, from an external system to a function, a bus or another system. */
export function defineStream(name: string, spec: StreamSpec): WiringItem {
  return { kind: 'stream', name, spec }
}

/** A queue of the wiring. */
export function defineQueue(name: string, spec: QueueSpec = {}): WiringItem {
  return { kind: 'queue', name, spec }
}

/** A topic of the wiring. */
export function defineTopic(name: string, spec: TopicSpec = {}): WiringItem {
  return { kind: 'topic', name, spec }
}

/** A subscription of a topic of the wiring. */
export function defineSubscription(topic: string, name: string, spec: SubscriptionSpec): WiringItem {
  return { kind: 'subscription', topic, name, spec }
}

/** A layer of the wiring; a new version is made when its files change. */
export function defineLayer(name: string, spec: LayerSpec): WiringItem {
  return { kind: 'layer', name, spec }
}

/**
 * A function of the wiring; `code` is a file, a zip or a folder relative to the wiring file. Its `layers` are versions
 * such as `libs:3`, or names alone for the newest version.
 */
export function defineFunction(name: string, spec: FunctionSpec): WiringItem {
  return { kind: 'function', name, spec }
}

/** A trigger of a function of the wiring. */
export function defineTrigger(functionName: string, name: string, spec: TriggerSpec): WiringItem {
  return { kind: 'trigger', function: functionName, name, spec }
}

/** How asynchronous calls of a function of the wiring are retried, and where their outcome goes. */
export function defineAsync(functionName: string, spec: AsyncSpec, qualifier = 'LATEST'): WiringItem {
  return { kind: 'async', function: functionName, name: qualifier, spec }
}

/** How many instances of a function of the wiring are kept. */
export function defineScaling(functionName: string, spec: ScalingSpec, qualifier = 'LATEST'): WiringItem {
  return { kind: 'scaling', function: functionName, name: qualifier, spec }
}

/** A host name of the wiring, whose paths lead to functions. */
export function defineDomain(host: string, spec: DomainSpec): WiringItem {
  return { kind: 'domain', name: host, spec }
}

/** A policy of the wiring: what those may do who have it. */
export function definePolicy(name: string, spec: PolicySpec): WiringItem {
  return { kind: 'policy', name, spec }
}

/** A role of the wiring, by which its rules, streams and functions may act. */
export function defineRole(name: string, spec: RoleSpec): WiringItem {
  return { kind: 'role', name, spec }
}

/** A group of users of the wiring. */
export function defineGroup(name: string, spec: GroupSpec = {}): WiringItem {
  return { kind: 'group', name, spec }
}

/** A user of the wiring. Access keys are no part of it: they are made once, by `millrace key create`. */
export function defineUser(name: string, spec: UserSpec = {}): WiringItem {
  return { kind: 'user', name, spec }
}

const order = {
  policy: -3,
  group: -2,
  role: -2,
  user: -1,
  bus: 0,
  instance: 0,
  queue: 0,
  topic: 0,
  layer: 1,
  function: 2,
  trigger: 3,
  async: 3,
  scaling: 3,
  subscription: 3,
  domain: 3,
  rule: 4,
  stream: 4,
}

/**
 * Puts items into the order in which they can be written: what others refer to comes first. Throws a TypeError that names what
 * is there twice.
 */
export function sortWiring(items: readonly WiringItem[]): WiringItem[] {
  const keys = new Set<string>()
  for (const key of items.map(item => itemKey(identityOf(item)))) {
    if (keys.has(key)) throw new TypeError(`${key} is in the wiring twice`)
    keys.add(key)
  }
  return [...items].sort((left, right) => orderOf(left) - orderOf(right))
}

/** A queue that has a dead letter comes after those that have none. */
function orderOf(item: WiringItem): number {
  return item.kind === 'queue' && item.spec.deadLetter !== undefined ? order.queue + 0.5 : order[item.kind]
}
