import type { PluginLog, Storage } from '@millrace/spi'
import {
  createIdentity,
  type Identity,
  isSystemPolicy,
  type Login,
  openLogin,
  parsePolicy,
  PushIdentity,
} from '../auth/index.ts'
import { createDelivery, type Delivery, registeredQueues, type SinkResolver } from '../delivery/index.ts'
import {
  type AsyncCalls,
  callBusKey,
  chooseSandbox,
  createAsyncCalls,
  createFunctions,
  defaultCodeLimits,
  defaultPoolsLimits,
  type Functions,
} from '../functions/index.ts'
import { AuditTrail, certificatePath, Doors, pushFormatter } from '../http/index.ts'
import { createIngest, type Ingest } from '../ingest/index.ts'
import { createLogStores, type LogStores } from '../logstores/index.ts'
import { createMetrics, type Metrics } from '../observability/index.ts'
import { Quotas } from '../quotas/index.ts'
import { createQueues, type Queues } from '../queues/index.ts'
import { openResources, pumpCursor, type Resources } from '../resources/index.ts'
import { createTopics, topicBusKey, type Topics } from '../topics/index.ts'
import { createScheduler, type Scheduler } from '../scheduler/index.ts'
import { createStreams, type Streams } from '../streams/index.ts'
import { appendEvent } from './append-event.ts'
import { CheckpointStore } from './checkpoints.ts'
import type { CompositionOptions, Ground } from './ground.ts'
import { withSecret } from './login-config.ts'
import { partChecks } from './part-checks.ts'
import { pendingDeliveries } from './pending.ts'
import { checkRule } from './rule-check.ts'
import { recordsMaxOf, sinkResolver } from './sinks.ts'
import { sourceOpener } from './source-context.ts'
import { WiringRoles } from './wiring-roles.ts'

export interface Engine {
  readonly metrics: Metrics
  readonly resources: Resources
  readonly identity: Identity
  /** Who may sign in to the console, and who has. */
  readonly login: Login
  readonly audit: AuditTrail
  /** What rules, streams and functions may do by their roles. */
  readonly roles: WiringRoles
  readonly functions: Functions
  readonly calls: AsyncCalls
  /** How much accounts may have and do. */
  readonly quotas: Quotas
  readonly ingest: Ingest
  readonly queues: Queues
  readonly topics: Topics
  readonly logStores: LogStores
  readonly pushIdentity: PushIdentity
  /** Where the server can be reached, once it can. */
  readonly address: { url: string }
  readonly delivery: Delivery
  readonly scheduler: Scheduler
  /** Who listens at the addresses of streams. */
  readonly doors: Doors
  readonly checkpoints: CheckpointStore
  readonly streams: Streams
}

/** What each part is made from. Parts ask for each other by functions, which are called when all of them are there. */
interface Workshop {
  readonly options: CompositionOptions
  readonly ground: Ground
  readonly engine: Engine
}

/** Control plane, functions, the door for events and delivery. They know each other by the functions handed over here. */
export async function openEngine(
  options: CompositionOptions,
  ground: Ground,
  owned: AsyncDisposableStack,
): Promise<Engine> {
  const engine = {} as { -readonly [Part in keyof Engine]: Engine[Part] }
  const workshop: Workshop = { options, ground, engine }
  engine.address = { url: '' }
  engine.pushIdentity = new PushIdentity(options.config.dataPath, ground.clock)
  engine.roles = new WiringRoles({
    ...options.config,
    roles: () => engine.identity.roles,
    snapshot: () => engine.resources.snapshots.current(),
  })
  engine.resources = await openControlPlane(workshop)
  engine.identity = createIdentity({
    ...ground,
    roots: ground.credentials.credentials,
    source: () => engine.resources.snapshots.current(),
  })
  engine.login = await openLogin(
    {
      ...ground,
      documents: ground.storage.documents,
      keys: engine.identity.keys,
      source: () => engine.resources.snapshots.current(),
    },
    await withSecret(options.config),
  )
  engine.quotas = owned.use(openQuotas(workshop))
  engine.metrics = owned.use(openMetrics(workshop))
  engine.functions = owned.use(await openFunctions(workshop))
  engine.calls = owned.use(openCalls(workshop))
  engine.ingest = owned.use(openIngest(workshop))
  engine.audit = owned.use(openAudit(workshop))
  engine.queues = owned.use(openQueues(workshop))
  engine.topics = owned.use(openTopics(workshop))
  engine.logStores = openLogStores(workshop)
  engine.delivery = owned.use(openDelivery(workshop))
  engine.scheduler = owned.use(openScheduler(workshop))
  engine.doors = new Doors()
  engine.checkpoints = owned.use(
    new CheckpointStore(ground.storage.documents, options.log.child({ part: 'streams' })),
  )
  engine.streams = owned.use(openStreams(workshop))
  return engine
}

