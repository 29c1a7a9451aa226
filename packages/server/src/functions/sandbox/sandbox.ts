import type { Readable } from 'node:stream'
import type { LaunchPlan } from '@millrace/spi'
import type { NetworkSpec } from '../../resources/index.ts'

/** What one instance may use and see besides its launch plan. */
export interface SandboxLimits {
  readonly memoryMiB: number
  /** Processor cores. */
  readonly cpu: number
  /** What it may write in its temporary folder. */
  readonly diskMiB: number
  readonly network: NetworkSpec
  /** Nobody waits for it: until it has booted it takes the processor only where no other instance wants it. */
  readonly isSpare?: true
}

/** The folders of one instance. */
export interface SandboxFolders {
  /** Where the Unix socket of the instance lies; the only part of the platform it sees. */
  readonly socketPath: string
  /** Its own, writable, empty at the start; removed by the caller after `exited`. */
  readonly temporaryPath: string
  /**
   * The code, which the instance sees read-only. For an instance that was booted before its function was known it is
   * a folder of its own, empty at first, that the server fills before `initialize`.
   */
  readonly codePath: string
  /** The layers, likewise; the instance sees them as `/opt` where the sandbox can do that. */
  readonly layersPath: string | undefined
}

export interface Exit {
  readonly code: number | null
  readonly signal: string | null
  /** `memory`: it was killed because it wanted more memory than it may have. */
  readonly reason?: 'memory'
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
  /**
   * To be called when the runtime has said its first word, before it is told what to run: until then a sandbox that
   * limits processor time may allow more of it.
   */
  booted?(): void
  /** How the instance sees one of its `SandboxFolders`. */
  seenPath(path: string): string
  /** Stops everything the instance runs, so that it uses no processor time; `thaw` lets it go on. Safe to call again. */
  freeze(): void
  thaw(): void
  /** Resident memory of everything the instance runs, in KiB; `undefined` where it cannot be known. */
  memoryKiB(): number | undefined
  /** Processor time that everything the instance has run has used, in milliseconds; `undefined` likewise. */
  cpuMs(): number | undefined
}

/** Runs strangers' code: how far apart from the rest is the promise of each implementation. */
export interface Sandbox {
  /** Such as `process`; the server says it at its start. */
  readonly kind: string
  /** What it does not keep apart, as sentences for the operator. */
  readonly weaknesses: readonly string[]
  /** What limits memory, processors and processes, such as `cgroup v2`; likewise. */
  readonly limits: string
  /** Ends and removes what an earlier, killed server has left besides processes. To be called before the first start. */
  removeLeftovers?(): Promise<void>
  /** Gets ready in the background; to be called when a start is likely to come. Safe to call again. */
  warm?(): void
  /** Removes what it has made for all instances together. To be called when none lives any more. */
  close?(): Promise<void>
  /** For programs that hold no code of strangers: plain processes, which end with those of the sandbox at the latest. */
  readonly plain: Sandbox
  /**
   * Starts the program of a plan with `MILLRACE_SOCKET` and `TMPDIR` set and nothing inherited.
   * Rejects when the program cannot be started.
   */
  spawn(plan: LaunchPlan, limits: SandboxLimits, folders: SandboxFolders): Promise<SandboxedProcess>
  /** Whether the end of a process that had not begun yet, by its last words, was the sandbox's own and will not last. */
  isPassing?(reason: string): boolean
}
