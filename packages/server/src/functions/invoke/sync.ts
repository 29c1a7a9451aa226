import type { Clock, InvokeHeader, Random } from '@millrace/spi'
import type { Deployment, FunctionView } from '../../resources/index.ts'
import { resolveDeployment } from '../control/index.ts'
import { functionError, startFailed, throttled } from '../errors.ts'
import type { FunctionLogs } from '../logs/index.ts'
import { type Answer, type Call, type Lease, type Pools, StartFailure } from '../pool/index.ts'
import { contextCredentials, type CredentialsOf } from './credentials.ts'
import { checkRequestId, newRequestId } from './ids.ts'
import { logTail } from './log-tail.ts'
import type { InvocationResult, InvokeOptions, Metering } from './result.ts'

/** Largest payload of a synchronous invocation (function-compute section 3.2). */
export const payloadBytesMax = 32 * 1_024 * 1_024

/** Instances that may end under an invocation before it has begun; more is no accident. */
const instancesTriedMax = 3

/** When to come again, told to callers of a function that is kept from having any instances. */
const noneReservedDelayMs = 60_000

export interface InvokerOptions {
  readonly pools: Pools
  readonly logs: FunctionLogs
  readonly clock: Clock
  readonly random: Random
  readonly credentialsOf: CredentialsOf
}

/** Who is invoked, and how it is called in the log. */
interface Subject {
  readonly view: FunctionView
  readonly deployment: Deployment
  readonly requestId: string
  readonly calledAtMs: number
}

/** Invokes and waits for the result. */
export class SyncInvoker {
  readonly #pools: Pools
  readonly #logs: FunctionLogs
  readonly #clock: Clock
  readonly #random: Random
  readonly #credentialsOf: CredentialsOf

  constructor(options: InvokerOptions) {
    this.#pools = options.pools
    this.#logs = options.logs
    this.#clock = options.clock
    this.#random = options.random
    this.#credentialsOf = options.credentialsOf
  }

  /**
   * Resolves with what the code made of the payload, a failure included. Rejects with `function.disabled`,
   * `function.version-not-found`, `function.alias-not-found`, `function.payload-too-large`, `function.throttled`,
   * `function.start-failed`, `function.closed`, or with the signal's reason.
   */
  async invoke(view: FunctionView, payload: Uint8Array, options: InvokeOptions): Promise<InvocationResult> {
    checkCallable(view)
    checkPayload(payload)
    if (options.requestId !== undefined) checkRequestId(options.requestId)
    const subject: Subject = {
      view,
      deployment: resolveDeployment(view, options.qualifier, this.#random),
      requestId: options.requestId ?? newRequestId(this.#clock, this.#random),
      calledAtMs: this.#clock.nowMs(),
    }
    for (let tried = 0; tried < instancesTriedMax; tried++) {
      const pool = this.#pools.of(view, subject.deployment)
      const lease = pool.tryLease() ?? (await this.#wait(subject, payload.length, options.signal))
      if ('failure' in lease) return this.#notStarted(subject, lease)
      const result = await this.#run(subject, lease, payload, options)
      if (result !== undefined) return result
    }
    throw startFailed(view.name, `${instancesTriedMax} instances ended before they began the invocation`)
  }

  async #wait(subject: Subject, bytes: number, signal: AbortSignal): Promise<Lease | StartFailure> {
    try {
      const { view, deployment, requestId } = subject
      return await this.#pools.of(view, deployment).lease(requestId, bytes, signal)
    } catch (error) {
      if (error instanceof StartFailure) return error
      throw error
    }
  }

  /** `undefined` when the instance ended before it had begun. */
  async #run(
    subject: Subject,
    lease: Lease,
    payload: Uint8Array,
    options: InvokeOptions,
  ): Promise<InvocationResult | undefined> {
    const { requestId, deployment } = subject
    const { timeoutMs } = deployment.spec
    const nowMs = this.#clock.nowMs()
    const credentials = this.#credentialsOf(deployment)
    const header = invokeHeader(requestId, nowMs + timeoutMs, options)
    const call: Call = {
      header:
        credentials === undefined ? header : { ...header, credentials: contextCredentials(credentials) },
      payload,
      timeoutMs,
      ...(options.stream === undefined ? {} : { stream: options.stream }),
      finished: lease.release,
    }
    const answer = await lease.instance.invoke(call, options.signal)
    if (answer.status === 'not-begun') return undefined
    const metering = meteringOf(subject, lease, answer, nowMs - subject.calledAtMs)
    const tail = options.wantsLogTail === true ? await this.#tail(subject, metering) : undefined
    if (answer.status === 'failed') {
      return { status: 'failed', requestId, failure: answer.failure, metering, ...tail }
    }
    const { payload: given, contentType, head } = answer
    return {
      status: 'ok',
      requestId,
      payload: given,
      contentType,
      ...(head === undefined ? {} : { head }),
      metering,
      ...tail,
    }
  }

  async #tail(
    { view, deployment, requestId }: Subject,
    metering: Metering,
  ): Promise<{ logTail?: Uint8Array }> {
    if (deployment.spec.concurrencyPerInstance > 1) return {}
    const lines = await this.#logs.settled(view.key, requestId)
    return { logTail: logTail(lines, metering) }
  }

