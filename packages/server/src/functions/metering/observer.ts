import type { AppError } from '@millrace/spi'
import type { FailureCause } from '../failure.ts'
import type { InvocationResult, InvokeOptions, Metering } from '../invoke/index.ts'

/** How an invocation ended that came to an instance, or failed to get one by the fault of its code. */
export type InvocationEnding = 'ok' | FailureCause

/** Which invocation it was. */
export interface InvocationIdentity {
  readonly requestId: string
  /** What the caller named; `undefined` when nothing. */
  readonly qualifier: string | undefined
  /** When it was called. */
  readonly calledAtMs: number
  /** Of a failure: the class of the error, where the code gave one. */
  readonly errorType: string | undefined
}

/**
 * What invocations cost, told one by one. Each invocation is told exactly once, by one of the three. Called on the
 * hot path: implementations count and return.
 */
export interface InvocationObserver {
  /** `key` is `account/name` of the function. */
  invoked(key: string, ending: InvocationEnding, metering: Metering, identity: InvocationIdentity): void
  /** Did not come to an instance, by error code: throttled, too large, could not be started… */
  refused(key: string, code: string): void
  /** The caller went away first; the code may have run. */
  cancelled(key: string): void
}

/** Observes nothing. */
export const silentInvocationObserver: InvocationObserver = {
  invoked: () => {},
  refused: () => {},
  cancelled: () => {},
}

/** Tells all of them, in order. */
export function allOf(observers: readonly InvocationObserver[]): InvocationObserver {
  return {
    invoked(key, ending, metering, identity) {
      for (const observer of observers) observer.invoked(key, ending, metering, identity)
    },
    refused(key, code) {
      for (const observer of observers) observer.refused(key, code)
    },
    cancelled(key) {
      for (const observer of observers) observer.cancelled(key)
    },
  }
}

/** Waits for an invocation that was called at `calledAtMs`, and tells the observer what became of it. */
export async function metered(
  observer: InvocationObserver,
  key: string,
  invocation: Promise<InvocationResult>,
  { qualifier, signal }: Pick<InvokeOptions, 'qualifier' | 'signal'>,
  calledAtMs: number,
): Promise<InvocationResult> {
  try {
    const result = await invocation
    const { requestId, metering } = result
    const failure = result.status === 'ok' ? undefined : result.failure
    const identity = { requestId, qualifier, calledAtMs, errorType: failure?.errorType }
    observer.invoked(key, failure?.cause ?? 'ok', metering, identity)
    return result
  } catch (error) {
    if (signal.aborted) observer.cancelled(key)
    else observer.refused(key, (error as Partial<AppError>).code ?? 'internal.unexpected')
    throw error
  }
}
