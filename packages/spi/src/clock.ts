/**
 * Time as the engine sees it. Everything that decides by time takes one, so that tests and simulations own it.
 * Times are milliseconds since the epoch; delays are milliseconds, bounded by `delayMsMax`.
 */
export interface Clock {
  nowMs(): number
  /** Calls `fire` once after `delayMs`; disposing it before then cancels. A timer never keeps the process alive. */
  timer(delayMs: number, fire: () => void): Disposable
}

/** setTimeout wraps around above this; longer delays are cut to it and the waiter looks again. */
export const delayMsMax = 2_147_483_647

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  timer(delayMs, fire) {
    const handle = setTimeout(fire, Math.min(Math.max(0, delayMs), delayMsMax))
    handle.unref()
    return { [Symbol.dispose]: () => clearTimeout(handle) }
  },
}

/** Resolves after `delayMs` of the clock; rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error)
      return
    }
    const onAbort = (): void => {
      timer[Symbol.dispose]()
      reject(signal.reason as Error)
    }
    const timer = clock.timer(delayMs, () => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** Randomness as the engine sees it. `next` is uniform in [0, 1); `id` is unique and sorts roughly by time. */
export interface Random {
  next(): number
  id(): string
}
