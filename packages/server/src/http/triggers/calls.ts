import type { HttpRequestHead, Random } from '@millrace/spi'
import {
  type CallPlan,
  createRewriter,
  type DomainRoute,
  forwardedHeaders,
  type FunctionFailure,
  type InvocationResult,
  type InvokeOptions,
  type Place,
  planCall,
  requestEvent,
  responseOfOutput,
  type Rewriter,
} from '../../functions/index.ts'
import type { Deployment, FunctionView } from '../../resources/index.ts'
import type { Services } from '../services.ts'
import { type AnswerParts, answerStream, type CorsParts, sendAnswer, sendResponse } from './answer.ts'
import type { Wishes } from './control-headers.ts'
import { triggerError } from './errors.ts'
import type { Located } from './locate.ts'
import { passClaims, type PassedClaim } from './passed-claims.ts'
import { refusalBody } from './refusal.ts'

/** A request that was let in, with its body. */
export interface AdmittedRequest {
  readonly parts: AnswerParts
  readonly located: Located
  readonly wishes: Wishes
  /** Without port. */
  readonly host: string
  readonly bytes: Uint8Array
  readonly isForm: boolean
  readonly claims: readonly PassedClaim[]
}

/** A request as the code shall see it: rewritten, with claims, without what is the platform's. */
interface PreparedRequest extends Place {
  readonly rawHeaders: readonly string[]
  readonly body: Uint8Array
}

const jsonType = { 'content-type': 'application/json' }

/** Hands admitted requests to functions and answers them. */
export class TriggerCalls {
  readonly #services: Services
  readonly #random: Random
  /** Made once for each form of a function or route. */
  readonly #answersHttp = new WeakMap<Deployment, boolean>()
  readonly #rewriters = new WeakMap<DomainRoute, Promise<Rewriter>>()

  constructor(services: Services, random: Random) {
    this.#services = services
    this.#random = random
  }

  /** Rejects, with nothing sent, with what is to be told to the client. */
  async run(admitted: AdmittedRequest): Promise<void> {
    const { located, wishes } = admitted
    const plan = await planCall(located.view, located.qualifier, this.#answers, this.#random)
    const prepared = await this.#prepare(admitted)
    if (wishes.isAsynchronous) await this.#later(admitted, plan, prepared)
    else await this.#now(admitted, plan, prepared)
  }

  async #now(admitted: AdmittedRequest, plan: CallPlan, prepared: PreparedRequest): Promise<void> {
    const { parts, located, wishes } = admitted
    const { response, request, requestId } = parts
    const left = new AbortController()
    const onClose = (): void => left.abort(clientLeft())
    response.once('close', onClose)
    // The client may have left while it was let in; then the event has been.
    if (response.destroyed) left.abort(clientLeft())
    const cors: CorsParts = { cors: located.cors, origin: request.headers.origin }
    const options: InvokeOptions = {
      requestId,
      qualifier: plan.qualifier,
      ...traceOf(request.headers),
      ...(wishes.wantsLogTail ? { wantsLogTail: true } : {}),
      ...(plan.answersHttp ? { http: requestHead(admitted, prepared) } : {}),
      // A log tail is a header, and known at the end only: then the answer has to wait for it.
      ...(plan.answersHttp && !wishes.wantsLogTail
        ? { stream: answerStream(parts, cors, error => left.abort(error)) }
        : {}),
      signal: left.signal,
    }
    const { account, name } = located.view
    const payload = plan.answersHttp ? prepared.body : eventOf(this.#services, admitted, prepared)
    try {
      const result = await this.#services.functions.invoke(account, name, payload, options)
      this.#answer(admitted, plan, cors, result)
    } finally {
      response.off('close', onClose)
    }
  }

  #answer(
    { parts, located }: AdmittedRequest,
    plan: CallPlan,
    cors: CorsParts,
    result: InvocationResult,
  ): void {
    const { response } = parts
    const tail = result.logTail
    const further = tail === undefined ? {} : { 'x-fc-log-result': Buffer.from(tail).toString('base64') }
    if (result.status === 'failed') {
      this.#failed(parts, located.view, plan, result.failure, further)
    } else if (response.headersSent) {
      // The parts went through the stream; what came whole besides is their end.
      response.end(result.payload)
    } else if (plan.answersHttp) {
      const { head, contentType, payload } = result
      const type = head?.contentType ?? contentType
      const headers = { ...(type === undefined ? {} : { 'content-type': type }), ...head?.headers }
      sendResponse(parts, cors, { status: head?.statusCode ?? 200, headers, body: payload }, further)
    } else {
      sendResponse(parts, cors, responseOfOutput(result.payload), further)
    }
  }

