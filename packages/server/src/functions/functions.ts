import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import type { Blobs, Clock, Documents, PluginLog, Random, Sink } from '@millrace/spi'
import { silentTracer, type Tracer } from '../observability/index.ts'
import type { FunctionSpec, FunctionView, Snapshots } from '../resources/index.ts'
import { CodeCollector, type CodeInfo, type CodeLimits, CodeStore, defaultCodeLimits } from './code/index.ts'
import { functionError } from './errors.ts'
import { FunctionInstanceStarter } from './instance-starter.ts'
import {
  checkEnvironment,
  type CredentialsOf,
  type InvocationResult,
  type InvokeOptions,
  SyncInvoker,
} from './invoke/index.ts'
import { traced } from './invocation-span.ts'
import { removeLeftovers } from './leftovers.ts'
import {
  defaultLogsLimits,
  FunctionLogs,
  type FunctionLogsLimits,
  type LogLine,
  type LogQuery,
} from './logs/index.ts'
import {
  allOf,
  defaultRequestRecordsLimits,
  defaultUsageLimits,
  type InvocationObserver,
  metered,
  type RequestRecord,
  RequestRecords,
  type RequestRecordsLimits,
  silentInvocationObserver,
  type UsageDay,
  UsageKeeper,
  type UsageLimits,
  type UsageQuery,
} from './metering/index.ts'
import {
  defaultInstanceTimes,
  defaultPoolsLimits,
  type InstanceState,
  type InstanceStatus,
  type InstanceTimes,
  Pools,
  type PoolsLimits,
} from './pool/index.ts'
import { runFolder } from './run-folder.ts'
import {
  defaultInstallTimeoutMs,
  RuntimeInstallations,
  Runtimes,
  type RuntimesOptions,
} from './runtimes/index.ts'
import { processSandbox, type Sandbox } from './sandbox/index.ts'
import { defaultScalerLimits, Scaler, type ScalerLimits, type ScalingStatus } from './scaling/index.ts'
import { FunctionSink } from './sink.ts'
import { defaultSparesLimits, Spares, type SparesLimits } from './spares/index.ts'

export interface FunctionsOptions extends Omit<RuntimesOptions, 'installFolder'> {
  /** Unpacked code goes to `code`, the folders of instances to `run`, installed runtimes to `runtimes` below it. */
  readonly dataFolder: string
  readonly blobs: Blobs
  /** Where it is written what functions use. */
  readonly documents: Documents
  readonly snapshots: Snapshots
  readonly clock: Clock
  readonly random: Random
  readonly log: PluginLog
  /** Default: plain processes. */
  readonly sandbox?: Sandbox
  /** Name of the region that functions are told. Default `local`. */
  readonly region?: string
  /** Temporary credentials of roles. Default: none has any. */
  readonly credentialsOf?: CredentialsOf
  readonly limits?: Partial<FunctionsLimits>
  /** Is told of every invocation. Default: nobody. */
  readonly observer?: InvocationObserver
  /** Default: records nothing. */
  readonly tracer?: Tracer
}

export interface FunctionsLimits {
  readonly code: CodeLimits
  readonly logs: FunctionLogsLimits
  readonly pools: PoolsLimits
  readonly times: InstanceTimes
  readonly spares: SparesLimits
  readonly scaling: ScalerLimits
  readonly usage: UsageLimits
  readonly requests: RequestRecordsLimits
  /** From the start of a process to its first word. */
  readonly bootTimeoutMs: number
  /** Processes of instances that boot at once; the others wait, those of functions that boot many longest. */
  readonly bootsMax: number
  /** Longest time that the installation of a runtime may take. */
  readonly installTimeoutMs: number
  /** When the server stops, running invocations have so long to end. */
  readonly drainMsMax: number
}

