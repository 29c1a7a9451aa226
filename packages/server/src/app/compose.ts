import { hostname } from 'node:os'
import {
  acs3Scheme,
  acsSignatureScheme,
  bearerScheme,
  fcNativeScheme,
  type LoadedCredentials,
} from '../auth/index.ts'
import type { Delivery } from '../delivery/index.ts'
import { functionComputePaths, listen, type Listener, rpcPath } from '../http/index.ts'
import type { Resources } from '../resources/index.ts'
import { type Engine, openEngine, routedPosition } from './engine.ts'
import { type CompositionOptions, type Ground, openGround } from './ground.ts'
import { memoryKeeper } from './memory-keeper.ts'
import { Periodic } from './periodic.ts'

export type { CompositionOptions } from './ground.ts'

/** How often rules forget their past, in milliseconds. */
const pruneEveryMs = 10_000

/** How often code that nothing names any more is removed, in milliseconds. */
const collectCodeEveryMs = 600_000

/** How often log stores forget what is too old, in milliseconds. */
const retainLogsEveryMs = 30_000

/** How often stored bytes are summed up for quotas, in milliseconds. */
const measureQuotasEveryMs = 1_000

/** How often the heap is looked at, in milliseconds. */
const memoryEveryMs = 2_000

export interface Composition extends AsyncDisposable {
  readonly listener: Listener
  readonly credentials: LoadedCredentials
  readonly resources: Resources
  readonly delivery: Delivery
  /** Resolves when nothing is under way that could go on without time or news from outside. */
  settled(signal: AbortSignal): Promise<void>
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
  engine.topics.start()
  await engine.queues.start()
  await engine.delivery.start()
  await engine.scheduler.start()
  await engine.checkpoints.start(engine.resources.snapshots)
  await engine.streams.start()
  keepHouse(options, ground, engine, owned)
  const listener = owned.use(await openDoor(options, ground, engine))
  engine.address.url = reachableUrl(listener)
  // The first to happen at the end: the door would wait for those who wait behind it.
  owned.defer(() => engine.queues.endWaiting())
  const graph = owned.move()
  return {
    listener,
    credentials: ground.credentials,
    resources: engine.resources,
    delivery: engine.delivery,
    settled: signal => settled(engine, signal),
    [Symbol.asyncDispose]: () => graph.disposeAsync(),
  }
}

/** What a stream has written may be a delivery, and what is delivered may be read by a stream: both at once are wanted. */
async function settled({ audit, delivery, streams }: Engine, signal: AbortSignal): Promise<void> {
  await audit.settled()
  await streams.settled(signal)
  await delivery.settled(signal)
  await streams.settled(signal)
  await delivery.settled(signal)
}

/** Where others find the server: by the name of the machine, where it listens on all of its addresses. */
function reachableUrl({ host, port, url }: Listener): string {
  return host === '0.0.0.0' || host === '::' ? `http://${hostname()}:${port}` : url
}

/** What is done again and again, whoever calls. */
function keepHouse(
  { log }: CompositionOptions,
  { clock }: Ground,
  { resources, functions, logStores, quotas }: Engine,
  owned: AsyncDisposableStack,
): void {
  const every = (pauseMs: number, work: () => Promise<void>, failure: string): void => {
    owned.use(new Periodic(clock, pauseMs, work, thrown => log.warn(failure, { error: thrown })))
  }
  every(
    pruneEveryMs,
    () => resources.rules.prune(),
    'rules could not forget their past; the next turn tries again',
  )
  every(
    collectCodeEveryMs,
    async () => {
      await functions.collectCode()
      await quotas.forgetCode()
    },
    'unused code could not be removed; the next turn tries again',
  )
  every(retainLogsEveryMs, () => logStores.retain(), 'log stores could not forget what is old')
  every(
    measureQuotasEveryMs,
    async () => quotas.measure(),
    'stored bytes could not be summed up; the next turn tries again',
  )
  every(memoryEveryMs, memoryKeeper(), 'memory could not be given back')
}

/** The last to open and the first to close. */
function openDoor(
  { config, log, version }: CompositionOptions,
  ground: Ground,
  engine: Engine,
): Promise<Listener> {
  const { clock, plugins, storage, eventLogs, startedAtMs } = ground
  const { keys: credentials } = engine.identity
  return listen(
    {
      ...engine,
      operator: {
        account: config.account,
        accounts: ground.accounts,
      },
      pushCertificate: () => engine.pushIdentity.certificate,
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
      credentials,
      schemes: [
        bearerScheme(credentials),
        acsSignatureScheme({ credentials, clock, pathPrefix: '/openapi/' }),
        acs3Scheme({ credentials, clock, pathPrefixes: functionComputePaths, paths: [rpcPath] }),
        fcNativeScheme({ credentials, clock, pathPrefixes: functionComputePaths }),
      ],
    },
  )
}
