import { AppError, type Outcome, type OutgoingRecord, type Sink, toAppError } from '@millrace/spi'
import { busKey, type FunctionView } from '../../resources/index.ts'
import { functionError } from '../errors.ts'
import { failureError } from '../failure.ts'
import type { InvocationResult } from '../invoke/index.ts'
import { type Call, decodeCall } from './call-event.ts'
import { asyncSetting } from './call-rules.ts'
import { encodeOutcome } from './outcome-event.ts'
import type { CallParts } from './parts.ts'
import { stopRequested, type TaskRun } from './task-runner.ts'

/**
 * Makes the calls of one account. An error of the function is a failure that counts; when the platform had no room, the
 * function was not asked, and the attempt does not. Where success has a destination, the outcome is in the log before the
 * call is settled: a crash in between repeats the call, and loses nothing.
 */
export class CallSink implements Sink {
  readonly #account: string
  readonly #parts: CallParts

  constructor(account: string, parts: CallParts) {
    this.#account = account
    this.#parts = parts
  }

  write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return Promise.all(records.map(record => this.#writeOne(record, signal)))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }

  async #writeOne(record: OutgoingRecord, signal: AbortSignal): Promise<Outcome> {
    const call = decodeCall(record.event)
    try {
      return await this.#make(call, record.attempt, signal)
    } catch (thrown) {
      if (signal.aborted) throw thrown
      const error = notCounted(toAppError(thrown))
      // A task that could not be written waits like one for which there was no room.
      await this.#retried(call, error.retry.kind === 'never', error.code).catch(() => {})
      return { status: 'failed', error }
    }
  }

  async #make(call: Call, attempt: number, signal: AbortSignal): Promise<Outcome> {
    const { clock, runner } = this.#parts
    const nowMs = clock.nowMs()
    if (call.notBeforeMs > nowMs) return tooEarly(call.notBeforeMs - nowMs)
    const view = this.#find(call.name)
    const { ageMsMax } = asyncSetting(view, call.qualifier)
    const ageMs = nowMs - call.notBeforeMs
    if (ageMs > ageMsMax) throw expired(ageMs, ageMsMax)
    if (call.taskId === undefined) return await this.#invoke(view, call, attempt, signal)
    const run = await runner.begin(this.#account, view, call, call.taskId)
    if (run === undefined) return { status: 'ok', detail: 'the task has ended, or was stopped' }
    try {
      return await this.#invokeTask(view, call, attempt, signal, run)
    } finally {
      run.release()
    }
  }

  async #invokeTask(
    view: FunctionView,
    call: Call,
    attempt: number,
    signal: AbortSignal,
    run: TaskRun,
  ): Promise<Outcome> {
    try {
      run.signal.throwIfAborted()
      return await this.#invoke(view, call, attempt, AbortSignal.any([signal, run.signal]))
    } catch (thrown) {
      if (signal.aborted || run.signal.reason !== stopRequested) throw thrown
      await this.#parts.runner.move(this.#account, call, 'Stopped')
      return { status: 'ok', detail: 'the task was stopped' }
    }
  }

  async #invoke(view: FunctionView, call: Call, attempt: number, signal: AbortSignal): Promise<Outcome> {
    const { requestId, name, qualifier, payload, trace } = call
    const options = {
      requestId,
      qualifier,
      retryCount: attempt - 1,
      signal,
      ...(trace === undefined ? {} : { trace }),
    }
    const { clock, observer } = this.#parts
    const waitedMs = clock.nowMs() - call.notBeforeMs
    const result = await this.#parts.invoke(this.#account, name, payload, options)
    // Counted once it has come to the function: attempts for which there was no room have the same number.
    if (attempt === 1) observer.dequeued(view.key, waitedMs)
    if (result.status === 'ok') return await this.#succeeded(view, call, attempt, result)
    this.#parts.failures.keep(requestId, result.failure)
    const error = failureError(name, result.failure)
    const { retriesMax } = asyncSetting(view, qualifier)
    const { durationMs, instanceId } = result.metering
    await this.#retried(call, attempt > retriesMax, error.message, {
      durationMs,
      instanceId,
      retries: attempt - 1,
    })
    return { status: 'failed', error, detail: `${result.failure.type} ${Math.round(durationMs)} ms` }
  }

  async #succeeded(
    view: FunctionView,
    call: Call,
    attempt: number,
    result: InvocationResult & { readonly status: 'ok' },
  ): Promise<Outcome> {
    const { runner, failures, region, clock, buses, append } = this.#parts
    const account = this.#account
    if (asyncSetting(view, call.qualifier).onSuccess !== undefined) {
      const outcome = {
        kind: 'succeeded',
        condition: '',
        executions: attempt,
        statusCode: 200,
        functionError: '',
        response: result.payload,
      } as const
      const bus = buses.of(account)
      if (bus !== undefined)
        await append(bus, encodeOutcome({ region, account }, call, outcome, clock.nowMs()))
    }
    failures.forget(call.requestId)
    const { durationMs, instanceId } = result.metering
    const facts = { durationMs, instanceId, retries: attempt - 1, errorMessage: '' }
    await runner.move(account, call, 'Succeeded', '', facts)
    return { status: 'ok', detail: `ok ${Math.round(durationMs)} ms`, reply: result.payload }
  }

  /** The task waits for another attempt, unless this was the last: then whoever ends the call says how. */
  async #retried(
    call: Call,
    isLast: boolean,
    errorMessage: string,
    facts: { readonly durationMs?: number; readonly instanceId?: string; readonly retries?: number } = {},
  ): Promise<void> {
    if (call.taskId === undefined) return
    const isGone = !this.#parts.snapshots.current().functions.has(busKey(this.#account, call.name))
    if (isGone) await this.#parts.runner.move(this.#account, call, 'Invalid', 'the function was deleted')
    else if (!isLast) {
      await this.#parts.runner.move(this.#account, call, 'Retrying', errorMessage, { ...facts, errorMessage })
    }
  }

  #find(name: string): FunctionView {
    const view = this.#parts.snapshots.current().functions.get(busKey(this.#account, name))
    if (view !== undefined) return view
    throw functionError('function.not-found', `there is no function ${name}`, { name })
  }
}

/** Whatever the platform itself could not do was no attempt at the function; what can never be done is final. */
function notCounted(error: AppError): AppError {
  // A function that is disabled for now keeps its calls, as one that has no room does.
  if (error.retry.kind === 'never' && error.code !== 'function.disabled') return error
  return new AppError(error.code, error.message, { kind: 'uncounted' }, { cause: error })
}

function tooEarly(delayMs: number): Outcome {
  const message = `the call is to be made in ${delayMs} ms`
  return {
    status: 'failed',
    error: functionError('function.too-early', message, undefined, { kind: 'uncounted', delayMs }),
  }
}

function expired(ageMs: number, ageMsMax: number): AppError {
  const message = `the call is ${ageMs} ms old; its function takes calls of at most ${ageMsMax} ms`
  return functionError('function.expired', message, { limit: ageMsMax, seen: ageMs })
}
