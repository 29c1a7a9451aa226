import { join } from 'node:path'
import {
  AppError,
  type Clock,
  type Random,
  retryNever,
  type Storage,
  systemClock,
  systemRandom,
} from '@millrace/spi'
import {
  acsSignatureScheme,
  bearerScheme,
  loadCredentials,
  loadSecretBox,
  type LoadedCredentials,
  type SecretBox,
} from '../auth/index.ts'
import { createDelivery, type Delivery, registeredQueues } from '../delivery/index.ts'
import { type EventLogs, openEventLogs } from '../eventlog/index.ts'
import {
  type AsyncCalls,
  callBusKey,
  chooseSandbox,
  createAsyncCalls,
  createFunctions,
  defaultCodeLimits,
  type Functions,
} from '../functions/index.ts'
import { listen, type Listener } from '../http/index.ts'
import { createIngest, type Ingest } from '../ingest/index.ts'
import {
  createMetrics,
  type Log,
  type Metrics,
  openOtlpTracer,
  silentTracer,
  type Tracer,
} from '../observability/index.ts'
import { createPlugins, type Plugins } from '../plugins/index.ts'
import { openResources, pumpCursor, type Resources } from '../resources/index.ts'
import { createScheduler, type Scheduler } from '../scheduler/index.ts'
import type { Config } from './config.ts'
import { memoryKeeper } from './memory-keeper.ts'
import { pendingDeliveries } from './pending.ts'
import { Periodic } from './periodic.ts'
import { appendEvent } from './append-event.ts'
import { partChecks } from './part-checks.ts'
import { checkRule } from './rule-check.ts'
import { sinkResolver } from './sinks.ts'

/** How often rules forget their past, in milliseconds. */
const pruneEveryMs = 10_000

/** How often code that nothing names any more is removed, in milliseconds. */
const collectCodeEveryMs = 600_000

/** How often the heap is looked at, in milliseconds. */
const memoryEveryMs = 2_000

export interface Composition extends AsyncDisposable {
  readonly listener: Listener
  readonly credentials: LoadedCredentials
  readonly resources: Resources
  readonly delivery: Delivery
}

export interface CompositionOptions {
  readonly config: Config
  readonly log: Log
  readonly version: string
  /** Folder of `connectors`, `runtimes` and `storage`. */
  readonly root: string
  readonly searchPath: string
}

/**
 * Builds the whole graph, from the ground up, and starts it; the only place that knows everyone. Disposing takes it
 * down in reverse: close the door, drain deliveries, end the functions, flush and close the storage.
 */
export async function compose(options: CompositionOptions): Promise<Composition> {
  await using owned = new AsyncDisposableStack()
  const ground = await openGround(options, owned)
  const engine = await openEngine(options, ground, owned)
  await engine.functions.start()
  await engine.calls.start()
  await engine.delivery.start()
  await engine.scheduler.start()
  const { resources, delivery } = engine
  owned.use(
    new Periodic(
      ground.clock,
      pruneEveryMs,
      () => resources.rules.prune(),
      thrown =>
        options.log.warn('rules could not forget their past; the next turn tries again', { error: thrown }),
    ),
  )
  owned.use(
    new Periodic(
      ground.clock,
      collectCodeEveryMs,
      async () => void (await engine.functions.collectCode()),
      thrown =>
        options.log.warn('unused code could not be removed; the next turn tries again', { error: thrown }),
    ),
  )
  owned.use(
    new Periodic(ground.clock, memoryEveryMs, memoryKeeper(), thrown => {
      options.log.warn('memory could not be given back', { error: thrown })
    }),
  )
  const listener = owned.use(await openDoor(options, ground, engine))
  const graph = owned.move()
  return {
    listener,
    credentials: ground.credentials,
    resources,
    delivery,
    [Symbol.asyncDispose]: () => graph.disposeAsync(),
  }
}

/** What everything else stands on. */
interface Ground {
  readonly clock: Clock
  readonly random: Random
  readonly startedAtMs: number
  readonly plugins: Plugins
  readonly storage: Storage
  readonly eventLogs: EventLogs
  readonly credentials: LoadedCredentials
  readonly secrets: SecretBox
  readonly tracer: Tracer
}

async function openGround(
  { config, log, root, version }: CompositionOptions,
  owned: AsyncDisposableStack,
): Promise<Ground> {
  const clock = systemClock
  // The first to open: what everything else does until its end is still told.
  const tracer = owned.use(await openTracer(config, version))
  const plugins = await createPlugins({ root, log })
  const storage = owned.use(await openStorage(plugins, config))
  return {
    clock,
    random: systemRandom(clock),
    startedAtMs: clock.nowMs(),
    plugins,
    storage,
    eventLogs: openEventLogs(storage.log),
    credentials: await loadCredentials(config),
    secrets: await loadSecretBox(config.dataPath),
    tracer,
  }
}

async function openTracer({ otlpEndpoint, traceRatio, region }: Config, version: string): Promise<Tracer> {
  if (otlpEndpoint === undefined) return silentTracer
  return await openOtlpTracer({ endpoint: otlpEndpoint, ratio: traceRatio, region, version })
}

interface Engine {
  readonly metrics: Metrics
  readonly resources: Resources
  readonly functions: Functions
  readonly calls: AsyncCalls
  readonly ingest: Ingest
  readonly delivery: Delivery
  readonly scheduler: Scheduler
}