  /** What went wrong inside stays inside, but for programs that could not be started (function-compute section 3.5). */
  #failed(
    parts: AnswerParts,
    view: FunctionView,
    { answersHttp }: CallPlan,
    failure: FunctionFailure,
    further: Record<string, string>,
  ): void {
    const { response, requestId } = parts
    const { errorType = '', errorMessage, cause } = failure
    const fields = { function: view.key, requestId, cause, errorType }
    this.#services.log.debug('a function failed behind its HTTP trigger', fields)
    if (response.headersSent) {
      response.destroy()
    } else if (startFailures.has(errorType)) {
      sendAnswer(parts, 412, { ...jsonType, ...further }, refusalBody(errorType, errorMessage, requestId))
    } else {
      const isBroken = answersHttp && cause === 'exited'
      const text = isBroken
        ? 'Process exited unexpectedly before completing request'
        : 'Internal Server Error'
      sendAnswer(parts, 502, { ...jsonType, ...further }, text)
    }
  }

  async #later(admitted: AdmittedRequest, plan: CallPlan, prepared: PreparedRequest): Promise<void> {
    const { parts, located, wishes } = admitted
    const { calls } = this.#services
    if (plan.answersHttp) {
      throw triggerError(
        'trigger.asynchronous-unsupported',
        'the code of this function answers HTTP itself: a request to it cannot be made asynchronously',
      )
    }
    const { account, name } = located.view
    const { taskId, delayMs } = wishes
    const accepted = await calls.call(account, name, eventOf(this.#services, admitted, prepared), {
      qualifier: located.qualifier,
      requestId: parts.requestId,
      ...traceOf(parts.request.headers),
      ...(taskId === undefined ? {} : { taskId }),
      ...(delayMs === undefined ? {} : { delayMs }),
    })
    const task = accepted.taskId === undefined ? {} : { 'x-fc-async-task-id': accepted.taskId }
    sendAnswer(parts, 202, task, '')
  }

  async #prepare({ parts, located, bytes, isForm, claims }: AdmittedRequest): Promise<PreparedRequest> {
    const { route, path, query } = located
    const { rawHeaders } = parts.request
    const given = { rawHeaders, path, query, body: bytes }
    const claimed = claims.length === 0 ? given : passClaims(given, claims, isForm)
    if (route?.rewrite === undefined) return claimed
    const rewrite = await this.#rewriterOf(route)
    return { ...claimed, ...rewrite(claimed) }
  }

  #rewriterOf(route: DomainRoute): Promise<Rewriter> {
    let rewriter = this.#rewriters.get(route)
    if (rewriter === undefined) this.#rewriters.set(route, (rewriter = createRewriter(route.rewrite)))
    return rewriter
  }

  readonly #answers = (deployment: Deployment): boolean | Promise<boolean> =>
    this.#answersHttp.get(deployment) ?? this.#ask(deployment)

  async #ask(deployment: Deployment): Promise<boolean> {
    const answers = await this.#services.functions.answersHttp(deployment.spec)
    this.#answersHttp.set(deployment, answers)
    return answers
  }
}

/** What our own error types of programs are called where they have not served anything yet. */
const startFailures: ReadonlySet<string> = new Set([
  'FunctionNotStarted',
  'CAExited',
  'CAFileNotFound',
  'CAFilePermission',
])

function clientLeft(): Error {
  return new Error('the client left before the answer')
}

function eventOf(
  { clock }: Services,
  { parts, located, host }: AdmittedRequest,
  { path, query, rawHeaders, body }: PreparedRequest,
): Uint8Array {
  const { request, requestId } = parts
  return requestEvent({
    method: request.method ?? '',
    path,
    query,
    rawHeaders,
    contentType: request.headers['content-type'],
    body,
    host,
    protocol: `HTTP/${request.httpVersion}`,
    sourceIp: addressOf(request.socket.remoteAddress),
    userAgent: request.headers['user-agent'] ?? '',
    account: located.view.account,
    requestId,
    receivedAtMs: clock.nowMs(),
  })
}

function requestHead(
  { parts }: AdmittedRequest,
  { path, query, rawHeaders }: PreparedRequest,
): HttpRequestHead {
  const { request } = parts
  return {
    method: request.method ?? '',
    path,
    query,
    headers: forwardedHeaders(rawHeaders),
    clientAddress: addressOf(request.socket.remoteAddress),
  }
}

/** An IPv4 address that came over an IPv6 socket is written as what it is. */
function addressOf(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/, '')
}

function traceOf(headers: AnswerParts['request']['headers']): Pick<InvokeOptions, 'trace'> {
  const { traceparent, tracestate } = headers
  if (typeof traceparent !== 'string' || !/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(traceparent))
    return {}
  return { trace: { traceparent, ...(typeof tracestate === 'string' ? { tracestate } : {}) } }
}
