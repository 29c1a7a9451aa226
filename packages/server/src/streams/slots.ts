import { Fifo } from './fifo.ts'

/** A fixed number of places. Whoever waits for one goes before whoever only tries. */
export class Slots {
  #free: number
  readonly #waiting = new Fifo<() => void>()
  readonly #onFree: () => void

  /** `onFree` is called when a place has become free and nobody waits for it. */
  constructor(places: number, onFree: () => void) {
    this.#free = places
    this.#onFree = onFree
  }

  get hasFree(): boolean {
    return this.#free > 0
  }

  tryTake(): boolean {
    if (this.#free === 0) return false
    this.#free--
    return true
  }

  /** Each `take` and each successful `tryTake` must be followed by one `give`. */
  take(): Promise<void> {
    if (this.tryTake()) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next !== undefined) return next()
    this.#free++
    this.#onFree()
  }
}
