import { type Clock, type PluginLog, toAppError } from '@millrace/spi'
import { busKey, type Snapshots } from '../../resources/index.ts'
import type { CallLimits } from './limits.ts'
import { isFinal, moved, type Task } from './task.ts'
import type { TaskRunner } from './task-runner.ts'

/** How often all records are looked through. */
export const reviewEveryMs = 3_600_000

export interface ReviewParts {
  readonly runner: TaskRunner
  /** Of the control plane. */
  readonly snapshots: Snapshots
  readonly clock: Clock
  readonly log: PluginLog
  readonly limits: CallLimits
}

/**
 * Looks through the records of tasks: removes those that ended long ago, and ends those whose function is gone, for nobody
 * will make their calls. Runs at the start, when a function was deleted, and every hour.
 */
export class TaskReview implements AsyncDisposable {
  readonly #parts: ReviewParts
  readonly #stop = new AbortController()
  #timer: Disposable | undefined
  #subscription: Disposable | undefined
  #working: Promise<void> = Promise.resolve()

  constructor(parts: ReviewParts) {
    this.#parts = parts
  }

  start(): void {
    this.#subscription = this.#parts.snapshots.subscribe((next, previous) => {
      for (const [key, view] of previous.functions) {
        if (next.functions.get(key)?.createdAtMs !== view.createdAtMs) this.#queue(`${key}/`)
      }
    })
    this.#queue('')
    this.#arm()
  }

  /** Resolves when what was to be looked through has been. */
  settled(): Promise<void> {
    return this.#working
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#timer?.[Symbol.dispose]()
    this.#subscription?.[Symbol.dispose]()
    await this.#working
  }

  #arm(): void {
    this.#timer = this.#parts.clock.timer(reviewEveryMs, () => {
      this.#queue('')
      this.#arm()
    })
  }

  /** One after another: they would write the same records. */
  #queue(begin: string): void {
    this.#working = this.#working
      .then(() => this.#pass(begin))
      .catch(thrown => {
        const { code } = toAppError(thrown)
        this.#parts.log.warn('looking through tasks failed; the next turn tries again', { code })
      })
  }

  async #pass(begin: string): Promise<void> {
    const { runner, limits } = this.#parts
    let done = 0
    for await (const { account, task } of runner.store.all(begin)) {
      if (this.#stop.signal.aborted || done >= limits.reviewedMax) return
      if (await this.#review(account, task)) done++
    }
  }

  /** Whether the record was changed. */
  async #review(account: string, task: Task): Promise<boolean> {
    const { runner, clock, limits, snapshots } = this.#parts
    const { functionName, taskId } = task
    const nowMs = clock.nowMs()
    if (isFinal(task)) {
      if ((task.endedAtMs ?? nowMs) > nowMs - limits.taskKeptMs) return false
      await runner.store.delete(account, task)
      return true
    }
    const view = snapshots.current().functions.get(busKey(account, functionName))
    // One that runs is moved on by its own execution.
    if (view?.createdAtMs === task.functionCreatedAtMs || runner.isRunning(account, functionName, taskId)) {
      return false
    }
    await runner.store.change(account, functionName, taskId, found =>
      moved(found, 'Invalid', nowMs, 'the function was deleted'),
    )
    return true
  }
}
