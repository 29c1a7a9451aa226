import type { InvokeHeader } from '@millrace/spi'
import type { FunctionFailure } from '../failure.ts'
import type { Answer } from './answer.ts'
import type { AnswerParts, AnswerStream } from './answer-parts.ts'

/** One invocation for an instance. */
export interface Call {
  readonly header: InvokeHeader
  readonly payload: Uint8Array
  readonly timeoutMs: number
  /** Gets an answer that comes in parts. */
  readonly stream?: AnswerStream
  /** Called once, when the invocation no longer occupies the instance: with the answer, or later when it was cancelled. */
  readonly finished: () => void
}

/** A call that occupies an instance. */
export interface Running {
  readonly call: Call
  /** Answers whoever waits; harmless when nobody does any more. */
  readonly answer: (answer: Answer | Promise<Answer>) => void
  readonly startedAtMs: number
  timer: Disposable
  /** Made with the first part. */
  parts: AnswerParts | undefined
  /** Its end is in the log already. */
  told: boolean
}

/** The reason as the end line of an invocation gives it (function-compute sections 3.4 and 4.3). */
export function reasonOf(failure: FunctionFailure): string {
  if (failure.errorType === undefined) return failure.errorMessage
  return failure.type === 'HandledInvocationError' ? 'Handled function error' : 'Unhandled function error'
}

/** Likewise of one whose caller has left. */
export function cancelReason(durationMs: number, memoryKiB: number): string {
  const usage = `duration: ${Math.round(durationMs)}ms, maxMemoryUsage: ${(memoryKiB / 1_024).toFixed(2)}MB`
  return `Invocation canceled by client (${usage})`
}
