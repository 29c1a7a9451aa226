import type { Outcome } from './outcome.ts'

/** What a function is, as far as a runtime needs to know. Paths are the runtime's own view of unpacked code. */
export interface FunctionCode {
  /** `account/function/version`, for logs and process titles. */
  readonly name: string
  /** Folder with the unpacked code, read-only to the function. */
  readonly codePath: string
  /** Such as `index.handler`: module and export. */
  readonly handler: string
  readonly initializer: string | undefined
  /** The whole environment of the code: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>
  readonly memoryMiB: number
  readonly timeoutMs: number
  readonly initializerTimeoutMs: number
}

/** How to start one instance: the command, and the environment it needs besides the function's own. */
export interface LaunchPlan {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Files and folders the sandbox must show read-only besides the code: interpreter, bootstrap. */
  readonly readOnlyPaths: readonly string[]
}

/**
 * A language. The program it launches connects to the Unix socket named in `MILLRACE_SOCKET` and speaks the
 * runtime protocol (docs/reference/runtime-protocol.md).
 */
export interface Runtime {
  readonly language: string
  /** Names users may write, newest first, such as `nodejs24`. */
  detect(): Promise<readonly string[]>
  launch(runtimeName: string): LaunchPlan
}

export function defineRuntime(runtime: Runtime): Runtime {
  return runtime
}

export type { Outcome }
