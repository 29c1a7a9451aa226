import type { AsyncSpec, DomainSpec, LayerSpec, ScalingSpec, TriggerSpec } from './function-parts.ts'
import type { GroupSpec, PolicySpec, RoleSpec, UserSpec } from './identity.ts'
import type { QueueSpec } from './queues.ts'
import type { BusSpec, FunctionSpec, RuleSpec } from './resources.ts'
import type { InstanceSpec, StreamSpec } from './streams.ts'
import type { SubscriptionSpec, TopicSpec } from './topics.ts'
import {
  defineAsync,
  defineBus,
  defineDomain,
  defineFunction,
  defineGroup,
  defineInstance,
  defineLayer,
  definePolicy,
  defineQueue,
  defineRole,
  defineRule,
  defineScaling,
  defineStream,
  defineSubscription,
  defineTopic,
  defineTrigger,
  defineUser,
  sortWiring,
  type WiringItem,
} from './wiring.ts'
import {
  type ConnectionOptions,
  defineConnection,
  defineSchedule,
  type ScheduleOptions,
} from './wiring-shorthands.ts'

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
  /** Instances of the connector `http`. */
  connections?: Record<string, ConnectionOptions>
  /** Streams of the connector `schedule`. */
  schedules?: Record<string, ScheduleOptions>
  domains?: Record<string, DomainSpec>
  policies?: Record<string, PolicySpec>
  roles?: Record<string, RoleSpec>
  groups?: Record<string, GroupSpec | null>
  users?: Record<string, UserSpec | null>
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
  'connections',
  'schedules',
  'domains',
  'policies',
  'roles',
  'groups',
  'users',
] satisfies (keyof WiringDocument)[]

/**
 * Flattens a wiring document into items in the order in which they can be written. Throws a TypeError that names an
 * unknown top-level key, or what is there twice.
 */
export function wiringItems(document: WiringDocument): WiringItem[] {
  for (const key of Object.keys(document)) {
    if (!documentKeys.includes(key)) {
      throw new TypeError(`unknown key ${key} in the wiring; known are ${documentKeys.join(', ')}`)
    }
  }
  return sortWiring([
    ...each(document.buses, (bus, spec) => {
      const { rules, ...busSpec } = spec ?? {}
      return [defineBus(bus, busSpec), ...each(rules, (name, rule) => [defineRule(bus, name, rule)])]
    }),
    ...each(document.layers, (name, spec) => [defineLayer(name, spec)]),
    ...each(document.functions, functionItems),
    ...each(document.instances, (name, spec) => [defineInstance(name, spec)]),
    ...each(document.connections, (name, options) => [defineConnection(name, options)]),
    ...each(document.streams, (name, spec) => [defineStream(name, spec)]),
    ...each(document.schedules, (name, options) => [defineSchedule(name, options)]),
    ...each(document.queues, (name, spec) => [defineQueue(name, spec ?? {})]),
    ...each(document.topics, (topic, spec) => {
      const { subscriptions, ...topicSpec } = spec ?? {}
      return [
        defineTopic(topic, topicSpec),
        ...each(subscriptions, (name, own) => [defineSubscription(topic, name, own)]),
      ]
    }),
    ...each(document.domains, (name, spec) => [defineDomain(name, spec)]),
    ...each(document.policies, (name, spec) => [definePolicy(name, spec)]),
    ...each(document.roles, (name, spec) => [defineRole(name, spec)]),
    ...each(document.groups, (name, spec) => [defineGroup(name, spec ?? {})]),
    ...each(document.users, (name, spec) => [defineUser(name, spec ?? {})]),
  ])
}

function each<Spec>(
  members: Readonly<Record<string, Spec>> | undefined,
  itemsOf: (name: string, spec: Spec) => WiringItem[],
): WiringItem[] {
  return Object.entries(members ?? {}).flatMap(([name, spec]) => itemsOf(name, spec))
}

function functionItems(name: string, document: FunctionDocument): WiringItem[] {
  const { triggers, async, scaling, ...spec } = document
  return [
    defineFunction(name, spec),
    ...each(triggers, (trigger, own) => [defineTrigger(name, trigger, own)]),
    ...(async === undefined ? [] : [defineAsync(name, async)]),
    ...(scaling === undefined ? [] : [defineScaling(name, scaling)]),
  ]
}
