import type { Readable } from 'node:stream'
import type { LaunchPlan } from '@millrace/spi'

/** What one instance may use and see besides its launch plan. */
export interface SandboxLimits {
  readonly memoryMiB: number
}

/** The folders of one instance. */
export interface SandboxFolders {
  /** Where the Unix socket of the instance lies; the only part of the platform it sees. */
  readonly socketPath: string
  /** Its own, writable, empty at the start; removed by the caller after `exited`. */
  readonly temporaryPath: string
}

export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

/** A running instance and everything it has started. */
export interface SandboxedProcess {
  readonly processId: number
  readonly output: Readable
  readonly errorOutput: Readable
  /** Resolves when the process has ended and its output is closed; never rejects. */
  readonly exited: Promise<Exit>
  /** Ends the process and all it has started, at once. Safe to call again, also after the end. */
  kill(): void
  /** How the instance sees a path of the server's: that of its code or of its temporary folder. */
  seenPath(path: string): string
}

/** Runs strangers' code: how far apart from the rest is the promise of each implementation. */
export interface Sandbox {
  /** Such as `process`; the server says it at its start. */
  readonly kind: string
  /** What it does not keep apart, as sentences for the operator. */
  readonly weaknesses: readonly string[]
  /**
   * Starts the program of a plan with `MILLRACE_SOCKET` and `TMPDIR` set and nothing inherited.
   * Rejects when the program cannot be started.
   */
  spawn(plan: LaunchPlan, limits: SandboxLimits, folders: SandboxFolders): Promise<SandboxedProcess>
}
