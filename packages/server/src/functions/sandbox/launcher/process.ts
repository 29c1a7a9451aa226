import { join } from 'node:path'
import type { PluginLog } from '@millrace/spi'
import type { Launched, Launcher, LaunchRequest } from './launch.ts'
import { defaultLauncherLimits, type LauncherLimits, LauncherRun } from './run.ts'

export interface LauncherOptions {
  /** Folder for the sockets on which the streams of processes come in; made if need be. Its path is at most 87 bytes. */
  readonly folder: string
  readonly log: PluginLog
  readonly limits?: LauncherLimits
}

/**
 * Starts processes from a small program of its own. A server has hundreds of megabytes of page tables' worth of memory,
 * which the kernel copies for each process that it forks, and its event loop stands still meanwhile; so it forks this
 * program alone, when the first process is wanted. When the program ends, its processes end with it, and the next start
 * begins another. See docs/decisions/0018-launcher.md.
 */
export class LauncherProcess implements Launcher {
  readonly #options: LauncherOptions
  #run: Promise<LauncherRun> | undefined
  #count = 0
  #isClosed = false

  constructor(options: LauncherOptions) {
    this.#options = options
  }

  async launch(request: LaunchRequest): Promise<Launched> {
    const run = await this.#running()
    return await run.launch(request)
  }

  warm(): void {
    // Whoever starts a process is told why there is none.
    this.#running().catch(() => {})
  }

  /** Of the program; `undefined` when none runs. */
  async processId(): Promise<number | undefined> {
    return (await this.#run)?.processId
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const run = await this.#run?.catch(() => undefined)
    await run?.end()
  }

  async #running(): Promise<LauncherRun> {
    for (;;) {
      if (this.#isClosed) throw new Error('the launcher is closed')
      this.#run ??= this.#begin()
      const waited = this.#run
      const run = await waited
      if (!run.isOver) return run
      if (this.#run === waited) this.#run = undefined
    }
  }

  async #begin(): Promise<LauncherRun> {
    const { folder, log, limits = defaultLauncherLimits } = this.#options
    // A name that the last run, which may not have cleared up yet, does not use. No instance is called so.
    const socketPath = join(folder, `.launcher-${++this.#count}`)
    try {
      return await LauncherRun.begin(socketPath, log, limits)
    } catch (error) {
      this.#run = undefined
      throw error
    }
  }
}
