import { type AppError, type ErrorHeader, retryBackoff } from '@millrace/spi'
import { functionError } from './errors.ts'

/**
 * Who is to blame, in the words of the compatible protocol (function-compute section 3.4). `Handled`: the code said
 * so by its callback; `Initialization`: the initializer failed or timed out; `Unhandled`: everything else.
 */
export type FailureType = 'HandledInvocationError' | 'UnhandledInvocationError' | 'InitializationError'

/** What happened to the invocation, for the code of our own errors. */
export type FailureCause = 'failed' | 'timed-out' | 'exited' | 'initialization-failed' | 'not-started'

/** What adapters call a program of the code that did not start, or is not well (function-compute section 3.5). */
const notStartedTypes: ReadonlySet<string> = new Set([
  'FunctionNotStarted',
  'CAExited',
  'CAFileNotFound',
  'CAFilePermission',
])

/** A failure of the function itself, as opposed to one of the platform, which is an `AppError`. */
export interface FunctionFailure {
  readonly type: FailureType
  readonly cause: FailureCause
  readonly errorMessage: string
  /** Absent where the platform ended the code: no error of the code's own exists. */
  readonly errorType: string | undefined
  readonly stackTrace: readonly unknown[] | undefined
}

export function failureFromCode(header: ErrorHeader): FunctionFailure {
  const type =
    header.kind === 'handled'
      ? 'HandledInvocationError'
      : header.kind === 'initialization'
        ? 'InitializationError'
        : 'UnhandledInvocationError'
  return {
    type,
    cause:
      header.kind === 'initialization'
        ? 'initialization-failed'
        : notStartedTypes.has(header.errorType)
          ? 'not-started'
          : 'failed',
    errorMessage: header.errorMessage,
    errorType: header.errorType,
    stackTrace: header.stackTrace,
  }
}

export function timedOut(timeoutMs: number, memoryKiB: number): FunctionFailure {
  const memory = `maxMemoryUsage: ${(memoryKiB / 1_024).toFixed(2)}MB`
  return withoutError(
    'UnhandledInvocationError',
    'timed-out',
    `Function timed out after ${seconds(timeoutMs)} (${memory})`,
  )
}

export function initializerTimedOut(timeoutMs: number): FunctionFailure {
  return withoutError(
    'InitializationError',
    'initialization-failed',
    `Function initialization timed out after ${seconds(timeoutMs)}`,
  )
}

/** `how` names the exit status or the signal, when known. */
export function exited(durationMs: number, memoryKiB: number, how: string): FunctionFailure {
  const usage = `duration: ${Math.round(durationMs)}ms, maxMemoryUsage: ${Math.round(memoryKiB / 1_024)}MB${how}`
  return withoutError(
    'UnhandledInvocationError',
    'exited',
    `Process exited unexpectedly before completing request (${usage})`,
  )
}

/** An answer in parts that grew above `bytesMax` with nobody to take the parts. */
export function resultTooLarge(bytesMax: number): FunctionFailure {
  return {
    type: 'UnhandledInvocationError',
    cause: 'failed',
    errorMessage: `the result exceeds ${bytesMax} bytes`,
    errorType: 'ResultTooLarge',
    stackTrace: [],
  }
}

function withoutError(type: FailureType, cause: FailureCause, errorMessage: string): FunctionFailure {
  return { type, cause, errorMessage, errorType: undefined, stackTrace: undefined }
}

function seconds(timeoutMs: number): string {
  const value = timeoutMs / 1_000
  return `${value} ${value === 1 ? 'second' : 'seconds'}`
}

/** The body of a failed invocation in the compatible protocol: `errorMessage`, `errorType`, `stackTrace`. */
export function failureBody(failure: FunctionFailure): Uint8Array {
  const { errorMessage, errorType, stackTrace } = failure
  return Buffer.from(JSON.stringify({ errorMessage, errorType, stackTrace }))
}

/** Longest part of the code's own message that goes into ours. */
const quotedCharactersMax = 300

/** The failure as our own error, with its parts as details. Another attempt may succeed: the code decides, not we. */
export function failureError(name: string, failure: FunctionFailure): AppError {
  const what = failure.errorType === undefined ? '' : `${failure.errorType}: `
  const quoted = `${what}${failure.errorMessage}`.slice(0, quotedCharactersMax)
  const { type, errorMessage, errorType, stackTrace } = failure
  return functionError(
    `function.${failure.cause}`,
    `function ${name} failed: ${quoted}`,
    { failureType: type, errorMessage, ...(errorType === undefined ? {} : { errorType, stackTrace }) },
    retryBackoff,
  )
}
