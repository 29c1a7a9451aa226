import {
  type AppError,
  type ConnectorContext,
  type PluginLog,
  type Runtime,
  type Sink,
  type Source,
  type SourceContext,
  toAppError,
} from '@millrace/spi'
import { ConnectorHost, type OptionsRole } from './connector-host.ts'
import { discoverPlugins } from './discover.ts'
import { brokenPlugin, unknownPlugin } from './errors.ts'
import { LazySink } from './lazy-sink.ts'
import { type ImportModule, importModule, Loaded } from './load.ts'
import type { PluginKind, PluginManifest } from './manifest.ts'
import { connectorOf, runtimeOf } from './shapes.ts'

/** One connector of the catalogue: what forms, help and the reference are made from. */
export interface ConnectorSummary {
  readonly system: string
  readonly title: string
  readonly version: string
  readonly description: string
  /** JSON Schema of what an instance says; absent when there are no instances of it. */
  readonly connection?: unknown
  /** Absent when no stream can read from it. */
  readonly source?: {
    readonly options: unknown
    readonly tasksMax: number
    readonly ordered: boolean
  }
  /** Absent when the connector cannot be a target. */
  readonly sink?: {
    /** JSON Schema; texts marked `"secret": true` are never to be shown. */
    readonly options: unknown
    readonly recordsMax: number
    /** Parameters of a target that it reads; `*` at the end stands for any ending. */
    readonly parameters: readonly string[]
  }
  /** Why it cannot be used; then there is neither source nor sink. */
  readonly problem?: { readonly code: string; readonly message: string }
}

/** The plug-ins of an installation. Code is loaded when it is first used; a broken one holds up nobody else. */
export interface Plugins {
  /** All connectors, by system, broken ones with their problem. Loads them all. */
  connectors(): Promise<readonly ConnectorSummary[]>
  /**
   * Completes and checks options. Rejects with `plugin.unknown`, `plugin.broken`, `plugin.unsuitable`, or
   * `options.invalid` with the path of the option.
   */
  checkOptions(
    system: string,
    role: OptionsRole,
    options: unknown,
  ): Promise<Readonly<Record<string, unknown>>>
  /** Rejects like `checkOptions` for a name of a parameter that the sink does not read. */
  checkSinkParameters(system: string, names: Iterable<string>): Promise<void>
  /** A copy of options with every secret in it replaced. Rejects like `checkOptions`. */
  mapSecrets(
    system: string,
    role: OptionsRole,
    options: unknown,
    replace: (secret: string) => string,
  ): Promise<Record<string, unknown>>
  /**
   * Opens a sink without waiting; code that is not loaded yet is loaded with the first write.
   *
   * @throws AppError `plugin.unknown`, or what `checkOptions` rejects with when the code is loaded already
   */
  openSink(system: string, options: unknown, context: ConnectorContext): Sink
  /** Opens a source; loads its code first if need be. Rejects like `checkOptions`. */
  openSource(system: string, options: unknown, context: SourceContext): Promise<Source>
  /** Records that one write of a connector's sink may carry at most. Rejects like `checkOptions`. */
  sinkRecordsMax(system: string): Promise<number>
  /** What a source says of itself. Rejects like `checkOptions`. */
  sourceTraits(system: string): Promise<SourceTraits>
  /**
   * The plug-in that serves a runtime of this name by its package.json: `nodejs24` → `nodejs`. Of several the one
   * with the longest language. Rejects with `plugin.unknown` or `plugin.broken`.
   */
  runtime(runtimeName: string): Promise<Runtime>
  /** All runtimes by language, without those that cannot be used. Loads them all. */
  runtimes(): Promise<readonly Runtime[]>
  /** The module of a storage driver, with its `openStorage`. Rejects with `plugin.unknown` or `plugin.broken`. */
  storage(driver: string): Promise<object>
  /** Folders that cannot be used, each with the reason; what shows only when code is loaded is not among them. */
  readonly problems: readonly AppError[]
}

export interface SourceTraits {
  /** Tasks that can share the records. */
  readonly tasksMax: number
  /** Whether order is kept within partitions. */
  readonly ordered: boolean
}

export interface PluginsOptions {
  /** Root of the installation: the folder of `connectors`, `runtimes` and `storage`. */
  readonly root: string
  readonly log: PluginLog
  /** For tests. */
  readonly importModule?: ImportModule
}

/** Reads the manifests; reports the folders that cannot be used, and goes on without them. */
export async function createPlugins(options: PluginsOptions): Promise<Plugins> {
  const { manifests, problems } = await discoverPlugins(options.root)
  for (const problem of problems) options.log.error('plug-in cannot be used', { error: problem.message })
  return new InstalledPlugins(manifests, problems, options.importModule ?? importModule)
}

class InstalledPlugins implements Plugins {
  readonly problems: readonly AppError[]
  readonly #connectors: ReadonlyMap<string, Loaded<ConnectorHost>>
  readonly #runtimes: ReadonlyMap<string, Loaded<Runtime>>
  readonly #storages: ReadonlyMap<string, Loaded<object>>