function openControlPlane({ ground, engine }: Workshop): Promise<Resources> {
  const { storage, eventLogs, clock, plugins, secrets } = ground
  return openResources(
    {
      documents: storage.documents,
      clock,
      openLog: bus => eventLogs.open(bus),
      nextPosition: bus => eventLogs.next(bus),
      routedPosition: bus => routedPosition(storage, bus),
      emptyLog: async bus => void (await eventLogs.trim(bus, Number.POSITIVE_INFINITY)),
      checkRule: async (account, spec) => {
        const { snapshots } = engine.resources
        const complete = await checkRule(account, spec, snapshots.current(), { plugins, secrets })
        engine.roles.checkRule(account, complete)
        return complete
      },
      checkFunction: async (account, spec, before) => {
        // The first function of an account brings the hidden bus of its calls, whose log is asked for at once.
        await eventLogs.open(callBusKey(account))
        await engine.functions.check(spec)
        await engine.quotas.checkCode(account, spec.code, before?.key)
        engine.roles.checkFunction(account, spec, before?.async)
      },
      secrets,
      policies: { checkDocument: (document, kind) => void parsePolicy(document, kind), isSystemPolicy },
      messaging: {
        emptyQueue: key => engine.queues.empty(key),
        openTopics: async account => {
          await engine.pushIdentity.prepare()
          await eventLogs.open(topicBusKey(account))
        },
        nextPosition: account => eventLogs.next(topicBusKey(account)),
        checkSubscription: async (_account, { endpoint }) => {
          if ('url' in endpoint) await plugins.checkOptions('http', 'sink', endpoint)
        },
      },
      emptyLogStore: key => engine.logStores.empty(key),
      checkParts: partChecks({
        snapshot: () => engine.resources.snapshots.current(),
        roles: engine.roles,
        checkCode: async (account, code) => {
          await engine.functions.codeInfo(code)
          await engine.quotas.checkCode(account, code)
        },
        plugins,
        secrets,
      }),
    },
    [...ground.accounts],
  )
}

function openQuotas({ ground, engine }: Workshop): Quotas {
  return new Quotas({
    clock: ground.clock,
    documents: ground.storage.documents,
    snapshots: engine.resources.snapshots,
    busBytes: bus => ground.eventLogs.bytes(bus),
    codeBytes: async code => (await engine.functions.codeInfo(code)).bytes,
    functionInstances: account =>
      [...engine.functions.instances()].filter(([key]) => key.startsWith(`${account}/`)).length,
    foreignDocuments: account => engine.resources.foreign.countOf(account),
  })
}

function openMetrics({ options, ground, engine }: Workshop): Metrics {
  return createMetrics({
    version: options.version,
    pending: () => pendingDeliveries(engine.topics.snapshots.current(), ground.storage.queue),
    queueMessages: () => engine.queues.counts(),
    instances: () => engine.functions.instances(),
    streamLags: () => engine.streams.lags(),
    quotas: () =>
      Promise.all(
        [...ground.accounts].map(async account => [account, await engine.quotas.states(account)] as const),
      ),
  })
}

async function openFunctions({ options, ground, engine }: Workshop): Promise<Functions> {
  const { config, searchPath, installEnvironment } = options
  const { clock, random, plugins, storage, tracer } = ground
  const log = options.log.child({ part: 'functions' })
  const sandbox = await chooseSandbox({
    choice: config.sandbox,
    allowPrivateTargets: config.allowPrivateTargets,
    dataFolder: config.dataPath,
    searchPath,
    log,
  })
  return createFunctions({
    sandbox,
    dataFolder: config.dataPath,
    blobs: storage.blobs,
    documents: storage.documents,
    snapshots: engine.resources.snapshots,
    clock,
    random,
    log,
    runtimes: name => plugins.runtime(name),
    runtimeList: () => plugins.runtimes(),
    searchPath,
    installEnvironment,
    region: config.region,
    credentialsOf: deployment => engine.roles.credentialsOf(deployment),
    observer: engine.metrics.functions,
    tracer,
    limits: {
      pools: {
        ...defaultPoolsLimits,
        accountInstancesMax: account => engine.quotas.limit(account, 'function-instances'),
      },
      code: {
        ...defaultCodeLimits,
        uploadBytesMax: config.codeUploadBytesMax,
        bytesMax: config.codeBytesMax,
      },
    },
  })
}

