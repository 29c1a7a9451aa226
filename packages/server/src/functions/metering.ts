import type { AppError } from '@millrace/spi'
import type { FailureCause } from './failure.ts'
import type { InvocationResult, Metering } from './invoke/index.ts'

/** How an invocation ended that came to an instance, or failed to get one by the fault of its code. */
export type InvocationEnding = 'ok' | FailureCause

/**
 * What invocations cost, told one by one. Each invocation is told exactly once, by one of the three. Called on the
 * hot path: implementations count and return.
 */
export interface InvocationObserver {
  /** `key` is `account/name` of the function. */
  invoked(key: string, ending: InvocationEnding, metering: Metering): void
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

/** Waits for an invocation and tells the observer what became of it. */
export async function metered(
  observer: InvocationObserver,
  key: string,
  invocation: Promise<InvocationResult>,
  signal: AbortSignal,
): Promise<InvocationResult> {
  try {
    const result = await invocation
    observer.invoked(key, result.status === 'ok' ? 'ok' : result.failure.cause, result.metering)
    return result
  } catch (error) {
    if (signal.aborted) observer.cancelled(key)
    else observer.refused(key, (error as Partial<AppError>).code ?? 'internal.unexpected')
    throw error
  }
}
