/**
 * The outcome of some work, or the reason of the signal, whichever is first; at once when the signal has aborted before. It
 * ends the waiting alone: work that should end with it needs the signal itself.
 */
export function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    // The work is followed in any case: when it fails later, somebody has seen to it.
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
