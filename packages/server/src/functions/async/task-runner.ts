import { AppError, type Clock, retryBackoff } from '@millrace/spi'
import type { FunctionView } from '../../resources/index.ts'
import type { Call } from './call-event.ts'
import { functionError } from '../errors.ts'
import { isFinal, moved, newTask, type Task, type TaskFacts, type TaskStatus } from './task.ts'
import type { TaskStore } from './task-store.ts'

/** Reason with which the execution of a task is aborted that somebody stops. */
export const stopRequested: unique symbol = Symbol('stop requested')

/** One execution of a task. To be ended with `release`. */
export interface TaskRun {
  /** Aborts when somebody stops the task. */
  readonly signal: AbortSignal
  release(): void
}

/**
 * Writes what becomes of tasks, and knows which of them are executed now. A task has one writer besides those who stop
 * it; every change is made against the revision that it was read at, so none is lost.
 */
export class TaskRunner {
  readonly store: TaskStore
  readonly #clock: Clock
  readonly #runs = new Map<string, AbortController>()
  /** Tasks whose call is being accepted: delivery may be faster than the record. */
  readonly #entries = new Map<string, Promise<void>>()

  constructor(store: TaskStore, clock: Clock) {
    this.store = store
    this.#clock = clock
  }

  /** Whether a task is being executed. */
  isRunning(account: string, name: string, taskId: string): boolean {
    return this.#runs.has(runKey(account, name, taskId))
  }

  /** Accepts the call of a task by `work`; false, and nothing is done, while another of the same id is being accepted. */
  async accept(account: string, name: string, taskId: string, work: () => Promise<void>): Promise<boolean> {
    const key = runKey(account, name, taskId)
    if (this.#entries.has(key)) return false
    const entry = work().finally(() => this.#entries.delete(key))
    this.#entries.set(key, entry)
    await entry
    return true
  }

  /**
   * Enters that a call is about to be made. `undefined` when it must not: the task was stopped or has ended, or belongs to
   * another call with the same id. A record that a crash has kept from being written is written now.
   */
  async begin(account: string, view: FunctionView, call: Call, taskId: string): Promise<TaskRun | undefined> {
    const key = runKey(account, call.name, taskId)
    if (this.#runs.has(key)) return undefined
    const controller = new AbortController()
    this.#runs.set(key, controller)
    const release = (): void => {
      if (this.#runs.get(key) === controller) this.#runs.delete(key)
    }
    try {
      // A record that is being written is not there to be read yet, and in the way of another.
      await this.#entries.get(key)?.catch(() => {})
      const task = await this.#enter(account, view, call, taskId)
      if (task.requestId === call.requestId && task.status === 'Running') {
        return { signal: controller.signal, release }
      }
      release()
      return undefined
    } catch (thrown) {
      release()
      throw thrown
    }
  }

  /** Moves the task of a call on; does nothing for a call without one, and for a task that has ended. */
  async move(
    account: string,
    call: Call,
    status: TaskStatus,
    detail?: string,
    facts?: TaskFacts,
  ): Promise<void> {
    if (call.taskId === undefined) return
    await this.store.change(account, call.name, call.taskId, task =>
      task.requestId === call.requestId ? moved(task, status, this.#clock.nowMs(), detail, facts) : task,
    )
  }

  /**
   * Stops a task: one that waits is ended, the execution of one that runs is aborted. Rejects with
   * `function.task-not-found` and `function.task-ended`.
   */
  async stop(account: string, name: string, taskId: string): Promise<Task> {
    let hasEnded = false
    const task = await this.store.change(account, name, taskId, found => {
      hasEnded = isFinal(found)
      const nowMs = this.#clock.nowMs()
      const stopping = found.status === 'Stopping' ? found : moved(found, 'Stopping', nowMs)
      return this.isRunning(account, name, taskId) ? stopping : moved(stopping, 'Stopped', nowMs)
    })
    if (task === undefined) {
      throw functionError('function.task-not-found', `function ${name} has no task ${taskId}`)
    }
    if (hasEnded) {
      const message = `task ${taskId} has ended already: ${task.status}`
      throw functionError('function.task-ended', message, { status: task.status })
    }
    this.#runs.get(runKey(account, name, taskId))?.abort(stopRequested)
    return task
  }

  async #enter(account: string, view: FunctionView, call: Call, taskId: string): Promise<Task> {
    const change = (task: Task): Task => {
      if (task.requestId !== call.requestId) return task
      const nowMs = this.#clock.nowMs()
      if (task.status === 'Stopping') return moved(task, 'Stopped', nowMs)
      return moved(moved(task, 'Dequeued', nowMs), 'Running', nowMs)
    }
    const known = await this.store.change(account, call.name, taskId, change)
    if (known !== undefined) return known
    await this.store.create(account, newTask(taskFields(view, call, taskId)), call.payload)
    const created = await this.store.change(account, call.name, taskId, change)
    if (created !== undefined) return created
    throw new AppError('storage.conflict', `the record of task ${taskId} is being written`, retryBackoff)
  }
}

/** What the record of a call begins with. */
export function taskFields(view: FunctionView, call: Call, taskId: string): Parameters<typeof newTask>[0] {
  return {
    taskId,
    requestId: call.requestId,
    functionName: call.name,
    qualifier: call.qualifier,
    functionCreatedAtMs: view.createdAtMs,
    startedAtMs: call.calledAtMs,
  }
}

function runKey(account: string, name: string, taskId: string): string {
  return `${account}/${name}/${taskId}`
}
