import type { AsyncSpec, LayerSpec, ScalingSpec, TriggerSpec } from './function-parts.ts'
import type { BusSpec, FunctionSpec, RuleSpec } from './resources.ts'
import type { QueueSpec } from './queues.ts'
import type { InstanceSpec, StreamSpec } from './streams.ts'
import type { SubscriptionSpec, TopicSpec } from './topics.ts'

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

/** A function as it is written in YAML or JSON, with what belongs to it. */
export interface FunctionDocument extends FunctionSpec {
  triggers?: Record<string, TriggerSpec>
  /** Of `LATEST`, as `scaling` is. */
  async?: AsyncSpec
  scaling?: ScalingSpec
}

/** How a wiring is written in YAML or JSON: rules stand under their bus, triggers under their function, subscriptions under their topic. */
export interface WiringDocument {
  /** A wiring with a name owns what it brings to a server: what it has no more is removed when it is applied. */
  name?: string
  buses?: Record<string, (BusSpec & { rules?: Record<string, RuleSpec> }) | null>
  layers?: Record<string, LayerSpec>
  functions?: Record<string, FunctionDocument>
  instances?: Record<string, InstanceSpec>
  streams?: Record<string, StreamSpec>
  queues?: Record<string, QueueSpec | null>
  topics?: Record<string, (TopicSpec & { subscriptions?: Record<string, SubscriptionSpec> }) | null>
}

const documentKeys: readonly string[] = [
  'name',
  'buses',
  'layers',
  'functions',
  'instances',
  'streams',
  'queues',
  'topics',
] satisfies (keyof WiringDocument)[]

/**
 * Flattens a wiring document into items in the order in which they can be written. Throws a TypeError that names an
 * unknown top-level key.
 */
export function wiringItems(document: WiringDocument): WiringItem[] {
  for (const key of Object.keys(document)) {
    if (!documentKeys.includes(key)) {
      throw new TypeError(`unknown key ${key} in the wiring; known are ${documentKeys.join(', ')}`)
    }
  }
  const items: WiringItem[] = []
  for (const [bus, spec] of Object.entries(document.buses ?? {})) {
    const { rules = {}, ...busSpec } = spec ?? {}
    items.push(defineBus(bus, busSpec))
    for (const [name, rule] of Object.entries(rules)) items.push(defineRule(bus, name, rule))
  }
  for (const [name, spec] of Object.entries(document.layers ?? {})) items.push(defineLayer(name, spec))
  for (const [name, spec] of Object.entries(document.functions ?? {}))
    items.push(...functionItems(name, spec))
  for (const [name, spec] of Object.entries(document.instances ?? {})) items.push(defineInstance(name, spec))
  for (const [name, spec] of Object.entries(document.streams ?? {})) items.push(defineStream(name, spec))
  for (const [name, spec] of Object.entries(document.queues ?? {})) items.push(defineQueue(name, spec ?? {}))
  for (const [name, spec] of Object.entries(document.topics ?? {})) {
    const { subscriptions = {}, ...topic } = spec ?? {}
    items.push(defineTopic(name, topic))
    for (const [own, each] of Object.entries(subscriptions)) items.push(defineSubscription(name, own, each))
  }
  return sortWiring(items)
}

function functionItems(name: string, document: FunctionDocument): WiringItem[] {
  const { triggers = {}, async, scaling, ...spec } = document
  return [
    defineFunction(name, spec),
    ...Object.entries(triggers).map(([trigger, each]) => defineTrigger(name, trigger, each)),
    ...(async === undefined ? [] : [defineAsync(name, async)]),
    ...(scaling === undefined ? [] : [defineScaling(name, scaling)]),
  ]
}

const order = {
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
  rule: 4,
  stream: 4,
}

/** Puts items into the order in which they can be written: what others refer to comes first. */
export function sortWiring(items: readonly WiringItem[]): WiringItem[] {
  return [...items].sort((left, right) => orderOf(left) - orderOf(right))
}

/** A queue that has a dead letter comes after those that have none. */
function orderOf(item: WiringItem): number {
  return item.kind === 'queue' && item.spec.deadLetter !== undefined ? order.queue + 0.5 : order[item.kind]
}
