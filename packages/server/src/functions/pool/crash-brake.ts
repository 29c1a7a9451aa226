/** So many instances may end by themselves in a row before the next start has to wait. */
const crashesFree = 5
const pauseMsMin = 100
const pauseMsMax = 1_000

/**
 * Keeps code that ends its instance with every call from costing everybody else a start for each: after some in a row
 * the next start waits, each time twice as long. Callers wait with it; what they are told does not change.
 */
export class CrashBrake {
  #crashes = 0
  #closedUntilMs = 0

  /** An instance has ended that nobody has asked to, and has served nothing before. */
  crashed(nowMs: number): void {
    this.#crashes++
    if (this.#crashes <= crashesFree) return
    const pauseMs = Math.min(pauseMsMax, pauseMsMin * 2 ** (this.#crashes - crashesFree - 1))
    this.#closedUntilMs = nowMs + pauseMs
  }

  /** An instance has been of use. */
  served(): void {
    this.#crashes = 0
  }

  /** How long the next start has to wait; 0 when it need not. */
  waitMs(nowMs: number): number {
    return this.#crashes > crashesFree ? Math.max(0, this.#closedUntilMs - nowMs) : 0
  }
}
