import { join } from 'node:path'
import { AppError, type InstalledRuntime, type Runtime, type RuntimeHost, selectRuntime } from '@millrace/spi'
import { functionError } from '../errors.ts'

/**
 * Finds the plug-in that serves a name: `nodejs24` → the one for `nodejs`. Rejects or throws with `plugin.unknown` when
 * there is none.
 */
export type RuntimeResolver = (runtimeName: string) => Runtime | Promise<Runtime>

/** All plug-ins that can be used. */
export type RuntimeList = () => Promise<readonly Runtime[]>

/** A version that functions can ask for. */
export interface RuntimeInfo {
  readonly name: string
  readonly language: string
  readonly version: string
  /** It was installed through this server, and can be removed through it. */
  readonly added: boolean
}

export interface RuntimesOptions {
  readonly runtimes: RuntimeResolver
  /** For the list of what there is. Default: only the languages that were asked for. */
  readonly runtimeList?: RuntimeList
  /** Where runtimes look for interpreters: folders separated by `:`. */
  readonly searchPath: string
  /** What package managers need to reach a registry, when a runtime is to be installed. Default: nothing. */
  readonly installEnvironment?: Readonly<Record<string, string>>
  /** Each language has a folder of its own below it. */
  readonly installFolder: string
}

/** Names of versions in a message, at most. */
const namesMax = 40

/** Which runtimes are there. Each language is asked once, and again when something was installed or removed. */
export class Runtimes {
  readonly #options: RuntimesOptions
  /** As many as there are names of installed versions. */
  readonly #known = new Map<string, InstalledRuntime>()
  readonly #asked = new Map<string, Runtime>()
  readonly #installed = new Map<string, Promise<readonly InstalledRuntime[]>>()

  constructor(options: RuntimesOptions) {
    this.#options = options
  }

  /** What `find` has found for this name before; `undefined` when nobody has asked yet. */
  known(name: string): InstalledRuntime | undefined {
    return this.#known.get(name)
  }

  /**
   * Looks at what is there; nothing is ever fetched. Rejects with `function.runtime-unknown`, the list of what there is
   * in any language, and the command that installs the name where one could.
   */
  async find(name: string): Promise<InstalledRuntime> {
    const runtime = await this.plugin(name)
    const found = runtime === undefined ? undefined : await this.look(runtime, name)
    if (found === undefined) throw await this.#unknown(name, runtime)
    this.#known.set(name, found)
    return found
  }

  /** The plug-in that serves a name, if any. Rejects with `plugin.broken`. */
  async plugin(name: string): Promise<Runtime | undefined> {
    try {
      const runtime = await this.#options.runtimes(name)
      this.#asked.set(runtime.language, runtime)
      return runtime
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.code === 'plugin.unknown') return undefined
      throw thrown
    }
  }

  /** The version of a language that a name asks for, if it is there. */
  async look(runtime: Runtime, name: string): Promise<InstalledRuntime | undefined> {
    return selectRuntime(await this.#detect(runtime), runtime.language, name)
  }

  /** All that can be asked for, by language, newest first. Languages that cannot be looked at are left out. */
  async list(): Promise<RuntimeInfo[]> {
    const runtimes = await this.#all()
    const detected = await Promise.allSettled(runtimes.map(runtime => this.#detect(runtime)))
    return detected.flatMap((result, index) => {
      if (result.status === 'rejected') return []
      const { language } = runtimes[index] as Runtime
      return result.value.map(found => runtimeInfo(language, found))
    })
  }

  /** What a language is told of this machine. */
  host({ language }: Runtime): RuntimeHost {
    const { searchPath, installEnvironment = {}, installFolder } = this.#options
    return { searchPath, installEnvironment, installPath: join(installFolder, language) }
  }

  /** To be called when something of this language was installed or removed: it is looked at anew. */
  changed({ language }: Runtime): void {
    this.#installed.delete(language)
    for (const name of this.#known.keys()) if (name.startsWith(language)) this.#known.delete(name)
  }

  async #all(): Promise<readonly Runtime[]> {
    return (await this.#options.runtimeList?.()) ?? [...this.#asked.values()]
  }

  async #unknown(name: string, runtime: Runtime | undefined): Promise<AppError> {
    const names = (await this.list()).map(found => found.name)
    const more = names.length > namesMax ? `, and ${names.length - namesMax} more` : ''
    const list =
      names.length === 0 ? 'none is installed' : `installed: ${names.slice(0, namesMax).join(', ')}${more}`
    const command = `millrace runtime add ${name}`
    const canInstall = runtime?.installer?.canInstall(name) === true
    const next = canInstall ? `. To install it: ${command}` : ''
    return functionError('function.runtime-unknown', `there is no runtime ${name}; ${list}${next}`, {
      installed: names,
      ...(canInstall ? { command } : {}),
    })
  }

  #detect(runtime: Runtime): Promise<readonly InstalledRuntime[]> {
    const known = this.#installed.get(runtime.language)
    if (known !== undefined) return known
    const detecting = runtime.detect(this.host(runtime), new AbortController().signal)
    this.#installed.set(runtime.language, detecting)
    detecting.catch(() => {
      if (this.#installed.get(runtime.language) === detecting) this.#installed.delete(runtime.language)
    })
    return detecting
  }
}

/** A version as people are told of it. */
export function runtimeInfo(language: string, { name, version, isAdded }: InstalledRuntime): RuntimeInfo {
  return { name, language, version, added: isAdded === true }
}
