import type { Clock } from '@millrace/spi'

/**
 * The clock of one life of the process. Killing it takes all its timers along, as a SIGKILL does; what is still asked of
 * it afterwards never fires.
 */
export class ProcessClock implements Clock {
  readonly #clock: Clock
  readonly #timers = new Set<Disposable>()
  #isKilled = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#timers.size
  }

  nowMs(): number {
    return this.#clock.nowMs()
  }

  timer(delayMs: number, fire: () => void): Disposable {
    if (this.#isKilled) return { [Symbol.dispose]: () => {} }
    const inner = this.#clock.timer(delayMs, () => {
      this.#timers.delete(timer)
      fire()
    })
    const timer = {
      [Symbol.dispose]: () => {
        this.#timers.delete(timer)
        inner[Symbol.dispose]()
      },
    }
    this.#timers.add(timer)
    return timer
  }

  kill(): void {
    this.#isKilled = true
    for (const timer of this.#timers) timer[Symbol.dispose]()
  }
}
