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
import { loadCredentials, type LoadedCredentials, loadSecretBox, type SecretBox } from '../auth/index.ts'
import type { SinkResolver } from '../delivery/index.ts'
import { type EventLogs, openEventLogs } from '../eventlog/index.ts'
import { type Log, openOtlpTracer, silentTracer, type Tracer } from '../observability/index.ts'
import { createPlugins, type Plugins } from '../plugins/index.ts'
import type { Config } from './config.ts'

export interface CompositionOptions {
  readonly config: Config
  readonly log: Log
  readonly version: string
  /** Folder of `connectors`, `runtimes` and `storage`. */
  readonly root: string
  readonly searchPath: string
  /** What package managers are started with besides the search path. */
  readonly installEnvironment: Readonly<Record<string, string>>
  /** The machine's unless told. */
  readonly clock?: Clock | undefined
  /** Stands between the engine and its sinks, where told. */
  readonly wrapSinks?: ((sinks: SinkResolver) => SinkResolver) | undefined
}

/** What everything else stands on. */
export interface Ground {
  readonly clock: Clock
  readonly random: Random
  readonly startedAtMs: number
  readonly plugins: Plugins
  readonly storage: Storage
  readonly eventLogs: EventLogs
  readonly credentials: LoadedCredentials
  /** All that there are. */
  readonly accounts: ReadonlySet<string>
  readonly secrets: SecretBox
  readonly tracer: Tracer
}

export async function openGround(
  { config, log, root, version, clock = systemClock }: CompositionOptions,
  owned: AsyncDisposableStack,
): Promise<Ground> {
  // The first to open: what everything else does until its end is still told.
  const tracer = owned.use(await openTracer(config, version))
  const plugins = await createPlugins({ root, log })
  const storage = owned.use(await openStorage(plugins, config))
  const credentials = await loadCredentials(config)
  return {
    clock,
    random: systemRandom(clock),
    startedAtMs: clock.nowMs(),
    plugins,
    storage,
    eventLogs: openEventLogs(storage.log),
    credentials,
    accounts: new Set([config.account, ...credentials.credentials.map(({ account }) => account)]),
    secrets: await loadSecretBox(config.dataPath, config.secretKey),
    tracer,
  }
}

async function openTracer({ otlpEndpoint, traceRatio, region }: Config, version: string): Promise<Tracer> {
  if (otlpEndpoint === undefined) return silentTracer
  return await openOtlpTracer({ endpoint: otlpEndpoint, ratio: traceRatio, region, version })
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
