import type { Random } from '@millrace/spi'

/** Pauses that double from one failure to the next, up to a longest one, each shortened by up to half by chance. */
export class Backoff {
  readonly #random: Random
  readonly #firstMs: number
  readonly #longestMs: number
  #failures = 0

  constructor(random: Random, firstMs: number, longestMs: number) {
    this.#random = random
    this.#firstMs = firstMs
    this.#longestMs = longestMs
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures
  }

  /** The pause after one more failure, in milliseconds. */
  next(): number {
    const wholeMs = Math.min(this.#longestMs, this.#firstMs * 2 ** Math.min(this.#failures++, 30))
    return Math.ceil(wholeMs * (1 - this.#random.next() / 2))
  }

  reset(): void {
    this.#failures = 0
  }
}
