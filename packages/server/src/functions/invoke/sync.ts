import type { Clock, Random } from '@millrace/spi'
import { type FunctionView, latestVersion } from '../../resources/index.ts'
import { functionError, startFailed } from '../errors.ts'
import { type Lease, type Pools, StartFailure } from '../pool/index.ts'
import { checkRequestId, newRequestId } from './ids.ts'
import type { InvocationResult, InvokeOptions, Metering } from './result.ts'

/** Largest payload of a synchronous invocation (function-compute section 3.2). */
export const payloadBytesMax = 32 * 1_024 * 1_024

/** Instances that may end under an invocation before it has begun; more is no accident. */
const instancesTriedMax = 3

export interface InvokerOptions {
  readonly pools: Pools
  readonly clock: Clock
  readonly random: Random
}

/** Invokes and waits for the result. */
export class SyncInvoker {
  readonly #pools: Pools
  readonly #clock: Clock
  readonly #random: Random

  constructor(options: InvokerOptions) {
    this.#pools = options.pools
    this.#clock = options.clock
    this.#random = options.random
  }

  /**
   * Resolves with what the code made of the payload, a failure included. Rejects with `function.payload-too-large`,
   * `function.throttled`, `function.start-failed`, `function.closed`, or with the signal's reason.
   */
  async invoke(view: FunctionView, payload: Uint8Array, options: InvokeOptions): Promise<InvocationResult> {
    if (payload.length > payloadBytesMax) {
      const message = `the payload has ${payload.length} bytes; the limit is ${payloadBytesMax}`
      const details = { limit: payloadBytesMax, seen: payload.length }
      throw functionError('function.payload-too-large', message, details)
    }
    if (options.requestId !== undefined) checkRequestId(options.requestId)
    const requestId = options.requestId ?? newRequestId(this.#clock, this.#random)
    const calledAtMs = this.#clock.nowMs()
    for (let tried = 0; tried < instancesTriedMax; tried++) {
      const lease = await this.#lease(view, requestId, payload.length, options.signal)
      if ('failure' in lease) return this.#notStarted(view, requestId, calledAtMs, lease)
      const waitMs = this.#clock.nowMs() - calledAtMs
      const result = await this.#run(view, lease, requestId, waitMs, payload, options)
      if (result !== undefined) return result
    }
    throw startFailed(view.name, `${instancesTriedMax} instances ended before they began the invocation`)
  }

  async #lease(
    view: FunctionView,
    requestId: string,
    bytes: number,
    signal: AbortSignal,
  ): Promise<Lease | StartFailure> {
    try {
      return await this.#pools.of(view).lease(requestId, bytes, signal)
    } catch (error) {
      if (error instanceof StartFailure) return error
      throw error
    }
  }

  /** `undefined` when the instance ended before it had begun. */
  async #run(
    view: FunctionView,
    lease: Lease,
    requestId: string,
    waitMs: number,
    payload: Uint8Array,
    options: InvokeOptions,
  ): Promise<InvocationResult | undefined> {
    const { timeoutMs, memoryMiB } = view.spec
    const deadlineMs = this.#clock.nowMs() + timeoutMs
    const { retryCount = 0, signal } = options
    const header = retryCount === 0 ? { requestId, deadlineMs } : { requestId, deadlineMs, retryCount }
    const { instance, coldStart } = lease
    const answer = await instance.invoke(header, payload, timeoutMs, () => lease.release(), signal)
    if (answer.status === 'not-begun') return undefined
    const { durationMs } = answer
    const metering: Metering = {
      durationMs,
      waitMs,
      coldStart,
      memoryMiB,
      memoryKiBMax: answer.memoryKiB,
      instanceId: instance.id,
      version: latestVersion,
    }
    if (answer.status === 'failed') return { status: 'failed', requestId, failure: answer.failure, metering }
    const { contentType } = answer
    return { status: 'ok', requestId, payload: answer.payload, contentType, metering }
  }

  #notStarted(
    view: FunctionView,
    requestId: string,
    calledAtMs: number,
    error: StartFailure,
  ): InvocationResult {
    const waitMs = this.#clock.nowMs() - calledAtMs
    const { memoryMiB } = view.spec
    const metering = {
      durationMs: 0,
      waitMs,
      coldStart: true,
      memoryMiB,
      memoryKiBMax: 0,
      instanceId: '',
      version: latestVersion,
    }
    return { status: 'failed', requestId, failure: error.failure, metering }
  }
}
