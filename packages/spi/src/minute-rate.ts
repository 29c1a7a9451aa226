const minuteMs = 60_000

/** At most so many messages within any minute, by the times of those that were let through. */
export class MinuteRate {
  readonly #perMinute: number
  /** Times of the last ones, oldest first; never more than the rate. */
  readonly #timesMs: number[] = []

  constructor(perMinute: number) {
    this.#perMinute = perMinute
  }

  /** Lets one through and gives 0, or gives the milliseconds until there is room again. */
  take(nowMs: number): number {
    if (this.#timesMs.length < this.#perMinute) {
      this.#timesMs.push(nowMs)
      return 0
    }
    const waitMs = (this.#timesMs[0] ?? nowMs) + minuteMs - nowMs
    if (waitMs > 0) return waitMs
    this.#timesMs.shift()
    this.#timesMs.push(nowMs)
    return 0
  }
}
