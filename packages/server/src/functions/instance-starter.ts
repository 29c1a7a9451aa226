import { join } from 'node:path'
import {
  type Clock,
  type InitializeHeader,
  type InstalledRuntime,
  type LaunchLimits,
  type Random,
  toAppError,
} from '@millrace/spi'
import type { Deployment, FunctionSpec, Snapshot } from '../resources/index.ts'
import type { CodeFolder, CodeStore } from './code/index.ts'
import { startFailed } from './errors.ts'
import { instanceDuties } from './instance-duties.ts'
import { codeContext, codeEnvironment, newInstanceId } from './invoke/index.ts'
import { type FunctionLogs, PlatformLines } from './logs/index.ts'
import {
  boot,
  type Instance,
  type InstanceStarter,
  type InstanceTimes,
  type StartedInstance,
  StartFailure,
} from './pool/index.ts'
import type { Runtimes } from './runtimes.ts'
import type { Sandbox } from './sandbox/index.ts'

export interface StarterOptions {
  readonly code: CodeStore
  readonly runtimes: Runtimes
  readonly sandbox: Sandbox
  readonly logs: FunctionLogs
  readonly clock: Clock
  readonly random: Random
  /** Knows what the layers are that a function names. */
  readonly snapshot: () => Snapshot
  /** Where instances have their folders. */
  readonly runFolder: string
  readonly region: string
  readonly bootTimeoutMs: number
  readonly times: InstanceTimes
}

/** The files of one deployment while an instance of it lives. */
interface Files {
  /** `undefined` for functions without code of their own: container images. */
  readonly code: CodeFolder | undefined
  readonly layers: CodeFolder | undefined
}

/** Code, runtime and sandbox put together: one instance of one function, initialised. */
export class FunctionInstanceStarter implements InstanceStarter {
  readonly #options: StarterOptions
  #count = 0

  constructor(options: StarterOptions) {
    this.#options = options
  }

  startMsMax({ spec }: Deployment): number {
    return this.#options.bootTimeoutMs + spec.initializerTimeoutMs
  }

  async start(deployment: Deployment, requestId: string, signal: AbortSignal): Promise<StartedInstance> {
    const { clock } = this.#options
    const startedAtMs = clock.nowMs()
    const runtime = await this.#options.runtimes.find(deployment.spec.runtime)
    const owned = new DisposableStack()
    let instance: Instance | undefined
    const onAbort = (): void => instance?.kill()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const files = await this.#open(deployment, owned)
      const openedAtMs = clock.nowMs()
      instance = await this.#boot(deployment, runtime, files, signal)
      const bootedAtMs = clock.nowMs()
      await this.#initialize(deployment, runtime, instance, files, requestId)
      void instance.gone.then(() => owned.dispose())
      const phases = {
        codeMs: openedAtMs - startedAtMs,
        runtimeMs: bootedAtMs - openedAtMs,
        initializeMs: clock.nowMs() - bootedAtMs,
      }
      return { instance, phases }
    } catch (error) {
      instance?.kill()
      await instance?.gone
      owned.dispose()
      if (error instanceof StartFailure || signal.aborted) throw error
      throw startFailed(deployment.name, toAppError(error).message, error)
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #open({ account, spec }: Deployment, owned: DisposableStack): Promise<Files> {
    const { code, snapshot } = this.#options
    const packages = spec.layers.map(layer => {
      const found = snapshot().layers.get(`${account}/${layer}`)
      // A deleted version stays usable where it is in use; what is kept of it is the name of its package.
      if (found === undefined) throw new Error(`there is no layer ${layer}`)
      return found.spec.code
    })
    return {
      code: spec.code === '' ? undefined : owned.use(await code.open(spec.code)),
      layers: packages.length === 0 ? undefined : owned.use(await code.openLayers(packages)),
    }
  }

  #boot(
    deployment: Deployment,
    runtime: InstalledRuntime,
    files: Files,
    signal: AbortSignal,
  ): Promise<Instance> {
    const { sandbox, logs, clock, random, runFolder, bootTimeoutMs, times } = this.#options
    const { spec, functionKey } = deployment
    const id = newInstanceId(clock, random)
    this.#count++
    return boot(
      {
        id,
        folder: join(runFolder, this.#count.toString(36)),
        sandbox,
        plan: runtime.launch(launchLimits(spec)),
        limits: spec,
        codePath: files.code?.path,
        layersPath: files.layers?.path,
        clock,
        bootTimeoutMs,
        times,
        onOutput: line => logs.append(functionKey, { ...line, atMs: clock.nowMs(), instanceId: id }),
      },
      signal,
    )
  }

  /** Throws `StartFailure` with what the code's side says. */
  async #initialize(
    deployment: Deployment,
    runtime: InstalledRuntime,
    instance: Instance,
    files: Files,
    requestId: string,
  ): Promise<void> {
    const { logs, clock, random } = this.#options
    const { spec, functionKey } = deployment
    const lines = new PlatformLines(logs, functionKey, instance.id, clock)
    const duties = instanceDuties(spec, runtime.takesHttp === true, lines, { clock, random })
    const tells = spec.initializer !== undefined && runtime.takesHttp !== true
    if (tells) lines.began('Initialize', requestId)
    const header = this.#initializeHeader(deployment, instance, files, requestId)
    const failure = await instance.initialize(header, duties)
    if (tells) lines.ended('Initialize', requestId, failure?.errorMessage)
    if (failure !== undefined) throw new StartFailure(failure)
  }

  #initializeHeader(
    deployment: Deployment,
    instance: Instance,
    files: Files,
    requestId: string,
  ): InitializeHeader {
    const { spec } = deployment
    const { region } = this.#options
    const { temporaryPath, process, id: instanceId } = instance
    const codePath = files.code === undefined ? temporaryPath : process.seenPath(files.code.path)
    const layersPath = files.layers && process.seenPath(files.layers.path)
    const surroundings = { instanceId, codePath, layersPath, temporaryPath, region }
    return {
      codePath,
      handler: spec.handler,
      handlerKind: spec.handlerKind,
      ...(spec.initializer === undefined ? {} : { initializer: spec.initializer }),
      ...(spec.preStop === undefined ? {} : { preStop: spec.preStop.handler }),
      ...(spec.preFreeze === undefined ? {} : { preFreeze: spec.preFreeze.handler }),
      ...(layersPath === undefined ? {} : { layersPath }),
      ...(spec.server === undefined ? {} : { server: serverSettings(spec.server) }),
      environment: codeEnvironment(deployment, surroundings),
      requestId,
      context: codeContext(deployment, region),
    }
  }
}

function launchLimits(spec: FunctionSpec): LaunchLimits {
  const image = spec.server?.image
  return image === undefined ? { memoryMiB: spec.memoryMiB } : { memoryMiB: spec.memoryMiB, image }
}

function serverSettings({
  command,
  args,
  port,
  healthCheck,
}: NonNullable<FunctionSpec['server']>): NonNullable<InitializeHeader['server']> {
  return { command: [...command, ...args], port, ...(healthCheck === undefined ? {} : { healthCheck }) }
}