export const defaultFunctionsLimits: FunctionsLimits = {
  code: defaultCodeLimits,
  logs: defaultLogsLimits,
  pools: defaultPoolsLimits,
  times: defaultInstanceTimes,
  spares: defaultSparesLimits,
  scaling: defaultScalerLimits,
  usage: defaultUsageLimits,
  requests: defaultRequestRecordsLimits,
  bootTimeoutMs: 10_000,
  bootsMax: Math.max(4, 2 * availableParallelism()),
  installTimeoutMs: defaultInstallTimeoutMs,
  drainMsMax: 20_000,
}

export interface FunctionStatus {
  readonly revision: number
  /** Invocations that wait for an instance. */
  readonly waiting: number
  readonly instances: readonly InstanceStatus[]
}

/** The function platform, as the rest of the server sees it. */
export interface Functions extends AsyncDisposable {
  /** What functions run in, and what it does not keep apart. */
  readonly sandbox: Pick<Sandbox, 'kind' | 'limits' | 'weaknesses'>
  /** What functions can run on, and what is to be installed for them. */
  readonly runtimes: Pick<RuntimeInstallations, 'list' | 'install' | 'uninstall'>
  /** Processes that wait for a function they could serve. */
  readonly spares: number
  /** Clears what an earlier run left. To be called once, before anything else. */
  start(): Promise<void>
  /** Checks and keeps a code package; resolves with its name once it is durable. The same files have the same name. */
  uploadCode(files: ReadonlyMap<string, Uint8Array>): Promise<string>
  /** Likewise for a zip, which is kept as it is; rejects with `function.code-invalid`, which names the entry. */
  uploadZip(zip: Uint8Array): Promise<string>
  /** The zip of a package; rejects with `function.code-not-found`, as `codeInfo` does. */
  codeZip(name: string): Promise<Uint8Array>
  codeInfo(name: string): Promise<CodeInfo>
  /** One round of removing the packages that nothing names any more; resolves with how many were removed. */
  collectCode(): Promise<number>
  /** Refuses a definition that could never run: unknown runtime or code, wrong handler or environment. */
  check(spec: FunctionSpec): Promise<void>
  /** Whether the code of a function answers HTTP requests itself, instead of being given them as events. */
  answersHttp(spec: FunctionSpec): Promise<boolean>
  /** See `SyncInvoker.invoke`; rejects with `function.not-found` besides. The qualifier is among the options. */
  invoke(
    account: string,
    name: string,
    payload: Uint8Array,
    options: InvokeOptions,
  ): Promise<InvocationResult>
  /** A sink that invokes the function as it is at each write; the function need not exist yet. */
  sink(account: string, name: string, qualifier?: string): Sink
  logs(account: string, name: string, query?: LogQuery): LogLine[]
  /** Kept lines, then new ones, until the signal aborts. */
  tailLogs(account: string, name: string, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine>
  /** What the functions of an account have used, by day and function; also of functions that are gone. */
  usage(account: string, query: UsageQuery): Promise<UsageDay[]>
  /** The newest invocations that came to an instance, newest first. */
  requests(account: string, name: string, limit: number): RequestRecord[]
  /** Instances of all functions by state, for figures. */
  instances(): Iterable<readonly [key: string, state: InstanceState]>
  /** What is kept for a qualifier by its scaling setting, and why; `undefined` where it has none. */
  scaling(account: string, name: string, qualifier: string): ScalingStatus | undefined
  /** Rejects an unknown function with `function.not-found`. */
  status(account: string, name: string): FunctionStatus
}

export function createFunctions(options: FunctionsOptions): Functions {
  return new FunctionPlatform(options)
}

class FunctionPlatform implements Functions {
  readonly runtimes: RuntimeInstallations
  readonly #snapshots: Snapshots
  readonly #log: PluginLog
  readonly #clock: Clock
  readonly #limits: FunctionsLimits
  readonly #runFolder: string
  readonly #sandbox: Sandbox
  readonly #code: CodeStore
  readonly #collector: CodeCollector
  readonly #logs: FunctionLogs
  readonly #runtimes: Runtimes
  readonly #pools: Pools
  readonly #spares: Spares
  readonly #scaler: Scaler
  readonly #invoker: SyncInvoker
  readonly #observer: InvocationObserver
  readonly #usage: UsageKeeper
  readonly #requests: RequestRecords
  readonly #tracer: Tracer
  readonly #subscription: Disposable
  #closing: Promise<void> | undefined