  constructor(manifests: readonly PluginManifest[], problems: readonly AppError[], load: ImportModule) {
    const ofKind = <Value>(
      kind: PluginKind,
      read: (module: object, manifest: PluginManifest) => Value,
    ): Map<string, Loaded<Value>> => {
      const chosen = manifests.filter(manifest => manifest.kind === kind)
      return new Map(chosen.map(manifest => [manifest.name, new Loaded(manifest, read, load)]))
    }
    this.problems = problems
    this.#connectors = ofKind(
      'connector',
      (module, manifest) => new ConnectorHost(connectorOf(module, manifest)),
    )
    this.#runtimes = ofKind('runtime', runtimeOf)
    this.#storages = ofKind('storage', storageOf)
  }

  async connectors(): Promise<readonly ConnectorSummary[]> {
    const found = [...this.#connectors.values()]
    const summaries = await Promise.all(found.map(summaryOf))
    return summaries.toSorted((left, right) => (left.system < right.system ? -1 : 1))
  }

  async checkOptions(
    system: string,
    role: OptionsRole,
    options: unknown,
  ): Promise<Readonly<Record<string, unknown>>> {
    return (await this.#host(system).get()).checkOptions(role, options)
  }

  async checkSinkParameters(system: string, names: Iterable<string>): Promise<void> {
    ;(await this.#host(system).get()).checkParameters(names)
  }

  async mapSecrets(
    system: string,
    role: OptionsRole,
    options: unknown,
    replace: (secret: string) => string,
  ): Promise<Record<string, unknown>> {
    return (await this.#host(system).get()).mapSecrets(role, options, replace)
  }

  openSink(system: string, options: unknown, context: ConnectorContext): Sink {
    const loaded = this.#host(system)
    if (loaded.current !== undefined) return loaded.current.openSink(options, context)
    return new LazySink(async () => (await loaded.get()).openSink(options, context))
  }

  async openSource(system: string, options: unknown, context: SourceContext): Promise<Source> {
    return (await this.#host(system).get()).openSource(options, context)
  }

  async sinkRecordsMax(system: string): Promise<number> {
    return (await this.#host(system).get()).sink.recordsMax
  }

  async sourceTraits(system: string): Promise<SourceTraits> {
    const { tasksMax, ordered } = (await this.#host(system).get()).source
    return { tasksMax, ordered }
  }

  #host(system: string): Loaded<ConnectorHost> {
    return pick('connector', system, this.#connectors)
  }

  async runtime(runtimeName: string): Promise<Runtime> {
    const serving = [...this.#runtimes.values()].filter(({ manifest }) => manifest.serves(runtimeName))
    const [nearest] = serving.toSorted(
      (left, right) => right.manifest.name.length - left.manifest.name.length,
    )
    if (nearest === undefined)
      throw unknownPlugin('runtime', runtimeName, [...this.#runtimes.keys()].toSorted())
    return await nearest.get()
  }

  async runtimes(): Promise<readonly Runtime[]> {
    const known = [...this.#runtimes].toSorted(([left], [right]) => (left < right ? -1 : 1))
    const loaded = await Promise.allSettled(known.map(([, runtime]) => runtime.get()))
    return loaded.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  }

  async storage(driver: string): Promise<object> {
    return await pick('storage', driver, this.#storages).get()
  }
}

function pick<Value>(
  kind: PluginKind,
  name: string,
  plugins: ReadonlyMap<string, Loaded<Value>>,
): Loaded<Value> {
  const found = plugins.get(name)
  if (found === undefined) throw unknownPlugin(kind, name, [...plugins.keys()].toSorted())
  return found
}

function storageOf(module: object, manifest: PluginManifest): object {
  if (typeof Reflect.get(module, 'openStorage') === 'function') return module
  throw brokenPlugin(manifest.folder, 'it exports no function `openStorage`.')
}

async function summaryOf(loaded: Loaded<ConnectorHost>): Promise<ConnectorSummary> {
  const { name, version, description } = loaded.manifest
  const known = { system: name, version, description }
  try {
    const { title, connection, source, sink } = (await loaded.get()).connector
    return {
      ...known,
      title,
      ...(connection === undefined ? {} : { connection: plain(connection) }),
      ...(source === undefined
        ? {}
        : {
            source: {
              options: plain(source.options),
              tasksMax: source.tasksMax,
              ordered: source.ordered,
            },
          }),
      ...(sink === undefined
        ? {}
        : {
            sink: {
              options: plain(sink.options),
              recordsMax: sink.recordsMax,
              parameters: sink.parameters ?? [],
            },
          }),
    }
  } catch (thrown) {
    const { code, message } = toAppError(thrown)
    return { ...known, title: name, problem: { code, message } }
  }
}

/** A schema as its JSON, without what typebox keeps beside it. */
function plain(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema))
}
