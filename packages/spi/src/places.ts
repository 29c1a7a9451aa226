/**
 * A fixed number of places, for a limit on what is under way at once. Whoever waits is served in the order in which they
 * came, and goes before whoever only tries. One who gives up waiting loses its turn and nothing else.
 */
export class Places {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(places: number) {
    this.#free = places
  }

  /** Takes a place when one is free. Each place that was taken is given back once, by `give`. */
  tryTake(): boolean {
    if (this.#free === 0) return false
    this.#free--
    return true
  }

  /** Resolves with a place taken. Rejects with the reason of the signal, without one. */
  take(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error)
      if (this.tryTake()) return resolve()
      const onAbort = (): void => {
        this.#waiting.delete(onTurn)
        reject(signal.reason as Error)
      }
      const onTurn = (): void => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      this.#waiting.add(onTurn)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Gives a place back: to who waits longest, if anybody does. */
  give(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free++
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
