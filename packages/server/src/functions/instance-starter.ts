import { join } from 'node:path'
import { type Clock, type InitializeHeader, type Random, toAppError } from '@millrace/spi'
import type { FunctionView } from '../resources/index.ts'
import type { CodeFolder, CodeStore } from './code/index.ts'
import { startFailed } from './errors.ts'
import { codeContext, codeEnvironment, newInstanceId } from './invoke/index.ts'
import type { FunctionLogs } from './logs/index.ts'
import { boot, type Instance, type InstanceStarter, type InstanceTimes, StartFailure } from './pool/index.ts'
import type { Runtimes } from './runtimes.ts'
import type { Sandbox } from './sandbox/index.ts'

export interface StarterOptions {
  readonly code: CodeStore
  readonly runtimes: Runtimes
  readonly sandbox: Sandbox
  readonly logs: FunctionLogs
  readonly clock: Clock
  readonly random: Random
  /** Where instances have their folders. */
  readonly runFolder: string
  readonly region: string
  readonly bootTimeoutMs: number
  readonly times: InstanceTimes
}

/** Code, runtime and sandbox put together: one instance of one function, initialised. */
export class FunctionInstanceStarter implements InstanceStarter {
  readonly #options: StarterOptions
  #count = 0

  constructor(options: StarterOptions) {
    this.#options = options
  }

  startMsMax(view: FunctionView): number {
    return this.#options.bootTimeoutMs + view.spec.initializerTimeoutMs
  }

  async start(view: FunctionView, requestId: string, signal: AbortSignal): Promise<Instance> {
    const runtime = await this.#options.runtimes.find(view.spec.runtime)
    const folder = await this.#options.code.open(view.spec.code)
    let instance: Instance | undefined
    const onAbort = (): void => instance?.kill()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const plan = runtime.launch({ memoryMiB: view.spec.memoryMiB })
      instance = await this.#boot(view, plan, folder, signal)
      const failure = await instance.initialize(
        this.#initializeHeader(view, instance, folder, requestId),
        view.spec.initializerTimeoutMs,
      )
      if (failure !== undefined) throw new StartFailure(failure)
      void instance.gone.then(() => folder[Symbol.dispose]())
      return instance
    } catch (error) {
      instance?.kill()
      await instance?.gone
      folder[Symbol.dispose]()
      if (error instanceof StartFailure || signal.aborted) throw error
      throw startFailed(view.name, toAppError(error).message, error)
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  #boot(
    view: FunctionView,
    plan: Parameters<Sandbox['spawn']>[0],
    folder: CodeFolder,
    signal: AbortSignal,
  ): Promise<Instance> {
    const { sandbox, logs, clock, random, runFolder, bootTimeoutMs, times } = this.#options
    const id = newInstanceId(clock, random)
    this.#count++
    return boot(
      {
        id,
        folder: join(runFolder, this.#count.toString(36)),
        sandbox,
        plan,
        limits: view.spec,
        codePath: folder.path,
        layersPath: undefined,
        clock,
        bootTimeoutMs,
        times,
        onOutput: line => logs.append(view.key, { ...line, atMs: clock.nowMs(), instanceId: id }),
      },
      signal,
    )
  }

  #initializeHeader(
    view: FunctionView,
    instance: Instance,
    folder: CodeFolder,
    requestId: string,
  ): InitializeHeader {
    const { spec } = view
    const { region } = this.#options
    const codePath = instance.process.seenPath(folder.path)
    const { temporaryPath } = instance
    return {
      codePath,
      handler: spec.handler,
      ...(spec.initializer === undefined ? {} : { initializer: spec.initializer }),
      environment: codeEnvironment(view, { instanceId: instance.id, codePath, temporaryPath, region }),
      requestId,
      context: codeContext(view, region),
    }
  }
}
