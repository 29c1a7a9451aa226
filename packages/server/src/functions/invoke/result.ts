import type { HeadHeader, HttpRequestHead } from '@millrace/spi'
import type { FunctionFailure } from '../failure.ts'

/** What an invocation cost, to the millisecond and below. */
export interface Metering {
  /** Time the code ran for, in milliseconds; measured at the code where it answered, else by the server. */
  readonly durationMs: number
  /** Time until the invocation was handed to an instance, a cold start included. */
  readonly waitMs: number
  /** Whether this invocation waited for its instance to start. */
  readonly coldStart: boolean
  /** What the function may use. */
  readonly memoryMiB: number
  /** Most that the process of the instance has used so far; 0 when it never said. */
  readonly memoryKiBMax: number
  /** Empty when no instance could be started. */
  readonly instanceId: string
  /** Which form of the function ran: `LATEST` or a number. */
  readonly version: string
}

/** Takes an answer in parts while the code still runs. */
export interface AnswerStream {
  /** Comes once, before any data. */
  head(head: HeadHeader): void
  /** The next data comes when the promise has resolved: so a slow reader slows the code. */
  data(bytes: Uint8Array): Promise<void>
}

/** A function that fails has been invoked all the same: its failure is a result. */
export type InvocationResult =
  | {
      readonly status: 'ok'
      readonly requestId: string
      readonly payload: Uint8Array
      /** What the runtime took the result for; `undefined` for an empty one. */
      readonly contentType: string | undefined
      /** Status and headers, when an HTTP request was answered. */
      readonly head?: HeadHeader
      readonly metering: Metering
      readonly logTail?: Uint8Array
    }
  | {
      readonly status: 'failed'
      readonly requestId: string
      readonly failure: FunctionFailure
      readonly metering: Metering
      readonly logTail?: Uint8Array
    }

export interface InvokeOptions {
  /** 1 to 128 letters, digits, `-`, `_`; made up when absent. */
  readonly requestId?: string
  /** Earlier attempts at the same event, for the context. */
  readonly retryCount?: number
  /** `LATEST`, a version or an alias; `LATEST` when absent. */
  readonly qualifier?: string
  /** The payload is the body of this request, and the code answers it. */
  readonly http?: HttpRequestHead
  /** Gets the answer as it comes; then the payload of the result is empty. Without it the parts are put together. */
  readonly stream?: AnswerStream
  /** Whether the result shall have the last 4 KiB of what the invocation has logged. */
  readonly wantsLogTail?: boolean
  /** W3C trace context of the caller. */
  readonly trace?: { readonly traceparent: string; readonly tracestate?: string }
  /** Ends the invocation: the promise rejects with the signal's reason and the code is told to stop. */
  readonly signal: AbortSignal
}
