/** States of a task (function-compute, section 7.4). */
export type TaskStatus =
  | 'Enqueued'
  | 'Dequeued'
  | 'Running'
  | 'Retrying'
  | 'Succeeded'
  | 'Failed'
  | 'Stopping'
  | 'Stopped'
  | 'Expired'
  | 'Invalid'

export const taskStatuses: readonly TaskStatus[] = [
  'Enqueued',
  'Dequeued',
  'Running',
  'Retrying',
  'Succeeded',
  'Failed',
  'Stopping',
  'Stopped',
  'Expired',
  'Invalid',
]

/** From one of these a task does not go anywhere. */
const finalStatuses: ReadonlySet<TaskStatus> = new Set([
  'Succeeded',
  'Failed',
  'Stopped',
  'Expired',
  'Invalid',
])

/** Transitions that a record keeps; beyond it those in the middle go. */
export const taskEventsMax = 100

export interface TaskEvent {
  /** Counts from 1, also over those that went. */
  readonly id: number
  readonly atMs: number
  readonly status: TaskStatus
  readonly detail: string
}

/** The record of one asynchronous call. */
export interface Task {
  readonly taskId: string
  readonly requestId: string
  readonly functionName: string
  readonly qualifier: string
  /** Which function of this name it was: one that was deleted and made again is another. */
  readonly functionCreatedAtMs: number
  readonly status: TaskStatus
  /** When it was called. */
  readonly startedAtMs: number
  readonly endedAtMs?: number
  /** Of the last execution. */
  readonly durationMs?: number
  readonly instanceId: string
  /** Executions after the first. */
  readonly retries: number
  readonly errorMessage: string
  /** How the destination took the outcome; empty without one, or before. */
  readonly destinationStatus: '' | 'Succeeded' | 'Failed'
  readonly events: readonly TaskEvent[]
}

/** What a task is from the moment of the call on. */
export interface NewTask {
  readonly taskId: string
  readonly requestId: string
  readonly functionName: string
  readonly qualifier: string
  readonly functionCreatedAtMs: number
  readonly startedAtMs: number
}

export function newTask(fields: NewTask): Task {
  const events: TaskEvent[] = [{ id: 1, atMs: fields.startedAtMs, status: 'Enqueued', detail: '' }]
  const blank = { instanceId: '', retries: 0, errorMessage: '', destinationStatus: '' } as const
  return { ...fields, ...blank, status: 'Enqueued', events }
}

export function isFinal({ status }: Pick<Task, 'status'>): boolean {
  return finalStatuses.has(status)
}

/** What is known with a transition. */
export interface TaskFacts {
  readonly durationMs?: number
  readonly instanceId?: string
  readonly retries?: number
  readonly errorMessage?: string
}

/** The task in another state, with the event that tells so. A task that has ended stays as it is. Pure. */
export function moved(
  task: Task,
  status: TaskStatus,
  atMs: number,
  detail = '',
  facts: TaskFacts = {},
): Task {
  if (isFinal(task)) return task
  const id = (task.events.at(-1)?.id ?? 0) + 1
  const events = bounded([...task.events, { id, atMs, status, detail }])
  const ended = finalStatuses.has(status) ? { endedAtMs: atMs } : {}
  return { ...task, ...facts, ...ended, status, events }
}

function bounded(events: readonly TaskEvent[]): readonly TaskEvent[] {
  if (events.length <= taskEventsMax) return events
  const half = taskEventsMax / 2
  return [...events.slice(0, half), ...events.slice(-half)]
}
