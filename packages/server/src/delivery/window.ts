/**
 * How much a target may have at once and start per second. Time is passed in; the rate is a token bucket that holds
 * one second's worth (at least one token), so a target that was idle may burst that far and no further.
 */
export class Window {
  readonly #concurrencyMax: number
  readonly #ratePerSecondMax: number | undefined
  #inFlight = 0
  #tokens: number
  #filledAtMs: number

  constructor(concurrencyMax: number, ratePerSecondMax: number | undefined, nowMs: number, inFlight = 0) {
    this.#concurrencyMax = concurrencyMax
    this.#ratePerSecondMax = ratePerSecondMax
    this.#tokens = Math.max(1, ratePerSecondMax ?? 0)
    this.#filledAtMs = nowMs
    this.#inFlight = inFlight
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get hasSlot(): boolean {
    return this.#inFlight < this.#concurrencyMax
  }

  /** Takes a slot and a token, or neither. */
  tryStart(nowMs: number): boolean {
    if (!this.hasSlot) return false
    if (this.#ratePerSecondMax !== undefined) {
      this.#fill(nowMs)
      if (this.#tokens < 1) return false
      this.#tokens -= 1
    }
    this.#inFlight++
    return true
  }

  finish(): void {
    this.#inFlight--
  }

  /** When the rate allows the next start; `nowMs` if it already does. Says nothing of slots. */
  nextTokenAtMs(nowMs: number): number {
    if (this.#ratePerSecondMax === undefined) return nowMs
    this.#fill(nowMs)
    if (this.#tokens >= 1) return nowMs
    return nowMs + Math.ceil(((1 - this.#tokens) / this.#ratePerSecondMax) * 1_000)
  }

  #fill(nowMs: number): void {
    const rate = this.#ratePerSecondMax
    if (rate === undefined) return
    // A clock that is set back adds nothing and takes nothing away.
    const passedMs = Math.max(0, nowMs - this.#filledAtMs)
    this.#tokens = Math.min(Math.max(1, rate), this.#tokens + (passedMs * rate) / 1_000)
    this.#filledAtMs = nowMs
  }
}
