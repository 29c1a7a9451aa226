/** Time as publishers and consumers see it, so that tests own it. A `Clock` of `@millrace/spi` is one. */
export interface ClientClock {
  /** Milliseconds since the epoch. */
  nowMs(): number
  /** Calls `fire` once after `delayMs`; disposing it before then cancels. */
  timer(delayMs: number, fire: () => void): Disposable
}

/** Randomness for jitter: uniform in [0, 1). A `Random` of `@millrace/spi` is one. */
export interface ClientRandom {
  next(): number
}

export const systemClientClock: ClientClock = {
  nowMs: () => Date.now(),
  timer(delayMs, fire) {
    // It keeps the process alive: what is buffered is still to be sent.
    const handle = setTimeout(fire, Math.max(0, delayMs))
    return { [Symbol.dispose]: () => clearTimeout(handle) }
  },
}

export const systemClientRandom: ClientRandom = { next: () => Math.random() }

/** Resolves after `delayMs`, or as soon as the signal aborts; it does not reject. */
export function pause(clock: ClientClock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => {
    const end = (): void => {
      timer[Symbol.dispose]()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.timer(delayMs, end)
    signal.addEventListener('abort', end, { once: true })
  })
}

/** Delay before the try behind the `failures`th failure, in milliseconds: doubled each time, with a half of it left to chance. */
export function backoffMs(
  failures: number,
  { delayMsMin, delayMsMax }: { readonly delayMsMin: number; readonly delayMsMax: number },
  random: ClientRandom,
): number {
  const fullMs = Math.min(delayMsMax, delayMsMin * 2 ** Math.min(failures - 1, 30))
  return Math.ceil(fullMs * (0.5 + random.next() / 2))
}