  #notStarted(subject: Subject, { failure }: StartFailure): InvocationResult {
    const { requestId, deployment, calledAtMs } = subject
    const { memoryMiB, cpu } = deployment.spec
    const metering: Metering = {
      durationMs: 0,
      billedMs: 0,
      waitMs: this.#clock.nowMs() - calledAtMs,
      coldStart: true,
      memoryMiB,
      cpu,
      memoryKiBMax: 0,
      instanceId: '',
      version: deployment.version,
    }
    return { status: 'failed', requestId, failure, metering }
  }
}

function checkCallable(view: FunctionView): void {
  if (view.disabled !== undefined) {
    const reason = view.disabled === '' ? 'it is disabled' : view.disabled
    throw functionError('function.disabled', `function ${view.name} may not be called: ${reason}`)
  }
  if (view.reservedInstances === 0) {
    throw throttled(view.name, '0 instances are reserved for it', noneReservedDelayMs)
  }
}

function checkPayload(payload: Uint8Array): void {
  if (payload.length <= payloadBytesMax) return
  const message = `the payload has ${payload.length} bytes; the limit is ${payloadBytesMax}`
  throw functionError('function.payload-too-large', message, { limit: payloadBytesMax, seen: payload.length })
}

/** Only what is there: each member is written and read once for each invocation. */
function invokeHeader(requestId: string, deadlineMs: number, options: InvokeOptions): InvokeHeader {
  const { retryCount = 0, qualifier, http, trace } = options
  return {
    requestId,
    deadlineMs,
    ...(retryCount === 0 ? {} : { retryCount }),
    ...(qualifier === undefined ? {} : { qualifier }),
    ...(http === undefined ? {} : { http }),
    ...(trace === undefined ? {} : { tracing: { ...trace } }),
  }
}

function meteringOf(
  { deployment }: Subject,
  { instance, coldStart, phases }: Lease,
  answer: Exclude<Answer, { status: 'not-begun' }>,
  waitMs: number,
): Metering {
  const { memoryMiB, cpu } = deployment.spec
  const spentMs = phases === undefined ? 0 : phases.codeMs + phases.runtimeMs + phases.initializeMs
  return {
    durationMs: answer.durationMs,
    billedMs: answer.billedMs,
    waitMs,
    coldStart,
    ...(phases === undefined ? {} : { phases: { scheduleMs: Math.max(0, waitMs - spentMs), ...phases } }),
    memoryMiB,
    cpu,
    memoryKiBMax: answer.memoryKiB,
    instanceId: instance.id,
    version: deployment.version,
  }
}
