import { AppError, type Clock, type PluginLog, type Random, retryBackoff, type Sink } from '@millrace/spi'
import type { SecretBox } from '../auth/index.ts'
import type { SinkResolver, SinkUse } from '../delivery/index.ts'
import type { AsyncCalls, Functions } from '../functions/index.ts'
import type { Ingest } from '../ingest/index.ts'
import type { Plugins } from '../plugins/index.ts'
import type { Queues } from '../queues/index.ts'
import type { Topics } from '../topics/index.ts'
import { busKey, type SinkSpec, type Snapshots } from '../resources/index.ts'
import { BusSink } from './bus-sink.ts'
import { GuardedSink } from './guarded-sink.ts'
import { InstanceSink } from './instance-sink.ts'
import { connectedOptions } from './instances.ts'
import { QueueSink } from './queue-sink.ts'
import { TopicSink } from './topic-sink.ts'
import type { WiringRoles } from './wiring-roles.ts'

export interface SinkParts {
  readonly plugins: Pick<Plugins, 'openSink'>
  readonly secrets: SecretBox
  readonly functions: Pick<Functions, 'sink'>
  readonly calls: Pick<AsyncCalls, 'sink' | 'enqueuer'>
  readonly ingest: Pick<Ingest, 'accept'>
  readonly queues: Pick<Queues, 'send'>
  readonly topics: Pick<Topics, 'sink' | 'publish'>
  readonly snapshots: Snapshots
  readonly roles: Pick<WiringRoles, 'refusalOfSink'>
  readonly clock: Clock
  readonly random: Random
  readonly log: PluginLog
  readonly allowPrivateTargets: boolean
  readonly fileRoots: readonly string[]
}

/** Records of one write to a sink that is not a connector's. Calls of a function run side by side, so more than one would lose the order. */
const recordsMax = { bus: 1_000, queue: 100, topic: 100, function: 1 }

/** How many records one write to a sink may carry at most: what its connector says, or what suits the platform's own. */
export function recordsMaxOf(sink: SinkSpec, plugins: Pick<Plugins, 'sinkRecordsMax'>): Promise<number> {
  if ('connector' in sink) return plugins.sinkRecordsMax(sink.connector)
  if ('function' in sink)
    return Promise.resolve(sink.invocation === 'async' ? recordsMax.queue : recordsMax.function)
  if ('bus' in sink) return Promise.resolve(recordsMax.bus)
  return Promise.resolve('queue' in sink ? recordsMax.queue : recordsMax.topic)
}

/** The kinds of sinks in one place: a connector's, a function, a queue, a topic, another bus; and what asynchronous calls go to. */
export function sinkResolver(parts: SinkParts): SinkResolver {
  const { plugins, secrets, functions, calls, ingest, queues, topics, snapshots } = parts
  const { roles, clock, random, log, allowPrivateTargets, fileRoots } = parts
  const open = (account: string, spec: SinkSpec, use: SinkUse): Sink => {
    const inside = (inner: SinkSpec): Sink => open(account, inner, use)
    const internal = calls.sink(account, spec, inside) ?? topics.sink(account, spec, inside)
    if (internal !== undefined) return internal
    const refusal = (): AppError | undefined => roles.refusalOfSink(account, spec, use)
    const refused = refusal()
    if (refused !== undefined) throw refused
    return new GuardedSink(openAllowed(account, spec, use.queue), refusal)
  }
  const openAllowed = (account: string, spec: SinkSpec, queue: string): Sink => {
    if ('connector' in spec) {
      const context = { clock, random, log, allowPrivateTargets, fileRoots, name: queue }
      const opened = (): Sink =>
        plugins.openSink(
          spec.connector,
          connectedOptions(account, spec, snapshots.current(), secrets),
          context,
        )
      if (spec.instance === undefined) return opened()
      const instance = busKey(account, spec.instance)
      return new InstanceSink({ instance: () => snapshots.current().instances.get(instance), open: opened })
    }
    if ('function' in spec) {
      const { function: name, qualifier, invocation } = spec
      return invocation === 'async'
        ? calls.enqueuer(account, name, qualifier)
        : functions.sink(account, name, qualifier)
    }
    if ('queue' in spec) return new QueueSink(queues, account, spec.queue, spec.encoding === 'base64')
    if ('topic' in spec) return new TopicSink(topics, account, spec.topic, spec.encoding === 'base64')
    const key = busKey(account, spec.bus)
    if (!snapshots.current().buses.has(key)) {
      throw new AppError('sink.unavailable', `there is no bus ${spec.bus}`, retryBackoff)
    }
    return new BusSink(ingest, () => snapshots.current().buses.get(key))
  }
  return { open }
}
