/**
 * How many records go to a sink per second. A batch goes as long as there is a token, and takes one per record, into
 * debt if need be: so the rate holds over time whatever the size of batches. One second's worth may be saved up. Time is passed in.
 */
export class RecordRate {
  readonly #perSecond: number | undefined
  #tokens: number
  #filledAtMs: number

  constructor(perSecond: number | undefined, nowMs: number) {
    this.#perSecond = perSecond
    this.#tokens = Math.max(1, perSecond ?? 0)
    this.#filledAtMs = nowMs
  }

  take(records: number): void {
    if (this.#perSecond !== undefined) this.#tokens -= records
  }

  /** When the next batch may go; `nowMs` if it may already. */
  nextAtMs(nowMs: number): number {
    const perSecond = this.#perSecond
    if (perSecond === undefined) return nowMs
    // A clock that is set back adds nothing and takes nothing away.
    const passedMs = Math.max(0, nowMs - this.#filledAtMs)
    this.#tokens = Math.min(Math.max(1, perSecond), this.#tokens + (passedMs * perSecond) / 1_000)
    this.#filledAtMs = nowMs
    return this.#tokens >= 1 ? nowMs : nowMs + Math.ceil(((1 - this.#tokens) / perSecond) * 1_000)
  }
}
