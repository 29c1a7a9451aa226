import type { HeadHeader, HttpRequestHead } from '@millrace/spi'
import type { FunctionFailure } from '../failure.ts'
import type { AnswerStream, StartPhases } from '../pool/index.ts'

/** The phases of a cold start (function-compute section 5.1), in milliseconds. */
export interface ColdStartPhases extends StartPhases {
  /** Until a start could begin, and whatever is not in the other phases. */
  readonly scheduleMs: number
}

/** What an invocation cost, to the millisecond and below. */
export interface Metering {
  /** Time the code ran for, in milliseconds; measured at the code where it answered, else by the server. */
  readonly durationMs: number
  /**
   * What of that is to be billed: of invocations that overlap in one instance only their union (function-compute
   * section 6), so less than `durationMs` for some of them.
   */
  readonly billedMs: number
  /** Time until the invocation was handed to an instance, a cold start included. */
  readonly waitMs: number
  /** Whether this invocation waited for its instance to start. */
  readonly coldStart: boolean
  /** Where the time of the cold start went. */
  readonly phases?: ColdStartPhases
  /** What the function may use. */
  readonly memoryMiB: number
  readonly cpu: number
  /** Most that the process of the instance has used so far; 0 when it never said. */
  readonly memoryKiBMax: number
  /** Empty when no instance could be started. */
  readonly instanceId: string
  /** Which form of the function ran: `LATEST` or a number. */
  readonly version: string
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

export type { AnswerStream }

export interface InvokeOptions {
  /** 1 to 128 letters, digits, `-`, `_`; made up when absent. */
  readonly requestId?: string
  /** Earlier attempts at the same event, for the context. */
  readonly retryCount?: number
  /** `LATEST`, a version or an alias; `LATEST` when absent. */
  readonly qualifier?: string
  /** The payload is the body of this request, and the code answers it. */
  readonly http?: HttpRequestHead
  /**
   * Gets an answer that the code gives in parts, as they come; then the payload of the result is empty. An answer that
   * comes whole is in the result, and the stream hears nothing. Without a stream the parts are put together.
   */
  readonly stream?: AnswerStream
  /**
   * Whether the result shall have the last 4 KiB of what the invocation has logged, and a summary (function-compute
   * section 3.3). It never has where several invocations share an instance.
   */
  readonly wantsLogTail?: boolean
  /** W3C trace context of the caller. */
  readonly trace?: { readonly traceparent: string; readonly tracestate?: string }
  /** Ends the invocation: the promise rejects with the signal's reason and the code is told to stop. */
  readonly signal: AbortSignal
}
