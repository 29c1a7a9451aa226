import type { Random } from '@millrace/spi'

export interface BreakerLimits {
  /** Failures in a row after which the circuit opens. */
  readonly failuresMax: number
  readonly pauseMsMin: number
  readonly pauseMsMax: number
}

export const defaultBreakerLimits: BreakerLimits = {
  failuresMax: 10,
  pauseMsMin: 1_000,
  pauseMsMax: 60_000,
}

/**
 * The circuit breaker of one target: a state machine without a clock.
 *
 * - *closed*: attempts go through. Failures in a row that speak of the target, not of the event, open it.
 * - *open*: nothing is attempted until the pause has passed. Pauses double from 1 s to 60 s, less up to a quarter by chance.
 * - *probing*: one delivery is under way. Its success closes the circuit; its failure opens it with a longer pause.
 */
export class Breaker {
  readonly #limits: BreakerLimits
  readonly #random: Random
  #state: 'closed' | 'open' | 'probing' = 'closed'
  #failures = 0
  #pauses = 0
  #probeAtMs = 0

  constructor(random: Random, limits: BreakerLimits = defaultBreakerLimits) {
    this.#random = random
    this.#limits = limits
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** Whether the one delivery is under way that decides about an open circuit. */
  get isProbing(): boolean {
    return this.#state === 'probing'
  }

  /** When the next probe may start; `undefined` unless open. */
  get probeAtMs(): number | undefined {
    return this.#state === 'open' ? this.#probeAtMs : undefined
  }

  /** Whether an attempt may start now. */
  allows(nowMs: number): boolean {
    return this.#state === 'closed' || (this.#state === 'open' && nowMs >= this.#probeAtMs)
  }

  /** To be told of every start: the first one after the pause is the probe. */
  started(): void {
    if (this.#state === 'open') this.#state = 'probing'
  }

  /** The target answered, be it by refusing the event: it is there. */
  succeeded(): void {
    this.#state = 'closed'
    this.#failures = 0
    this.#pauses = 0
  }

  /** The target could not be reached, did not answer in time, or failed by itself. */
  failed(nowMs: number): void {
    this.#failures++
    if (this.#state === 'closed' && this.#failures < this.#limits.failuresMax) return
    // Attempts that began before the circuit opened end one after another: they are not failed probes.
    if (this.#state === 'open') return
    const { pauseMsMin, pauseMsMax } = this.#limits
    const pauseMs = Math.min(pauseMsMax, pauseMsMin * 2 ** Math.min(this.#pauses, 30))
    this.#pauses++
    this.#state = 'open'
    this.#probeAtMs = nowMs + Math.ceil(pauseMs * (1 - this.#random.next() / 4))
  }

  /** A probe ended without a verdict (it was given up at a stop): the next one may start at once. */
  abandoned(): void {
    if (this.#state === 'probing') this.#state = 'open'
  }

  /** A person says that the target is back. */
  reset(): void {
    this.succeeded()
  }
}

const targetCodes: ReadonlySet<string> = new Set([
  'sink.unavailable',
  'sink.timeout',
  'sink.untrusted',
  'delivery.timeout',
])

/**
 * Whether a failure speaks of the target as a whole: unreachable, silent, or away by the word of its gateway. An answer
 * such as 500 does not: the target is there, and it may be this one event that it fails on. Were it to open the circuit,
 * a target that fails on everything would keep its events from ever becoming dead letters.
 */
export function speaksOfTarget(code: string): boolean {
  return targetCodes.has(code)
}