/** Control plane, functions, the door for events and delivery. They know each other by the functions handed over here. */
async function openEngine(
  { config, log, searchPath, version }: CompositionOptions,
  { clock, random, plugins, storage, eventLogs, secrets, tracer }: Ground,
  owned: AsyncDisposableStack,
): Promise<Engine> {
  const resources = await openResources(
    {
      documents: storage.documents,
      clock,
      openLog: bus => eventLogs.open(bus),
      nextPosition: bus => eventLogs.next(bus),
      routedPosition: bus => routedPosition(storage, bus),
      emptyLog: async bus => void (await eventLogs.trim(bus, Number.POSITIVE_INFINITY)),
      checkRule: (account, spec) =>
        checkRule(account, spec, resources.snapshots.current(), { plugins, secrets }),
      checkFunction: async (account, spec) => {
        // The first function of an account brings the hidden bus of its calls, whose log is asked for at once.
        await eventLogs.open(callBusKey(account))
        await functions.check(spec)
      },
      secrets,
      checkParts: partChecks({
        snapshot: () => resources.snapshots.current(),
        checkCode: async code => void (await functions.codeInfo(code)),
        plugins,
        secrets,
      }),
    },
    config.account,
  )
  const { snapshots } = resources
  const metrics = owned.use(
    createMetrics({
      version,
      pending: () => pendingDeliveries(calls.snapshots.current(), storage.queue),
      instances: () => functions.instances(),
    }),
  )
  const sandbox = await chooseSandbox({
    choice: config.sandbox,
    allowPrivateTargets: config.allowPrivateTargets,
    dataFolder: config.dataPath,
    searchPath,
    log: log.child({ part: 'functions' }),
  })
  const functions: Functions = owned.use(
    createFunctions({
      sandbox,
      dataFolder: config.dataPath,
      blobs: storage.blobs,
      documents: storage.documents,
      snapshots,
      clock,
      random,
      log: log.child({ part: 'functions' }),
      runtimes: name => plugins.runtime(name),
      searchPath,
      region: config.region,
      observer: metrics.functions,
      tracer,
      limits: {
        code: {
          ...defaultCodeLimits,
          uploadBytesMax: config.codeUploadBytesMax,
          bytesMax: config.codeBytesMax,
        },
      },
    }),
  )
  const calls: AsyncCalls = owned.use(
    createAsyncCalls({
      snapshots,
      documents: storage.documents,
      invoke: (...call) => functions.invoke(...call),
      append: async (bus, event) => await appendEvent(ingest, bus, event),
      queues: begin => registeredQueues(storage.documents, begin),
      clock,
      random,
      log: log.child({ part: 'calls' }),
      region: config.region,
      limits: { payloadBytesMax: config.asyncPayloadBytesMax },
      observer: metrics.functions.calls,
    }),
  )
  const { observer } = metrics
  const ingest: Ingest = owned.use(
    createIngest({
      logs: eventLogs,
      clock,
      random,
      observer,
      tracer,
      makeRoom: (bus, roomBytes) => delivery.makeRoom(bus, roomBytes),
    }),
  )
  const delivery: Delivery = owned.use(
    createDelivery({
      storage,
      logs: eventLogs,
      // With the hidden buses of asynchronous calls.
      snapshots: calls.snapshots,
      sinks: sinkResolver({
        ...config,
        plugins,
        secrets,
        functions,
        calls,
        ingest,
        snapshots,
        clock,
        random,
        log,
      }),
      clock,
      random,
      log: log.child({ part: 'delivery' }),
      observer,
      tracer,
    }),
  )
  const scheduler = owned.use(
    createScheduler({
      snapshots,
      documents: storage.documents,
      clock,
      log: log.child({ part: 'scheduler' }),
      call: async ({ account, functionName, qualifier, event, requestId }) => {
        const options = qualifier === undefined ? { requestId } : { requestId, qualifier }
        await calls.call(account, functionName, event, options)
      },
    }),
  )
  return { metrics, resources, functions, calls, ingest, delivery, scheduler }
}

/** The last to open and the first to close. */
function openDoor(
  { config, log, version }: CompositionOptions,
  ground: Ground,
  engine: Engine,
): Promise<Listener> {
  const { clock, plugins, storage, eventLogs, credentials, startedAtMs } = ground
  return listen(
    {
      ...engine,
      clock,
      log,
      observer: engine.metrics.http,
      eventLogs,
      plugins,
      node: {
        version,
        region: config.region,
        storage: config.storage,
        startedAtMs,
        sandbox: engine.functions.sandbox,
      },
      routedPosition: async bus => engine.delivery.routed(bus) ?? (await routedPosition(storage, bus)),
      readiness: { storage: async () => void (await storage.documents.get('ready')) },
    },
    {
      ...config.listen,
      limits: { codeBytesMax: config.codeUploadBytesMax },
      credentials: credentials.credentials,
      schemes: [
        bearerScheme(credentials.credentials),
        acsSignatureScheme({ ...credentials, clock, pathPrefix: '/openapi/' }),
      ],
    },
  )
}

async function routedPosition(storage: Storage, bus: string): Promise<number> {
  return (await storage.queue.cursor(pumpCursor(bus))) ?? 1
}

/** What a storage driver's module exports. */
interface StorageModule {
  openStorage(options: { path: string }): Promise<Storage>
}

async function openStorage(plugins: Plugins, config: Config): Promise<Storage> {
  const module = (await plugins.storage(config.storage)) as StorageModule
  try {
    return await module.openStorage({ path: join(config.dataPath, 'store') })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AppError(
      'config.storage-unusable',
      `cannot open the ${config.storage} storage in ${config.dataPath}: ${reason}`,
      retryNever,
      {
        cause,
      },
    )
  }
}