function openCalls({ options, ground, engine }: Workshop): AsyncCalls {
  const { config, log } = options
  const { documents } = ground.storage
  return createAsyncCalls({
    snapshots: engine.resources.snapshots,
    documents,
    invoke: (...call) => engine.functions.invoke(...call),
    append: async (bus, event) => await appendEvent(engine.ingest, bus, event),
    queues: begin => registeredQueues(documents, begin),
    clock: ground.clock,
    random: ground.random,
    log: log.child({ part: 'calls' }),
    region: config.region,
    limits: { payloadBytesMax: config.asyncPayloadBytesMax },
    observer: engine.metrics.functions.calls,
  })
}

function openIngest({ ground, engine }: Workshop): Ingest {
  const { eventLogs, clock, random, tracer } = ground
  return createIngest({
    logs: eventLogs,
    clock,
    random,
    observer: engine.metrics.observer,
    tracer,
    makeRoom: (bus, roomBytes) => engine.delivery.makeRoom(bus, roomBytes),
    takeBytes: (bus, bytes) => engine.quotas.takeBytes(bus, bytes),
  })
}

function openAudit({ options, ground, engine }: Workshop): AuditTrail {
  const { config, log } = options
  return new AuditTrail({
    ...ground,
    ...engine,
    log: log.child({ part: 'audit' }),
    observer: engine.metrics.audit,
    region: config.region,
    recordsReads: config.auditReads,
  })
}

function openQueues({ options, ground, engine }: Workshop): Queues {
  return createQueues({
    storage: ground.storage,
    snapshots: engine.resources.snapshots,
    clock: ground.clock,
    log: options.log.child({ part: 'queues' }),
  })
}

function openTopics({ ground, engine }: Workshop): Topics {
  return createTopics({
    snapshots: engine.calls.snapshots,
    queue: ground.storage.queue,
    append: (bus, event) => appendEvent(engine.ingest, bus, event),
    format: pushFormatter({
      clock: ground.clock,
      random: ground.random,
      signer: {
        sign: text => engine.pushIdentity.sign(text),
        certificateUrl: () => engine.address.url + certificatePath,
      },
    }),
    clock: ground.clock,
    random: ground.random,
  })
}

function openLogStores({ options, ground, engine }: Workshop): LogStores {
  return createLogStores({
    logs: ground.eventLogs,
    snapshots: engine.resources.snapshots,
    clock: ground.clock,
    random: ground.random,
    log: options.log.child({ part: 'logstores' }),
  })
}

function openDelivery(workshop: Workshop): Delivery {
  const { options, ground, engine } = workshop
  const { log } = options
  const { storage, eventLogs, clock, random, tracer } = ground
  const { topics, metrics } = engine
  return createDelivery({
    storage,
    logs: eventLogs,
    // With the hidden buses of asynchronous calls and of topics.
    snapshots: topics.snapshots,
    sinks: openSinks(workshop, log),
    clock,
    random,
    log: log.child({ part: 'delivery' }),
    observer: metrics.observer,
    tracer,
  })
}

function openScheduler({ options, ground, engine }: Workshop): Scheduler {
  return createScheduler({
    snapshots: engine.resources.snapshots,
    documents: ground.storage.documents,
    clock: ground.clock,
    log: options.log.child({ part: 'scheduler' }),
    call: async ({ account, functionName, qualifier, event, requestId }) => {
      const named = qualifier === undefined ? { requestId } : { requestId, qualifier }
      await engine.calls.call(account, functionName, event, named)
    },
  })
}

function openStreams(workshop: Workshop): Streams {
  const { options, ground, engine } = workshop
  const { config } = options
  const { plugins, storage } = ground
  const log = options.log.child({ part: 'streams' })
  const { snapshots } = engine.resources
  return createStreams({
    ...ground,
    snapshots,
    documents: storage.documents,
    leases: storage.leases,
    node: ground.random.id(),
    openSource: sourceOpener({ ...config, ...ground, ...engine, snapshots, log }),
    sourceTraits: connector => plugins.sourceTraits(connector),
    sinks: openSinks(workshop, log),
    sinkRecordsMax: sink => recordsMaxOf(sink, plugins),
    log,
    observer: engine.metrics.streams,
  })
}

function openSinks({ options, ground, engine }: Workshop, log: PluginLog): SinkResolver {
  const { snapshots } = engine.resources
  const sinks = sinkResolver({ ...options.config, ...ground, ...engine, snapshots, log })
  return options.wrapSinks?.(sinks) ?? sinks
}

/** Position of the next event of a bus to route, as storage has it. */
export async function routedPosition(storage: Storage, bus: string): Promise<number> {
  return (await storage.queue.cursor(pumpCursor(bus))) ?? 1
}
