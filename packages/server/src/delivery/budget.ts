/** Bytes of events that all dispatchers together hold in memory. */
export const heldBytesMax = 64 * 1024 * 1024

/**
 * The shared allowance of bytes in memory. A holder that holds nothing is always given its first piece, however full
 * the rest is: no target is starved by another that is slow. Events are taken in groups of about 1 MiB at most, so the
 * true bound is `bytesMax`, plus what the last group is above the estimate, plus one event per target.
 */
export class Budget {
  readonly #bytesMax: number
  #held = 0
  readonly #waiting = new Set<() => void>()

  constructor(bytesMax = heldBytesMax) {
    this.#bytesMax = bytesMax
  }

  get held(): number {
    return this.#held
  }

  /** Bytes that are left. */
  get room(): number {
    return Math.max(0, this.#bytesMax - this.#held)
  }

  /** Whether a holder that has `ownBytes` already may take more. */
  allows(ownBytes: number): boolean {
    return ownBytes === 0 || this.#held < this.#bytesMax
  }

  take(bytes: number): void {
    this.#held += bytes
  }

  /** Gives back and wakes those who were refused. */
  release(bytes: number): void {
    this.#held -= bytes
    if (this.#waiting.size === 0 || this.#held >= this.#bytesMax) return
    const woken = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of woken) wake()
  }

  /** Calls `wake` once when there is room again. The same function waits once, however often it is passed. */
  onRoom(wake: () => void): void {
    this.#waiting.add(wake)
  }

  forget(wake: () => void): void {
    this.#waiting.delete(wake)
  }
}
