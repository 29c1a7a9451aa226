import { AppError, type Clock, retryNever, type Runtime, type RuntimeInstaller } from '@millrace/spi'
import type { FunctionView } from '../../resources/index.ts'
import { functionError } from '../errors.ts'
import { type RuntimeInfo, runtimeInfo, type Runtimes } from './runtimes.ts'

/** Longest time that an installation may take. */
export const defaultInstallTimeoutMs = 600_000

/** Functions that are named in the refusal to remove what they use, at most. */
const usersMax = 5

/** Is told what an installation is doing, a line at a time. */
export type RuntimeReport = (progress: string) => void

export interface RuntimeInstallationsOptions {
  readonly runtimes: Runtimes
  readonly clock: Clock
  /** All functions of this server: what they use is not removed. */
  readonly functions: () => Iterable<FunctionView>
  readonly timeoutMs: number
}

interface Installable {
  readonly runtime: Runtime
  readonly installer: RuntimeInstaller
}

/** Lists what functions can run on; installs and removes versions when somebody asks for it, one at a time. */
export class RuntimeInstallations implements Disposable {
  readonly #options: RuntimeInstallationsOptions
  readonly #closing = new AbortController()
  /** What is being installed or removed. */
  #current: string | undefined

  constructor(options: RuntimeInstallationsOptions) {
    this.#options = options
  }

  /** All that functions can ask for. */
  list(): Promise<RuntimeInfo[]> {
    return this.#options.runtimes.list()
  }

  /**
   * Resolves when functions can ask for the name, at once if they already can. Ends and leaves nothing when the signal
   * aborts, the time is over or the server stops. Rejects with `function.runtime-unknown` for a name that cannot be
   * installed, `function.runtime-busy`, or `function.runtime-not-installed` with the reason.
   */
  async install(name: string, report: RuntimeReport, signal: AbortSignal): Promise<RuntimeInfo> {
    const { runtimes } = this.#options
    const runtime = await runtimes.plugin(name)
    const present = runtime === undefined ? undefined : await runtimes.look(runtime, name)
    if (runtime !== undefined && present !== undefined) return runtimeInfo(runtime.language, present)
    const installable = installableOf(runtime, name)
    if (installable === undefined) throw await notInstallable(runtimes, name)
    await this.#alone(name, () => this.#install(installable, name, report, signal))
    return runtimeInfo(installable.runtime.language, await runtimes.find(name))
  }

  /**
   * Removes what `install` has put there. Rejects with `resource.not-found` for what was not installed so,
   * `function.runtime-in-use` while a function or a version of one names it, or `function.runtime-busy`.
   */
  async uninstall(name: string): Promise<void> {
    const { runtimes } = this.#options
    const installable = installableOf(await runtimes.plugin(name), name)
    if (installable === undefined) throw notThere(name)
    const { runtime, installer } = installable
    this.#checkUnused(name)
    await this.#alone(name, async () => {
      const removed = await installer.uninstall(runtimes.host(runtime), name)
      runtimes.changed(runtime)
      if (!removed) throw notThere(name)
    })
  }

  /** Ends what is under way. */
  [Symbol.dispose](): void {
    this.#closing.abort()
  }

  async #install(
    { runtime, installer }: Installable,
    name: string,
    report: RuntimeReport,
    signal: AbortSignal,
  ): Promise<void> {
    const { runtimes, clock, timeoutMs } = this.#options
    const overdue = new AbortController()
    using _timer = clock.timer(timeoutMs, () => overdue.abort())
    const signals = AbortSignal.any([signal, overdue.signal, this.#closing.signal])
    try {
      await installer.install(runtimes.host(runtime), name, report, signals)
    } catch (thrown) {
      throw notInstalled(name, this.#reason(thrown, overdue.signal, signal), thrown)
    } finally {
      runtimes.changed(runtime)
    }
  }

  #reason(thrown: unknown, overdue: AbortSignal, cancelled: AbortSignal): string {
    if (cancelled.aborted) return 'it was cancelled'
    if (overdue.aborted) return `it took longer than ${this.#options.timeoutMs / 1_000} s`
    if (this.#closing.signal.aborted) return 'the server is stopping'
    return thrown instanceof Error ? thrown.message : String(thrown)
  }

  async #alone(name: string, work: () => Promise<void>): Promise<void> {
    if (this.#current !== undefined) {
      const message = `${this.#current} is being installed or removed; one runtime at a time`
      throw functionError('function.runtime-busy', message, { name: this.#current }, { kind: 'backoff' })
    }
    this.#current = name
    try {
      await work()
    } finally {
      this.#current = undefined
    }
  }

  #checkUnused(name: string): void {
    const users: string[] = []
    for (const view of this.#options.functions()) if (uses(view, name)) users.push(view.name)
    if (users.length === 0) return
    const more = users.length > usersMax ? `, and ${users.length - usersMax} more` : ''
    const list = `${users.slice(0, usersMax).join(', ')}${more}`
    throw functionError('function.runtime-in-use', `${name} is the runtime of functions: ${list}`, {
      functions: users.slice(0, usersMax),
    })
  }
}

function installableOf(runtime: Runtime | undefined, name: string): Installable | undefined {
  const installer = runtime?.installer
  if (runtime === undefined || installer === undefined || !installer.canInstall(name)) return undefined
  return { runtime, installer }
}

function uses({ latest, versions }: FunctionView, name: string): boolean {
  const published = [...versions.values()].map(version => version.deployment)
  return [latest, ...published].some(({ spec }) => spec.runtime === name)
}

/** The refusal of `find`, or that of a name that this server does not know how to install. */
async function notInstallable(runtimes: Runtimes, name: string): Promise<unknown> {
  try {
    await runtimes.find(name)
    return notInstalled(name, 'it is there already')
  } catch (thrown) {
    return thrown
  }
}

function notInstalled(name: string, reason: string, cause?: unknown): AppError {
  const message = `${name} could not be installed: ${reason}`
  return functionError('function.runtime-not-installed', message, { name }, retryNever, cause)
}

function notThere(name: string): AppError {
  return new AppError(
    'resource.not-found',
    `no runtime ${name} was installed through this server`,
    retryNever,
  )
}
