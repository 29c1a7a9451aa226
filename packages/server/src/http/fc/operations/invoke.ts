import type { FastifyReply } from 'fastify'
import { type CallOptions, failureBody, type InvocationResult } from '../../../functions/index.ts'
import { AnswerOnTheWay } from '../../invocation-answer.ts'
import { type Call, headerOf, type Handler, nothing } from '../call.ts'
import type { FcParts } from '../parts.ts'
import { invalidArgument, Refusal } from '../refusal.ts'
import type { Subject, SubjectOf } from '../subject.ts'

/** What a caller asks for by headers (function-compute section 3.1). */
interface Wishes {
  readonly isAsynchronous: boolean
  readonly wantsLogTail: boolean
  readonly taskId: string | undefined
  readonly delayMs: number | undefined
}

/**
 * `InvokeFunction`. A function that fails has been called all the same: 200, with `x-fc-error-type`. What a handler
 * streams is passed on as it comes. `versionHeader` tells which version ran.
 */
export function invokeHandler(parts: FcParts, subjectOf: SubjectOf, versionHeader: string): Handler {
  return async call => {
    const subject = await subjectOf(call)
    const { account, name } = subject
    parts.services.resources.functions.get(account, name)
    const wishes = wishesOf(call)
    await (wishes.isAsynchronous
      ? accept(parts, call, subject, wishes)
      : invoke(parts, call, subject, wishes, versionHeader))
    return nothing
  }
}

function wishesOf(call: Call): Wishes {
  const type = headerOf(call, 'x-fc-invocation-type')?.toLowerCase() ?? 'sync'
  if (type !== 'sync' && type !== 'async') throw invalidArgument('x-fc-invocation-type is Sync or Async')
  const log = headerOf(call, 'x-fc-log-type')?.toLowerCase() ?? 'none'
  if (log !== 'none' && log !== 'tail') throw invalidArgument('x-fc-log-type is None or Tail')
  const delay = headerOf(call, 'x-fc-async-delay')
  if (delay !== undefined && !/^\d{1,6}$/.test(delay)) {
    throw invalidArgument('x-fc-async-delay is a whole number of seconds')
  }
  return {
    isAsynchronous: type === 'async',
    wantsLogTail: log === 'tail',
    taskId: headerOf(call, 'x-fc-async-task-id') ?? headerOf(call, 'x-fc-stateful-async-invocation-id'),
    delayMs: delay === undefined ? undefined : Number(delay) * 1_000,
  }
}

/**
 * The call is durable when it is answered. A task id counts where the function keeps tasks and is passed over elsewhere,
 * as the interface has it.
 */
async function accept(
  { services }: FcParts,
  call: Call,
  { account, name, qualifier }: Subject,
  { taskId, delayMs }: Wishes,
): Promise<void> {
  const setting = services.resources.functions.view(account, name).async.get(qualifier)
  const options: CallOptions = {
    qualifier,
    requestId: call.requestId,
    ...traceOf(call),
    ...(taskId === undefined || setting?.spec.tasks !== true ? {} : { taskId }),
    ...(delayMs === undefined ? {} : { delayMs }),
  }
  const accepted = await services.calls.call(account, name, call.body, options)
  if (accepted.taskId !== undefined) {
    void call.reply.header('x-fc-async-task-id', accepted.taskId)
    void call.reply.header('x-fc-stateful-async-invocation-id', accepted.taskId)
  }
  void call.reply.code(202).send()
}

async function invoke(
  { services }: FcParts,
  call: Call,
  subject: Subject,
  { wantsLogTail }: Wishes,
  versionHeader: string,
): Promise<void> {
  const { reply, requestId } = call
  const { account, name, qualifier } = subject
  const answer = new AnswerOnTheWay(reply, { 'x-fc-request-id': requestId })
  const result = await answer.during(signal =>
    services.functions.invoke(account, name, call.body, {
      qualifier,
      requestId,
      ...traceOf(call),
      wantsLogTail,
      // A log tail is a header, and known at the end only: then the answer has to wait for it.
      ...(wantsLogTail ? {} : { stream: answer }),
      signal,
    }),
  )
  if (answer.hasBegun) {
    answer.end(result.status === 'ok')
    return
  }
  await describe(services, reply, result, { subject, versionHeader })
  if (result.status === 'failed') {
    const { failure } = result
    if (failure.cause === 'not-started') {
      throw new Refusal(412, failure.errorType ?? 'FunctionNotStarted', failure.errorMessage)
    }
    void reply.header('x-fc-error-type', failure.type).type('application/json').send(failureBody(failure))
    return
  }
  const { payload, contentType = 'application/octet-stream' } = result
  void reply.type(contentType).send(Buffer.from(payload))
}

interface Invoked {
  readonly subject: Subject
  readonly versionHeader: string
}

async function describe(
  { functions, resources }: FcParts['services'],
  reply: FastifyReply,
  { metering, logTail }: InvocationResult,
  { subject: { account, name, shownVersions }, versionHeader }: Invoked,
): Promise<void> {
  const { durationMs, memoryKiBMax, instanceId, version } = metering
  reply.header(versionHeader, shownVersions?.get(version) ?? version)
  reply.header('x-fc-invocation-duration', durationMs.toFixed(2))
  reply.header('x-fc-max-memory-usage', (memoryKiBMax / 1_024).toFixed(2))
  if (instanceId !== '') reply.header('x-fc-instance-id', instanceId)
  if (logTail !== undefined) reply.header('x-fc-log-result', Buffer.from(logTail).toString('base64'))
  const view = resources.snapshots.current().functions.get(`${account}/${name}`)
  const code = (view?.versions.get(version)?.deployment ?? view?.latest)?.spec.code ?? ''
  // Known, because the code was just unpacked; should it have gone meanwhile, the answer does without.
  const info = code === '' ? undefined : await functions.codeInfo(code).catch(() => undefined)
  if (info !== undefined) reply.header('x-fc-code-checksum', info.checksum)
}

function traceOf(call: Call): Pick<CallOptions, 'trace'> {
  const { traceparent, tracestate } = call.headers
  if (typeof traceparent !== 'string' || !/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(traceparent))
    return {}
  return { trace: { traceparent, ...(typeof tracestate === 'string' ? { tracestate } : {}) } }
}
