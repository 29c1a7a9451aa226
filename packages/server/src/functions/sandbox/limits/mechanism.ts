import type { SandboxLimits } from '../sandbox.ts'

/** Processes and threads of one instance (function-compute section 4.2). */
export const processesMax = 1_024

/** Open files of one process (function-compute section 4.2), or as many as the server itself may allow. */
export const openFilesMax = 100_000

/** How the memory, the processor time and the processes of instances are limited on this machine. */
export interface LimitsMechanism {
  /** For the operator: `cgroup v2`, `cgroup v1`, `rlimits`. */
  readonly kind: string
  /** What it does not limit, as sentences. */
  readonly weaknesses: readonly string[]
  /** Limits for an instance that is about to start; `name` is its own among those that live. Throws when it cannot. */
  open(name: string, limits: SandboxLimits): InstanceLimits
  /** Ends and removes what an earlier server has left. */
  removeLeftovers(): Promise<void>
  /** Removes what holds all instances together. */
  close(): Promise<void>
}

/** The limits of one instance, and what can be seen by them. */
export interface InstanceLimits {
  /** Commands of a POSIX shell that put the shell, and so what it becomes, under the limits; run outside the sandbox. */
  readonly outside: string
  /** Likewise, run inside the sandbox; empty when there is nothing to do there. */
  readonly inside: string
  /** The first process of the sandbox, as soon as it is known: all others descend from it. */
  began(processId: number): void
  /** The runtime has booted; what runs from now on may be a stranger's code. Until then it may use more processor time. */
  booted(): void
  /** Kills everything in the instance. Safe to call again, also after the end. */
  kill(): void
  freeze(): void
  thaw(): void
  memoryKiB(): number | undefined
  cpuMs(): number | undefined
  /** Whether something in it was killed because it wanted more memory than it may have. */
  ranOutOfMemory(): boolean
  /** To be called when the instance has ended; what is left of it is killed. */
  close(): Promise<void>
}
