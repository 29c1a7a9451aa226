import { type Task, type TaskQuery, type TaskStatus, taskStatuses } from '../../../functions/index.ts'
import { answered, type Call, type Handler, nothing, queryOf } from '../call.ts'
import { limitOf, wholeNumber } from '../paging.ts'
import type { FcParts } from '../parts.ts'
import { invalidArgument } from '../refusal.ts'
import type { Subject, SubjectOf } from '../subject.ts'

/** The generations call the parts of a task differently. */
export interface TaskWords {
  /** Parameter of the query with the beginning of the ids. */
  readonly prefix: string
  /** Member of the answer that holds the list. */
  readonly list: string
  readonly id: string
  readonly payload: string
  readonly error: string
}

/** Records of asynchronous calls (function-compute section 7.4). */
export function taskHandlers({ services: { calls } }: FcParts, subjectOf: SubjectOf, words: TaskWords) {
  const show = (task: Task, { arn }: Subject, payload: Uint8Array | undefined) => ({
    [words.id]: task.taskId,
    functionArn: arn,
    qualifier: task.qualifier,
    requestId: task.requestId,
    instanceId: task.instanceId,
    status: task.status,
    startedTime: task.startedAtMs,
    ...(task.endedAtMs === undefined ? {} : { endTime: task.endedAtMs }),
    ...(task.durationMs === undefined ? {} : { durationMs: Math.round(task.durationMs) }),
    alreadyRetriedTimes: task.retries,
    [words.error]: task.errorMessage,
    ...(payload === undefined ? {} : { [words.payload]: Buffer.from(payload).toString() }),
    destinationStatus: task.destinationStatus,
    events: task.events.map(({ id, atMs, status, detail }) => ({
      eventId: id,
      timestamp: atMs,
      status,
      eventDetail: detail,
    })),
  })

  const list: Handler = async call => {
    const subject = await subjectOf(call)
    const { account, name } = subject
    const page = await calls.tasks.list(account, name, taskQuery(call, words.prefix))
    // The filter by qualifier is ours: a record names it, and most functions are called by one.
    const wanted = queryOf(call, 'qualifier') === undefined ? undefined : subject.qualifier
    const tasks = page.items.filter(({ qualifier }) => wanted === undefined || qualifier === wanted)
    const isFull = queryOf(call, 'includePayload') === 'true'
    const shown = tasks.map(async task => {
      const payload = isFull ? (await calls.tasks.get(account, name, task.taskId)).payload : undefined
      return show(task, subject, payload)
    })
    return answered({
      [words.list]: await Promise.all(shown),
      ...(page.next === undefined ? {} : { nextToken: page.next }),
    })
  }

  const get: Handler = async call => {
    const subject = await subjectOf(call)
    const { payload, ...task } = await calls.tasks.get(subject.account, subject.name, taskIdOf(call))
    return answered(show(task, subject, payload))
  }

  const stop: Handler = async call => {
    const { account, name } = await subjectOf(call)
    await calls.tasks.stop(account, name, taskIdOf(call))
    return nothing
  }

  return { list, get, stop }
}

/** An id that no task can have names none. */
function taskIdOf({ params }: Call): string {
  const id = params['task'] ?? ''
  if (/^[\w-]{1,128}$/.test(id)) return id
  throw invalidArgument('the id of a task has 1 to 128 letters, digits, hyphens or underscores')
}

function taskQuery(call: Call, prefixName: string): TaskQuery {
  const prefix = queryOf(call, prefixName)
  const status = statusOf(queryOf(call, 'status'))
  const startedFromMs = wholeNumber(call, 'startedTimeBegin', 0, Number.MAX_SAFE_INTEGER)
  const startedBeforeMs = wholeNumber(call, 'startedTimeEnd', 0, Number.MAX_SAFE_INTEGER)
  const after = queryOf(call, 'nextToken')
  if (after !== undefined && !/^[\w-]{1,160}$/.test(after)) {
    throw invalidArgument('nextToken is not one that was handed out')
  }
  if (prefix !== undefined && !/^[\w-]{1,128}$/.test(prefix))
    throw invalidArgument(`${prefixName} begins no id`)
  return {
    order: queryOf(call, 'sortOrderByTime')?.toLowerCase() === 'asc' ? 'ascending' : 'descending',
    limit: limitOf(call),
    ...(prefix === undefined ? {} : { prefix }),
    ...(status === undefined ? {} : { status }),
    ...(startedFromMs === undefined ? {} : { startedFromMs }),
    ...(startedBeforeMs === undefined ? {} : { startedBeforeMs }),
    ...(after === undefined ? {} : { after }),
  }
}

function statusOf(text: string | undefined): TaskStatus | undefined {
  if (text === undefined) return undefined
  const status = taskStatuses.find(one => one.toLowerCase() === text.toLowerCase())
  if (status === undefined) throw invalidArgument(`status is one of ${taskStatuses.join(', ')}`)
  return status
}
