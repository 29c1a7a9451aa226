export * from './runtime-protocol.ts'

/** Where a runtime may look for what is installed. The server passes it in; a runtime reads no environment. */
export interface RuntimeHost {
  /** Folders with executables, separated by `:`, as in `PATH`. */
  readonly searchPath: string
  /** Unix socket of a Docker-compatible engine; where engines usually listen when absent. */
  readonly containerSocketPath?: string
  /** Folder of this language alone, where it keeps the versions that it installs; it need not exist. */
  readonly installPath?: string
  /** What a package manager needs besides the search path to reach its registry: proxies, certificates, settings. */
  readonly installEnvironment?: Readonly<Record<string, string>>
}

/** What decides how an instance is started, before it is known which code it will run. */
export interface LaunchLimits {
  readonly memoryMiB: number
  /** Processor cores, for runtimes that have the code run elsewhere. */
  readonly cpu?: number
  /** Container image, for runtimes that run one. */
  readonly image?: string
}

/** How to start one instance: the command, and the environment that its program needs to start. */
export interface LaunchPlan {
  readonly command: string
  readonly args: readonly string[]
  /** Of the program that launches; the function's own environment travels in the `initialize` frame. */
  readonly environment: Readonly<Record<string, string>>
  /** Files and folders a sandbox must show read-only besides the code: interpreter, bootstrap. */
  readonly readOnlyPaths: readonly string[]
  /**
   * The program is the platform's alone and has others run the code (a container engine): it needs no sandbox, and
   * could not work in one.
   */
  readonly runsCodeElsewhere?: boolean
}

/** One version of a language that was found on this machine. */
export interface InstalledRuntime {
  /** As users write it, such as `nodejs24`. */
  readonly name: string
  /** Exact version, such as `24.21.0`. */
  readonly version: string
  /** Put there by the plug-in's `installer`, which can also remove it. Default no. */
  readonly isAdded?: boolean
  /**
   * Says what is wrong with a handler or initializer, as a sentence, or `undefined`. `files` are the paths in the
   * code package. Called when a function is written, so that a misspelt handler never waits for its first event.
   */
  checkHandler(handler: string, files: ReadonlySet<string>): string | undefined
  /**
   * Whether HTTP requests are passed to the code as they are (`InvokeHeader.http`), instead of as an event. Default
   * no; then only functions of the handler kind `http` get them so.
   */
  readonly takesHttp?: boolean
  /**
   * How long the code's own program may take to start, besides its initializer; the adapter keeps to it. Default 0: no
   * program is started.
   */
  readonly programStartMs?: number
  /** Whether a process can usefully be booted before it is known for which function. Default yes. */
  readonly canWait?: boolean
  launch(limits: LaunchLimits): LaunchPlan
}

/**
 * A language. The program it launches connects to the Unix socket named in the environment variable
 * `MILLRACE_SOCKET` and speaks the runtime protocol (docs/reference/runtime-protocol.md). It serves one function for
 * its whole life, which it learns after it has started: so it can be started before it is needed.
 */
export interface Runtime {
  /** Such as `nodejs`: the names of its versions begin with it, and it stands for the newest of them. */
  readonly language: string
  /** Looks what is installed, newest first; empty when there is none. May start processes; called once by a server. */
  detect(host: RuntimeHost, signal: AbortSignal): Promise<readonly InstalledRuntime[]>
  /** For languages whose versions can be fetched when somebody asks for it; nothing is fetched otherwise. */
  readonly installer?: RuntimeInstaller
}

/**
 * Fetches versions of a language into `RuntimeHost.installPath`, where `detect` finds them. The server has one of
 * these methods run at a time, and asks `detect` again afterwards.
 */
export interface RuntimeInstaller {
  /** Whether a version of this name may exist; whether it does is known only when it is fetched. */
  canInstall(name: string): boolean
  /**
   * Resolves when the version is complete and has answered; until then, and when this rejects, nothing of it can be
   * found. `report` is given what is being done, a line at a time. Rejects with an error whose message tells people why.
   */
  install(
    host: RuntimeHost,
    name: string,
    report: (progress: string) => void,
    signal: AbortSignal,
  ): Promise<void>
  /** Removes what `install` has put there; resolves with false when there is nothing of the name. */
  uninstall(host: RuntimeHost, name: string): Promise<boolean>
}

/** Declares a runtime. Importing its module does nothing else. */
export function defineRuntime(runtime: Runtime): Runtime {
  return runtime
}

/** The version that a name asks for: the exact name, or the newest when it is the language alone. */
export function selectRuntime(
  installed: readonly InstalledRuntime[],
  language: string,
  name: string,
): InstalledRuntime | undefined {
  return name === language ? installed[0] : installed.find(candidate => candidate.name === name)
}
