import { type InstalledRuntime, type Runtime, type RuntimeHost, selectRuntime } from '@millrace/spi'
import { functionError } from './errors.ts'

/**
 * Finds the plug-in for the name of a runtime, by its language: `nodejs24` → the one for `nodejs`.
 * Rejects or throws when there is none.
 */
export type RuntimeResolver = (runtimeName: string) => Runtime | Promise<Runtime>

/** Which runtimes are there, asked once per language. */
export class Runtimes {
  readonly #resolve: RuntimeResolver
  readonly #host: RuntimeHost
  /** As many as there are names of installed versions. */
  readonly #known = new Map<string, InstalledRuntime>()
  readonly #installed = new Map<string, Promise<readonly InstalledRuntime[]>>()

  constructor(resolve: RuntimeResolver, host: RuntimeHost) {
    this.#resolve = resolve
    this.#host = host
  }

  /** What `find` has found for this name before; `undefined` when nobody has asked yet. */
  known(name: string): InstalledRuntime | undefined {
    return this.#known.get(name)
  }

  /** Rejects with `function.runtime-unknown` and the list of what there is. */
  async find(name: string): Promise<InstalledRuntime> {
    const runtime = await this.#resolve(name)
    const installed = await this.#detect(runtime)
    const found = selectRuntime(installed, runtime.language, name)
    if (found !== undefined) {
      this.#known.set(name, found)
      return found
    }
    const names = installed.map(candidate => candidate.name)
    const list = names.length === 0 ? `no ${runtime.language} is installed` : `installed: ${names.join(', ')}`
    throw functionError('function.runtime-unknown', `there is no runtime ${name}; ${list}`, {
      installed: names,
    })
  }

  #detect(runtime: Runtime): Promise<readonly InstalledRuntime[]> {
    const known = this.#installed.get(runtime.language)
    if (known !== undefined) return known
    const detecting = runtime.detect(this.#host, new AbortController().signal)
    this.#installed.set(runtime.language, detecting)
    detecting.catch(() => this.#installed.delete(runtime.language))
    return detecting
  }
}
