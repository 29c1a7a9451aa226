import { readAttributes } from '@millrace/cloudevents'
import type { Outcome, OutgoingRecord, Sink } from '@millrace/spi'
import { toAppError } from '@millrace/spi'
import { failureError } from './failure.ts'
import type { InvocationResult, InvokeOptions } from './invoke/index.ts'

/** Invokes the function that the sink was opened for. */
export type InvokeTarget = (payload: Uint8Array, options: InvokeOptions) => Promise<InvocationResult>

/**
 * A function as the end of a delivery: each record is one invocation with the record's body. A failure of the
 * function is a failed outcome worth a retry; a throttled one says when. The reply is the result.
 */
export class FunctionSink implements Sink {
  readonly #name: string
  readonly #invoke: InvokeTarget

  constructor(name: string, invoke: InvokeTarget) {
    this.#name = name
    this.#invoke = invoke
  }

  write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return Promise.all(records.map(record => this.#writeOne(record, signal)))
  }

  async #writeOne(record: OutgoingRecord, signal: AbortSignal): Promise<Outcome> {
    try {
      const result = await this.#invoke(record.body, {
        retryCount: record.attempt - 1,
        ...traceOf(record),
        signal,
      })
      const durationMs = Math.round(result.metering.durationMs)
      if (result.status === 'ok') {
        return { status: 'ok', detail: `ok ${durationMs} ms`, reply: result.payload }
      }
      const detail = `${result.failure.type} ${durationMs} ms`
      return { status: 'failed', error: failureError(this.#name, result.failure), detail }
    } catch (error) {
      if (signal.aborted) throw error
      return { status: 'failed', error: toAppError(error) }
    }
  }

  /** Holds nothing of its own: instances belong to the pools. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

/** The invocation belongs to the trace of its event. */
function traceOf({ event }: OutgoingRecord): Pick<InvokeOptions, 'trace'> {
  const { traceparent, tracestate } = readAttributes(event)
  if (typeof traceparent !== 'string') return {}
  return { trace: { traceparent, ...(typeof tracestate === 'string' ? { tracestate } : {}) } }
}
