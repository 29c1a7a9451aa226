/** So many starts may fail in a row before the next has to wait. */
const failuresFree = 2
const pauseMsMin = 200
const pauseMsMax = 10_000

/**
 * Keeps a function that cannot start from eating the machine: after some failures in a row the next start waits,
 * each time twice as long. Meanwhile callers get the last failure at once.
 */
export class StartBreaker {
  #failures = 0
  #openUntilMs = 0
  #last: Error | undefined

  succeeded(): void {
    this.#failures = 0
    this.#last = undefined
  }

  failed(error: Error, nowMs: number): void {
    this.#failures++
    this.#last = error
    if (this.#failures <= failuresFree) return
    const pauseMs = Math.min(pauseMsMax, pauseMsMin * 2 ** (this.#failures - failuresFree - 1))
    this.#openUntilMs = nowMs + pauseMs
  }

  /** The failure to answer with while no start is allowed. */
  refusal(nowMs: number): Error | undefined {
    return this.#failures > failuresFree && nowMs < this.#openUntilMs ? this.#last : undefined
  }
}
