import type { FunctionFailure } from '../failure.ts'

/**
 * The last failure of calls that are retried, by request id: when one has failed for good, its destination is told the
 * error as the function made it. Memory alone: after a crash in between, the destination is told code and sentence.
 */
export class LastFailures {
  readonly #failuresMax: number
  readonly #failures = new Map<string, FunctionFailure>()

  constructor(failuresMax: number) {
    this.#failuresMax = failuresMax
  }

  keep(requestId: string, failure: FunctionFailure): void {
    this.#failures.delete(requestId)
    this.#failures.set(requestId, failure)
    if (this.#failures.size <= this.#failuresMax) return
    const [oldest] = this.#failures.keys()
    if (oldest !== undefined) this.#failures.delete(oldest)
  }

  get(requestId: string): FunctionFailure | undefined {
    return this.#failures.get(requestId)
  }

  forget(requestId: string): void {
    this.#failures.delete(requestId)
  }
}
