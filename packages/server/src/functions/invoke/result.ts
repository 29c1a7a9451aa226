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
}

/** A function that fails has been invoked all the same: its failure is a result. */
export type InvocationResult =
  | {
      readonly status: 'ok'
      readonly requestId: string
      readonly payload: Uint8Array
      /** What the runtime took the result for; `undefined` for an empty one. */
      readonly contentType: string | undefined
      readonly metering: Metering
    }
  | {
      readonly status: 'failed'
      readonly requestId: string
      readonly failure: FunctionFailure
      readonly metering: Metering
    }

export interface InvokeOptions {
  /** 1 to 128 letters, digits, `-`, `_`; made up when absent. */
  readonly requestId?: string
  /** Earlier attempts at the same event, for the context. */
  readonly retryCount?: number
  /** Ends the invocation: the promise rejects with the signal's reason and the code is told to stop. */
  readonly signal: AbortSignal
}
