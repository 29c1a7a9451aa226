/** When somebody may come again who has no rate at all, in milliseconds: a limit of 0 is not raised by waiting. */
const noRateDelayMs = 60_000

/**
 * A rate with a burst of one second. It counts in thousandths, of which a rate of r a second gives r each millisecond: whole numbers, so
 * that nothing is lost to rounding however often it is asked. Allocates nothing.
 */
export class TokenBucket {
  #perSecond: number
  /** Thousandths; below zero after something that was larger than a whole second allows. */
  #level: number
  #filledAtMs: number

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#level = perSecond * 1_000
    this.#filledAtMs = nowMs
  }

  get perSecond(): number {
    return this.#perSecond
  }

  /** What a higher rate adds is there at once; of what is there, a lower one leaves its own burst. */
  setRate(perSecond: number, nowMs: number): void {
    if (perSecond === this.#perSecond) return
    this.#fill(nowMs)
    const added = Math.max(0, perSecond - this.#perSecond) * 1_000
    this.#perSecond = perSecond
    this.#level = Math.min(this.#level + added, perSecond * 1_000)
  }

  /**
   * 0 when so many may be taken now, else milliseconds until they may. What is larger than the burst passes when the bucket is full, and
   * is paid off afterwards: else it never could.
   */
  waitMs(count: number, nowMs: number): number {
    if (this.#perSecond === 0) return noRateDelayMs
    this.#fill(nowMs)
    const missing = Math.min(count, this.#perSecond) * 1_000 - this.#level
    return missing <= 0 ? 0 : Math.ceil(missing / this.#perSecond)
  }

  /** To be called when `waitMs` said 0 for the same moment. */
  take(count: number): void {
    this.#level -= count * 1_000
  }

  /** What was taken and has not come back yet: about the last second's. */
  used(nowMs: number): number {
    this.#fill(nowMs)
    return Math.ceil(this.#perSecond - this.#level / 1_000)
  }

  /** A clock that goes back gives nothing, and takes nothing. */
  #fill(nowMs: number): void {
    const passedMs = nowMs - this.#filledAtMs
    if (passedMs <= 0) return
    this.#filledAtMs = nowMs
    this.#level = Math.min(this.#perSecond * 1_000, this.#level + passedMs * this.#perSecond)
  }
}
