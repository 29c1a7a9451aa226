import { constants, getPriority, setPriority } from 'node:os'
import type { SandboxLimits } from '../sandbox.ts'
import { type InstanceLimits, type LimitsMechanism, processesMax } from './mechanism.ts'
import { descendants, ownMemoryKiB, usedCpuMs } from './process-tree.ts'

/** How often the memory of an instance is looked at. What it takes in between it has taken. */
const watchEveryMs = 100

/** What instances are nicer than the server by, in the kernel's measure: they give way when processors are scarce. */
const nicer = 5

/** A tree of processes that goes on forking is stopped in so many rounds. */
const stopRounds = 5

/**
 * Limits for machines where the server may make no control groups. Processes are limited by the kernel, which counts
 * those of each user namespace; memory by looking at it again and again.
 */
export const rlimits: LimitsMechanism = {
  kind: 'rlimits',
  weaknesses: [
    `memory is looked at every ${watchEveryMs} ms instead of being limited by the kernel; give the server a control group of its own`,
    'processor time is not limited, because the server has no control group of its own',
  ],
  open: (_name, limits) => new WatchedTree(limits),
  removeLeftovers: () => Promise.resolve(),
  close: () => Promise.resolve(),
}

class WatchedTree implements InstanceLimits {
  readonly outside = ''
  /** Either flag, by the shell. A shell that knows neither must not run code without the limit. */
  readonly inside = `ulimit -u ${processesMax} 2>/dev/null || ulimit -p ${processesMax} || exit 125; `
  readonly #memoryKiBMax: number
  #root: number | undefined
  #timer: NodeJS.Timeout | undefined
  #exceeded = false
  #frozen = false

  constructor(limits: SandboxLimits) {
    this.#memoryKiBMax = limits.memoryMiB * 1_024
  }

  began(processId: number): void {
    this.#root = processId
    makeNice(processId)
    this.#timer = setInterval(() => this.#look(), watchEveryMs)
    this.#timer.unref()
  }

  booted(): void {}

  #look(): void {
    if (this.#frozen || (this.memoryKiB() ?? 0) <= this.#memoryKiBMax) return
    this.#exceeded = true
    this.kill()
  }

  /** With the first process of a sandbox the kernel kills all others. */
  kill(): void {
    if (this.#root !== undefined) signal(this.#root, 'SIGKILL')
  }

  freeze(): void {
    if (this.#root === undefined) return
    this.#frozen = true
    const stopped = new Set<number>()
    for (let round = 0; round < stopRounds; round++) {
      const fresh = descendants(this.#root).filter(processId => !stopped.has(processId))
      if (fresh.length === 0) return
      for (const processId of fresh) {
        signal(processId, 'SIGSTOP')
        stopped.add(processId)
      }
    }
  }

  thaw(): void {
    if (this.#root === undefined) return
    this.#frozen = false
    for (const processId of descendants(this.#root)) signal(processId, 'SIGCONT')
  }

  memoryKiB(): number | undefined {
    if (this.#root === undefined) return undefined
    return descendants(this.#root).reduce((sum, processId) => sum + ownMemoryKiB(processId), 0)
  }

  cpuMs(): number | undefined {
    if (this.#root === undefined) return undefined
    return descendants(this.#root).reduce((sum, processId) => sum + usedCpuMs(processId), 0)
  }

  ranOutOfMemory(): boolean {
    return this.#exceeded
  }

  close(): Promise<void> {
    clearInterval(this.#timer)
    // Its number may be a stranger's from now on.
    this.#root = undefined
    return Promise.resolve()
  }
}

/** What it starts inherits that, and cannot undo it. */
function makeNice(processId: number): void {
  try {
    setPriority(processId, Math.min(constants.priority.PRIORITY_LOW, getPriority() + nicer))
  } catch {
    // It has ended meanwhile.
  }
}

function signal(processId: number, name: NodeJS.Signals): void {
  try {
    process.kill(processId, name)
  } catch {
    // It has ended meanwhile.
  }
}
