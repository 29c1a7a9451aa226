import { AppError, type Documents, toAppError } from '@millrace/spi'
import type { Task, TaskStatus } from './task.ts'

/** Records read from storage at a time. */
const pageSize = 1_000

/** Writers of one record are few: its call, somebody who stops it, its destination. More conflicts in a row are no accident. */
const conflictsMax = 20

/** Tasks that one page holds at most (section 7.4). */
export const taskPageMax = 100

export interface TaskQuery {
  readonly status?: TaskStatus
  /** Beginning of the task ids. */
  readonly prefix?: string
  /** Called at or after, and before, in milliseconds. */
  readonly startedFromMs?: number
  readonly startedBeforeMs?: number
  /** By the time of the call; newest first when absent. */
  readonly order?: 'ascending' | 'descending'
  /** 1 to `taskPageMax`, which is the default. */
  readonly limit?: number
  /** `next` of the page before. */
  readonly after?: string
}

export interface TaskPage {
  readonly items: readonly Task[]
  readonly next: string | undefined
}

/** The records of tasks: one document each, and one with the payload. */
export class TaskStore {
  readonly #documents: Documents

  constructor(documents: Documents) {
    this.#documents = documents
  }

  async get(account: string, name: string, taskId: string): Promise<Task | undefined> {
    return (await this.#documents.get(recordKey(account, name, taskId)))?.value as Task | undefined
  }

  async payload(account: string, name: string, taskId: string): Promise<Uint8Array> {
    const text = (await this.#documents.get(payloadKey(account, name, taskId)))?.value
    return Buffer.from(typeof text === 'string' ? text : '', 'base64')
  }

  /** Writes a new record; false when there is one already. */
  async create(account: string, task: Task, payload: Uint8Array): Promise<boolean> {
    const { functionName, taskId } = task
    const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('base64')
    try {
      const record = this.#documents.put(recordKey(account, functionName, taskId), task, 0)
      const written = this.#documents.put(payloadKey(account, functionName, taskId), text, 0)
      // When the record is there already, so is its payload.
      await Promise.all([record, written.catch(ignoreConflict)])
      return true
    } catch (thrown) {
      ignoreConflict(thrown)
      return false
    }
  }

  /**
   * Changes a record as `change` says, which is asked again when another writer was faster. Resolves with what is stored
   * then; `undefined` when there is no record. A change that returns the same object writes nothing.
   */
  async change(
    account: string,
    name: string,
    taskId: string,
    change: (task: Task) => Task,
  ): Promise<Task | undefined> {
    const key = recordKey(account, name, taskId)
    for (let conflicts = 0; ; conflicts++) {
      const found = await this.#documents.get(key)
      if (found === undefined) return undefined
      const task = found.value as Task
      const changed = change(task)
      if (changed === task) return task
      try {
        await this.#documents.put(key, changed, found.revision)
        return changed
      } catch (thrown) {
        ignoreConflict(thrown)
        if (conflicts >= conflictsMax) throw thrown
      }
    }
  }

  async delete(account: string, { functionName, taskId }: Task): Promise<void> {
    await Promise.all([
      this.#documents.delete(payloadKey(account, functionName, taskId)),
      this.#documents.delete(recordKey(account, functionName, taskId)),
    ])
  }

  /** One page by time. Looks at all records of the function that begin so, and holds one page of them in memory. */
  async list(account: string, name: string, query: TaskQuery): Promise<TaskPage> {
    const limit = Math.min(Math.max(1, query.limit ?? taskPageMax), taskPageMax)
    const isBefore = query.order === 'ascending' ? ascending : descending
    const best: Task[] = []
    for await (const { task } of this.all(`${account}/${name}/${query.prefix ?? ''}`)) {
      if (!fits(task, query) || (query.after !== undefined && !isBefore(query.after, placeOf(task)))) continue
      insert(best, task, (left, right) => isBefore(placeOf(left), placeOf(right)))
      if (best.length > limit + 1) best.pop()
    }
    const items = best.slice(0, limit)
    const last = items.at(-1)
    return { items, next: best.length > limit && last !== undefined ? placeOf(last) : undefined }
  }

  /** All records whose `account/function/task` begins so. */
  async *all(begin: string): AsyncGenerator<{ readonly account: string; readonly task: Task }> {
    let after: string | undefined
    for (;;) {
      const options = after === undefined ? { limit: pageSize } : { after, limit: pageSize }
      const page = await this.#documents.list(`call-task/${begin}`, options)
      for (const { key, value } of page) yield { account: key.split('/')[1] ?? '', task: value as Task }
      after = page.at(-1)?.key
      if (page.length < pageSize) return
    }
  }
}

function fits(task: Task, { status, startedFromMs, startedBeforeMs }: TaskQuery): boolean {
  if (status !== undefined && task.status !== status) return false
  if (startedFromMs !== undefined && task.startedAtMs < startedFromMs) return false
  return startedBeforeMs === undefined || task.startedAtMs < startedBeforeMs
}

/** Where a task stands in time: padded, so that texts compare as times do. */
function placeOf({ startedAtMs, taskId }: Task): string {
  return `${String(startedAtMs).padStart(14, '0')}-${taskId}`
}

function ascending(left: string, right: string): boolean {
  return left < right
}

function descending(left: string, right: string): boolean {
  return left > right
}

/** Puts a task into its place in a sorted list. */
function insert(list: Task[], task: Task, isBefore: (left: Task, right: Task) => boolean): void {
  let low = 0
  for (let high = list.length; low < high; ) {
    const middle = (low + high) >>> 1
    const other = list[middle]
    if (other !== undefined && isBefore(other, task)) low = middle + 1
    else high = middle
  }
  list.splice(low, 0, task)
}

function recordKey(account: string, name: string, taskId: string): string {
  return `call-task/${account}/${name}/${taskId}`
}

function payloadKey(account: string, name: string, taskId: string): string {
  return `call-task-payload/${account}/${name}/${taskId}`
}

/** Throws what is no conflict. */
function ignoreConflict(thrown: unknown): void {
  const error: AppError = toAppError(thrown)
  if (error.code !== 'storage.conflict') throw error
}
