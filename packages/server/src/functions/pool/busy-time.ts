/**
 * Divides the time in which an instance runs anything among its invocations, so that overlapping ones together are
 * billed from the first start to the last end, and none of it twice (function-compute section 6).
 */
export class BusyTime {
  #sinceMs = 0
  #billedUntilMs = 0

  /** An invocation starts beside `others`. */
  start(nowMs: number, others: number): void {
    if (others > 0) return
    this.#sinceMs = nowMs
    this.#billedUntilMs = nowMs
  }

  /**
   * An invocation has ended that ran since `startedAtMs` beside `others`; to be called once for each. `measuredMs` is
   * finer than the clock, and taken where nothing has overlapped.
   */
  end(nowMs: number, startedAtMs: number, others: number, measuredMs: number): number {
    const alone = others === 0 && this.#billedUntilMs === startedAtMs && this.#sinceMs === startedAtMs
    const billedMs = alone ? measuredMs : Math.max(0, nowMs - this.#billedUntilMs)
    this.#billedUntilMs = Math.max(this.#billedUntilMs, nowMs)
    return billedMs
  }
}
