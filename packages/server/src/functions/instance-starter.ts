import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Clock,
  type InitializeHeader,
  type InstalledRuntime,
  type Random,
  toAppError,
} from '@millrace/spi'
import type { Deployment, FunctionSpec, Snapshot } from '../resources/index.ts'
import type { CodeFolder, CodeStore } from './code/index.ts'
import { startFailed } from './errors.ts'
import { instanceDuties } from './instance-duties.ts'
import { codeContext, codeEnvironment, type CredentialsOf, newInstanceId } from './invoke/index.ts'
import { type FunctionLogs, type OutputLine, PlatformLines } from './logs/index.ts'
import {
  boot,
  BootLine,
  type Instance,
  type InstanceStarter,
  type InstanceTimes,
  ownCodePath,
  ownLayersPath,
  type StartedInstance,
  StartFailure,
} from './pool/index.ts'
import type { Runtimes } from './runtimes/index.ts'
import type { Sandbox } from './sandbox/index.ts'
import { type Shape, shapeOf, type Spare, type Spares } from './spares/index.ts'

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
  readonly credentialsOf: CredentialsOf
  readonly bootTimeoutMs: number
  /** Processes that boot at once. */
  readonly bootsMax: number
  readonly times: InstanceTimes
}

/** The files of one deployment while an instance of it lives. */
interface Files {
  /** `undefined` for functions without code of their own: container images. */
  readonly code: CodeFolder | undefined
  readonly layers: CodeFolder | undefined
}

/** An instance and where its files are, from outside. */
interface Housed {
  readonly instance: Instance
  readonly codePath: string | undefined
  readonly layersPath: string | undefined
}

/** Code, runtime and sandbox put together: one instance of one function, initialised. */
export class FunctionInstanceStarter implements InstanceStarter {
  readonly #options: StarterOptions
  readonly #line: BootLine
  /** Of their own: who boots slowly because nobody waits for it must not stand before those for whom somebody does. */
  readonly #spareLine = new BootLine(1)
  #spares: Spares | undefined
  #count = 0

  constructor(options: StarterOptions) {
    this.#options = options
    this.#line = new BootLine(options.bootsMax)
  }

  /** Takes instances from these where it can, and boots them by `bootSpare`. */
  useSpares(spares: Spares): void {
    this.#spares = spares
  }

  startMsMax({ spec }: Deployment): number {
    const programStartMs = this.#options.runtimes.known(spec.runtime)?.programStartMs ?? 0
    return this.#options.bootTimeoutMs + programStartMs + spec.initializerTimeoutMs
  }

  async start(deployment: Deployment, requestId: string, signal: AbortSignal): Promise<StartedInstance> {
    const runtime = await this.#options.runtimes.find(deployment.spec.runtime)
    const spares = runtime.canWait === false ? undefined : this.#spares
    if (spares === undefined) return await this.#startOne(deployment, runtime, undefined, requestId, signal)
    const shape = shapeOf(deployment.spec, runtime)
    spares.starting(shape)
    try {
      const started = await this.#startOne(deployment, runtime, shape, requestId, signal)
      void started.instance.gone.then(() => spares.ended(shape))
      return started
    } catch (error) {
      spares.ended(shape)
      throw error
    } finally {
      spares.started()
    }
  }

  /** A process of this shape, with empty folders for what it will run. */
  async bootSpare(shape: Shape, signal: AbortSignal): Promise<Spare> {
    const id = newInstanceId(this.#options.clock, this.#options.random)
    const folder = this.#newFolder()
    const [codePath, layersPath] = [ownCodePath(folder), ownLayersPath(folder)]
    for (const path of [codePath, layersPath]) await mkdir(path, { recursive: true, mode: 0o755 })
    let take: (line: OutputLine) => void = () => {}
    const instance = await this.#boot(
      { key: '', id, folder, shape, codePath, layersPath, onOutput: line => take(line) },
      signal,
    )
    return {
      instance,
      codePath,
      layersPath,
      redirect(onOutput) {
        take = onOutput
      },
    }
  }

