/** Nonces remembered at once, over all keys; about 25 MB when full. */
export const noncesMax = 200_000

export interface NonceLedgerOptions {
  /** How far the date of a request may be off; a nonce is remembered until its date is refused anyway. */
  readonly skewMsMax: number
  /** Default `noncesMax`. */
  readonly noncesMax?: number
}

/**
 * Remembers which nonces were used, in bounded memory and without ever taking one twice. When there are more than fit,
 * those with the oldest dates are forgotten, and from then on requests with such dates are refused: a busy node
 * shortens the time in which a request may arrive, instead of opening a gap for a replay.
 */
export class NonceLedger {
  readonly #skewMsMax: number
  readonly #noncesMax: number
  readonly #known = new Set<string>()
  /** The same nonces by the second of their request's date, to forget them by. */
  readonly #bySecond = new Map<number, string[]>()
  /** Requests dated in this second or before cannot be judged any more. */
  #forgottenSecond = Number.NEGATIVE_INFINITY
  #sweptSecond = Number.NEGATIVE_INFINITY

  constructor(options: NonceLedgerOptions) {
    this.#skewMsMax = options.skewMsMax
    this.#noncesMax = options.noncesMax ?? noncesMax
  }

  get size(): number {
    return this.#known.size
  }

  /** Takes a nonce of a request whose signature and date were found to be right. `stale`: too old to be judged. */
  take(nonce: string, datedMs: number, nowMs: number): 'fresh' | 'used' | 'stale' {
    this.#sweep(nowMs)
    const second = Math.floor(datedMs / 1_000)
    if (second <= this.#forgottenSecond) return 'stale'
    // Used up whatever date comes with it the second time.
    if (this.#known.has(nonce)) return 'used'
    this.#known.add(nonce)
    const nonces = this.#bySecond.get(second)
    if (nonces === undefined) this.#bySecond.set(second, [nonce])
    else nonces.push(nonce)
    while (this.#known.size > this.#noncesMax) this.#forgetOldest()
    return 'fresh'
  }

  #sweep(nowMs: number): void {
    const nowSecond = Math.floor(nowMs / 1_000)
    if (nowSecond === this.#sweptSecond) return
    this.#sweptSecond = nowSecond
    const oldest = Math.floor((nowMs - this.#skewMsMax) / 1_000)
    for (const second of this.#bySecond.keys()) if (second < oldest) this.#forget(second)
  }

  #forgetOldest(): void {
    let oldest = Number.POSITIVE_INFINITY
    for (const second of this.#bySecond.keys()) oldest = Math.min(oldest, second)
    this.#forget(oldest)
    this.#forgottenSecond = oldest
  }

  #forget(second: number): void {
    for (const nonce of this.#bySecond.get(second) ?? []) this.#known.delete(nonce)
    this.#bySecond.delete(second)
  }
}
