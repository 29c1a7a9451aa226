import type { Clock } from '@millrace/spi'

/** All waiting for time of one task: it can be cut short for all at once, and ended. */
export class Pauses {
  readonly #clock: Clock
  readonly #waiting = new Set<Waiter>()
  #ended: Error | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves after the time, or when all are woken; rejects with the reason of the end. */
  wait(delayMs: number): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      const timer = this.#clock.timer(delayMs, () => {
        this.#waiting.delete(waiter)
        resolve()
      })
      const waiter = { resolve, reject, timer }
      this.#waiting.add(waiter)
    })
  }

  wake(): void {
    for (const { resolve } of this.#clear()) resolve()
  }

  /** Rejects what waits, and whatever is to wait later. */
  end(reason: Error): void {
    this.#ended ??= reason
    for (const { reject } of this.#clear()) reject(reason)
  }

  #clear(): Waiter[] {
    const waiters = [...this.#waiting]
    this.#waiting.clear()
    for (const { timer } of waiters) timer[Symbol.dispose]()
    return waiters
  }
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (reason: Error) => void
  readonly timer: Disposable
}