  /** `shape` is given where a spare may serve. */
  async #startOne(
    deployment: Deployment,
    runtime: InstalledRuntime,
    shape: Shape | undefined,
    requestId: string,
    signal: AbortSignal,
  ): Promise<StartedInstance> {
    const { clock } = this.#options
    const startedAtMs = clock.nowMs()
    const owned = new DisposableStack()
    let instance: Instance | undefined
    const onAbort = (): void => instance?.kill()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const files = await this.#open(deployment, owned)
      const openedAtMs = clock.nowMs()
      const housed =
        this.#housedSpare(deployment, shape, files) ??
        (await this.#housed(deployment, shape ?? shapeOf(deployment.spec, runtime), files, signal))
      instance = housed.instance
      const bootedAtMs = clock.nowMs()
      await this.#initialize(deployment, runtime, housed, requestId)
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

  /** A waiting process that has been given the files; `undefined` when there is none, or the files are too many. */
  #housedSpare(deployment: Deployment, shape: Shape | undefined, files: Files): Housed | undefined {
    const { code, layers } = files
    if (shape === undefined || code?.canLink !== true || layers?.canLink === false) return undefined
    const spare = this.#spares?.take(shape)
    if (spare === undefined) return undefined
    const { instance, codePath, layersPath } = spare
    try {
      spare.redirect(this.#output(deployment, instance.id))
      code.linkInto(codePath)
      layers?.linkInto(layersPath)
    } catch (error) {
      instance.kill()
      throw error
    }
    return { instance, codePath, layersPath: layers && layersPath }
  }

  async #housed(
    deployment: Deployment,
    shape: Shape,
    { code, layers }: Files,
    signal: AbortSignal,
  ): Promise<Housed> {
    const id = newInstanceId(this.#options.clock, this.#options.random)
    const folder = this.#newFolder()
    const [codePath, layersPath] = [code?.path, layers?.path]
    const onOutput = this.#output(deployment, id)
    const key = deployment.functionKey
    const instance = await this.#boot({ key, id, folder, shape, codePath, layersPath, onOutput }, signal)
    return { instance, codePath, layersPath }
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

  #output({ functionKey }: Deployment, instanceId: string): (line: OutputLine) => void {
    const { logs, clock } = this.#options
    return line => logs.append(functionKey, { ...line, atMs: clock.nowMs(), instanceId })
  }

  #newFolder(): string {
    this.#count++
    return join(this.#options.runFolder, this.#count.toString(36))
  }

  async #boot(
    house: {
      /** Function for which it boots; empty for a spare. */
      readonly key: string
      readonly id: string
      readonly folder: string
      readonly shape: Shape
      readonly codePath: string | undefined
      readonly layersPath: string | undefined
      readonly onOutput: (line: OutputLine) => void
    },
    signal: AbortSignal,
  ): Promise<Instance> {
    const { clock, bootTimeoutMs, times } = this.#options
    const { key, shape, ...rest } = house
    const plan = shape.runtime.launch(shape.launch)
    const isSpare = key === ''
    const limits = isSpare ? { ...shape.limits, isSpare } : shape.limits
    const options = { ...rest, plan, limits, clock, bootTimeoutMs, times }
    const { sandbox } = this.#options
    // What boots elsewhere takes no processor here.
    if (plan.runsCodeElsewhere === true) return await boot({ ...options, sandbox: sandbox.plain }, signal)
    using _place = await (isSpare ? this.#spareLine : this.#line).enter(key, signal)
    return await boot({ ...options, sandbox }, signal)
  }

  /** Throws `StartFailure` with what the code's side says. */
  async #initialize(
    deployment: Deployment,
    runtime: InstalledRuntime,
    housed: Housed,
    requestId: string,
  ): Promise<void> {
    const { instance } = housed
    const { logs, clock, random } = this.#options
    const { spec, functionKey } = deployment
    const lines = new PlatformLines(logs, functionKey, instance.id, clock)
    const duties = instanceDuties(spec, runtime, lines, { clock, random })
    const tells = spec.initializer !== undefined && runtime.takesHttp !== true
    if (tells) lines.began('Initialize', requestId)
    const header = this.#initializeHeader(deployment, housed, requestId)
    const failure = await instance.initialize(header, duties)
    if (tells) lines.ended('Initialize', requestId, failure?.errorMessage)
    if (failure !== undefined) throw new StartFailure(failure)
  }

  #initializeHeader(deployment: Deployment, housed: Housed, requestId: string): InitializeHeader {
    const { spec } = deployment
    const { region, credentialsOf } = this.#options
    const { temporaryPath, process, id: instanceId } = housed.instance
    const codePath = housed.codePath === undefined ? temporaryPath : process.seenPath(housed.codePath)
    const layersPath = housed.layersPath && process.seenPath(housed.layersPath)
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
      environment: codeEnvironment(deployment, surroundings, credentialsOf(deployment)),
      requestId,
      context: codeContext(deployment, region),
    }
  }
}

function serverSettings({
  command,
  args,
  port,
  healthCheck,
}: NonNullable<FunctionSpec['server']>): NonNullable<InitializeHeader['server']> {
  return {
    command: [...command, ...args],
    programLength: command.length,
    port,
    ...(healthCheck === undefined ? {} : { healthCheck }),
  }
}
