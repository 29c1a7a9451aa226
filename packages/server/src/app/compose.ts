import { join } from 'node:path'
import { AppError, retryNever, type Storage, systemClock, systemRandom } from '@millrace/spi'
import { bearerScheme, loadCredentials, type LoadedCredentials } from '../auth/index.ts'
import { createDelivery, type Delivery } from '../delivery/index.ts'
import { openEventLogs } from '../eventlog/index.ts'
import { createFunctions } from '../functions/index.ts'
import { listen, type Listener } from '../http/index.ts'
import { createIngest, type Ingest } from '../ingest/index.ts'
import { createMetrics, type Log } from '../observability/index.ts'
import { createPlugins, type Plugins } from '../plugins/index.ts'
import { openResources, pumpCursor, type Resources } from '../resources/index.ts'
import type { Config } from './config.ts'
import { Periodic } from './periodic.ts'
import { checkRule } from './rule-check.ts'
import { sinkResolver } from './sinks.ts'

/** How often rules forget their past, in milliseconds. */
const pruneEveryMs = 10_000

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
export async function compose({
  config,
  log,
  version,
  root,
  searchPath,
}: CompositionOptions): Promise<Composition> {
  await using owned = new AsyncDisposableStack()
  const clock = systemClock
  const random = systemRandom(clock)
  const startedAtMs = clock.nowMs()
  const plugins = await createPlugins({ root, log })
  const storage = owned.use(await openStorage(plugins, config))
  const credentials = await loadCredentials(config)
  const eventLogs = openEventLogs(storage.log)
  const routedPosition = async (bus: string): Promise<number> =>
    (await storage.queue.cursor(pumpCursor(bus))) ?? 1

  const resources = await openResources(
    {
      documents: storage.documents,
      clock,
      openLog: bus => eventLogs.open(bus),
      nextPosition: bus => eventLogs.next(bus),
      routedPosition,
      emptyLog: async bus => void (await eventLogs.trim(bus, Number.POSITIVE_INFINITY)),
      checkRule: (account, spec) => checkRule(account, spec, resources.snapshots.current(), plugins),
      checkFunction: (_account, spec) => functions.check(spec),
    },
    config.account,
  )
  const { snapshots } = resources
  const functions = owned.use(
    createFunctions({
      dataFolder: config.dataPath,
      blobs: storage.blobs,
      snapshots,
      clock,
      random,
      log: log.child({ part: 'functions' }),
      runtimes: name => plugins.runtime(name),
      searchPath,
      region: config.region,
    }),
  )
  const metrics = owned.use(createMetrics({ version }))
  const { observer } = metrics
  const ingest: Ingest = owned.use(
    createIngest({ logs: eventLogs, clock, random, observer, makeRoom: bus => delivery.makeRoom(bus) }),
  )
  const delivery: Delivery = owned.use(
    createDelivery({
      storage,
      logs: eventLogs,
      snapshots,
      sinks: sinkResolver({ ...config, plugins, functions, ingest, snapshots, clock, random, log }),
      clock,
      random,
      log: log.child({ part: 'delivery' }),
      observer,
    }),
  )
  await functions.start()
  await delivery.start()
  owned.use(
    new Periodic(
      clock,
      pruneEveryMs,
      () => resources.rules.prune(),
      thrown => {
        log.warn('rules could not forget their past; the next turn tries again', { error: thrown })
      },
    ),
  )
  const listener = owned.use(
    await listen(
      {
        clock,
        log,
        observer: metrics.http,
        resources,
        ingest,
        eventLogs,
        delivery,
        functions,
        plugins,
        node: { version, region: config.region, storage: config.storage, startedAtMs },
        routedPosition,
        readiness: { storage: async () => void (await storage.documents.get('ready')) },
        metrics,
      },
      { ...config.listen, schemes: [bearerScheme(credentials.credentials)] },
    ),
  )
  const graph = owned.move()
  return { listener, credentials, resources, delivery, [Symbol.asyncDispose]: () => graph.disposeAsync() }
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
