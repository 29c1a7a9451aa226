export interface GrowthLimits {
  /** Instances that may start at once. */
  readonly burstInstances: number
  /** Instances that may start each minute once the burst is used up. */
  readonly growthPerMinute: number
}

export const defaultGrowthLimits: GrowthLimits = { burstInstances: 300, growthPerMinute: 300 }

/** How fast instances may be started: a burst, then so many a minute (function-compute section 5.2). */
export class Growth {
  readonly #limits: GrowthLimits
  #allowed: number
  #filledAtMs: number | undefined

  constructor(limits: GrowthLimits) {
    this.#limits = limits
    this.#allowed = limits.burstInstances
  }

  take(nowMs: number): boolean {
    this.#fill(nowMs)
    if (this.#allowed < 1) return false
    this.#allowed--
    return true
  }

  /** When the next may start, in milliseconds from now. */
  waitMs(nowMs: number): number {
    this.#fill(nowMs)
    const missing = Math.max(0, 1 - this.#allowed)
    return Math.ceil((missing * 60_000) / Math.max(1, this.#limits.growthPerMinute))
  }

  #fill(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - (this.#filledAtMs ?? nowMs))
    this.#filledAtMs = nowMs
    const { burstInstances, growthPerMinute } = this.#limits
    this.#allowed = Math.min(burstInstances, this.#allowed + (passedMs * growthPerMinute) / 60_000)
  }
}