  constructor(options: FunctionsOptions) {
    const { clock, random, blobs, snapshots, log } = options
    const limits = { ...defaultFunctionsLimits, ...options.limits }
    this.#snapshots = snapshots
    this.#log = log
    this.#clock = clock
    this.#limits = limits
    // Instances have current folders of their own: what they are told must not be relative to the server's.
    const dataFolder = resolve(options.dataFolder)
    this.#runFolder = runFolder(dataFolder)
    this.#sandbox = options.sandbox ?? processSandbox
    this.#collector = new CodeCollector({ blobs, clock, snapshot: () => snapshots.current() })
    this.#code = new CodeStore({
      folder: join(dataFolder, 'code'),
      blobs,
      limits: limits.code,
      collector: this.#collector,
    })
    this.#logs = new FunctionLogs(limits.logs)
    this.#runtimes = new Runtimes({ ...options, installFolder: join(dataFolder, 'runtimes') })
    const functions = (): Iterable<FunctionView> => snapshots.current().functions.values()
    const timeoutMs = limits.installTimeoutMs
    this.runtimes = new RuntimeInstallations({ runtimes: this.#runtimes, clock, functions, timeoutMs })
    const credentialsOf: CredentialsOf = options.credentialsOf ?? (() => undefined)
    const starter = new FunctionInstanceStarter({
      credentialsOf,
      code: this.#code,
      runtimes: this.#runtimes,
      sandbox: this.#sandbox,
      logs: this.#logs,
      clock,
      random,
      snapshot: () => snapshots.current(),
      runFolder: this.#runFolder,
      region: options.region ?? 'local',
      bootTimeoutMs: limits.bootTimeoutMs,
      bootsMax: limits.bootsMax,
      times: limits.times,
    })
    this.#requests = new RequestRecords(limits.requests)
    this.#pools = new Pools(starter, clock, limits.pools, key => {
      this.#logs.forget(key)
      this.#requests.forget(key)
    })
    this.#spares = new Spares({
      clock,
      limits: limits.spares,
      boot: (shape, signal) => starter.bootSpare(shape, signal),
      takeRoom: () => this.#pools.takeSpareRoom(),
      giveRoom: () => this.#pools.giveSpareRoom(),
    })
    starter.useSpares(this.#spares)
    this.#pools.useSurplus(this.#spares)
    const onTurn = (): void => this.#spares.turn()
    const { scaling } = limits
    this.#scaler = new Scaler({ snapshots, pools: this.#pools, clock, limits: scaling, log, onTurn })
    this.#tracer = options.tracer ?? silentTracer
    this.#usage = new UsageKeeper({ documents: options.documents, clock, log, limits: limits.usage })
    this.#observer = allOf([this.#usage, this.#requests, options.observer ?? silentInvocationObserver])
    this.#invoker = new SyncInvoker({ pools: this.#pools, logs: this.#logs, clock, random, credentialsOf })
    this.#pools.follow(snapshots.current().functions)
    this.#subscription = snapshots.subscribe(next => {
      this.#pools.follow(next.functions)
    })
  }

  get spares(): number {
    return this.#spares.count
  }

  get sandbox(): Pick<Sandbox, 'kind' | 'limits' | 'weaknesses'> {
    const { kind, limits, weaknesses } = this.#sandbox
    return { kind, limits, weaknesses }
  }

  async start(): Promise<void> {
    await removeLeftovers(this.#runFolder, this.#sandbox)
    await this.#code.start()
    this.#scaler.start()
    this.#usage.start()
    const { kind, limits, weaknesses } = this.#sandbox
    this.#log.info('functions run in a sandbox', { sandbox: kind, limits, weaknesses })
  }

  uploadCode(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
    return this.#code.put(files)
  }

  uploadZip(zip: Uint8Array): Promise<string> {
    return this.#code.putZip(zip)
  }

  codeZip(name: string): Promise<Uint8Array> {
    return this.#code.zip(name)
  }

  codeInfo(name: string): Promise<CodeInfo> {
    return this.#code.info(name)
  }

  collectCode(): Promise<number> {
    return this.#collector.collect()
  }

  async check(spec: FunctionSpec): Promise<void> {
    checkEnvironment(spec.environment)
    // Whoever defines a function is going to call it.
    this.#sandbox.warm?.()
    const runtime = await this.#runtimes.find(spec.runtime)
    const files = await this.#code.paths(spec.code)
    for (const path of ['handler', 'initializer'] as const) {
      const handler = spec[path]
      const reason = handler === undefined ? undefined : runtime.checkHandler(handler, files)
      if (reason !== undefined) throw functionError('function.invalid', reason, { path })
    }
  }

  async answersHttp(spec: FunctionSpec): Promise<boolean> {
    return spec.handlerKind === 'http' || (await this.#runtimes.find(spec.runtime)).takesHttp === true
  }

  async invoke(
    account: string,
    name: string,
    payload: Uint8Array,
    options: InvokeOptions,
  ): Promise<InvocationResult> {
    options.signal.throwIfAborted()
    const view = this.#find(account, name)
    const calledAtMs = this.#clock.nowMs()
    const invocation = traced(this.#tracer, view, options, told => this.#invoker.invoke(view, payload, told))
    return await metered(this.#observer, view.key, invocation, options, calledAtMs)
  }

  sink(account: string, name: string, qualifier?: string): Sink {
    const named = qualifier === undefined ? {} : { qualifier }
    return new FunctionSink(name, (payload, options) =>
      this.invoke(account, name, payload, { ...options, ...named }),
    )
  }

  logs(account: string, name: string, query: LogQuery = {}): LogLine[] {
    return this.#logs.read(this.#find(account, name).key, query)
  }

  tailLogs(account: string, name: string, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine> {
    return this.#logs.tail(this.#find(account, name).key, query, signal)
  }

  status(account: string, name: string): FunctionStatus {
    const view = this.#find(account, name)
    const pools = this.#pools.find(view.key)
    return {
      revision: view.revision,
      waiting: pools.reduce((sum, pool) => sum + pool.waiting, 0),
      instances: pools.flatMap(pool => pool.status()),
    }
  }

  usage(account: string, query: UsageQuery): Promise<UsageDay[]> {
    return this.#usage.read(account, query)
  }

  requests(account: string, name: string, limit: number): RequestRecord[] {
    return this.#requests.read(this.#find(account, name).key, limit)
  }

  *instances(): Iterable<readonly [key: string, state: InstanceState]> {
    for (const pool of this.#pools.all()) {
      for (const { state } of pool.status()) yield [pool.deployment.functionKey, state]
    }
  }

  scaling(account: string, name: string, qualifier: string): ScalingStatus | undefined {
    return this.#scaler.status(this.#find(account, name), qualifier)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#subscription[Symbol.dispose]()
    this.runtimes[Symbol.dispose]()
    const deadline = new AbortController()
    using _timer = this.#clock.timer(this.#limits.drainMsMax, () => deadline.abort())
    this.#scaler[Symbol.dispose]()
    await this.#spares[Symbol.asyncDispose]()
    await this.#pools.close(deadline.signal)
    await this.#usage[Symbol.asyncDispose]()
    await this.#sandbox.close?.()
    await rm(this.#runFolder, { recursive: true, force: true })
  }

  #find(account: string, name: string): FunctionView {
    const view = this.#snapshots.current().functions.get(`${account}/${name}`)
    if (view !== undefined) return view
    throw functionError('function.not-found', `there is no function ${name}`, { name })
  }
}
