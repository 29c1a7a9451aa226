import { type AppError, type Clock, sleep, toAppError } from '@millrace/spi'

const pauseMsMin = 50
const pauseMsMax = 5_000

/** The pause after so many failures in a row: 50 ms, doubling up to 5 s. */
export function pauseAfter(failures: number): number {
  return Math.min(pauseMsMax, pauseMsMin * 2 ** Math.min(Math.max(0, failures - 1), 10))
}

/**
 * Does work against the storage, again and again with growing pauses until it succeeds: the engine does not give up
 * because a disk is full or slow for a while. Rejects when the signal aborts, and with `storage.closed`, which no
 * repetition can mend.
 *
 * @param onFailure told of each failure before the pause; it may try to mend the cause
 */
export async function repeatUntilDone<Result>(
  work: () => Promise<Result>,
  clock: Clock,
  signal: AbortSignal,
  onFailure: (error: AppError, failures: number) => void | Promise<void>,
): Promise<Result> {
  for (let failures = 1; ; failures++) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (thrown) {
      signal.throwIfAborted()
      const error = toAppError(thrown)
      if (error.code === 'storage.closed') throw error
      await onFailure(error, failures)
      await sleep(clock, pauseAfter(failures), signal)
    }
  }
}
