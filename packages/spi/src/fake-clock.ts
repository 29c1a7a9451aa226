import type { Clock } from './clock.ts'

interface Timer {
  readonly dueAtMs: number
  readonly sequence: number
  readonly fire: () => void
}

/**
 * A clock that only moves when told to. Timers fire in the order of their due times, and of their making where two
 * are due together, so that a test or a simulation with one seed is one schedule.
 */
export class FakeClock implements Clock {
  #nowMs: number
  #sequence = 0
  readonly #timers = new Set<Timer>()

  /** The default start is a round, recent time, so that dates in failures are readable. */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  timer(delayMs: number, fire: () => void): Disposable {
    const timer = { dueAtMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence++, fire }
    this.#timers.add(timer)
    return { [Symbol.dispose]: () => this.#timers.delete(timer) }
  }

  /** Timers that have neither fired nor been cancelled. A component that was disposed leaves none. */
  get pending(): number {
    return this.#timers.size
  }

  /** When the next timer is due; `undefined` without one. */
  get nextDueAtMs(): number | undefined {
    return this.#next()?.dueAtMs
  }

  /**
   * Moves time on by `delayMs`, firing what becomes due on the way, each at its own time. After each timer everything
   * that it set in motion runs until it waits for time, or for input and output of the machine.
   */
  async advance(delayMs: number): Promise<void> {
    const untilMs = this.#nowMs + delayMs
    await this.settle()
    for (let next = this.#next(); next !== undefined && next.dueAtMs <= untilMs; next = this.#next()) {
      await this.#fire(next)
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  /** Moves time to the next timer and fires it; resolves with false when there is none. */
  async advanceToNext(): Promise<boolean> {
    await this.settle()
    const next = this.#next()
    if (next === undefined) return false
    await this.#fire(next)
    return true
  }

  /** Lets promises and callbacks that are ready run, without moving time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < turnsMax; turn++) await new Promise(resolve => setImmediate(resolve))
  }

  async #fire(timer: Timer): Promise<void> {
    this.#timers.delete(timer)
    this.#nowMs = Math.max(this.#nowMs, timer.dueAtMs)
    timer.fire()
    await this.settle()
  }

  #next(): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) {
      if (next === undefined || timer.dueAtMs < next.dueAtMs) next = timer
      else if (timer.dueAtMs === next.dueAtMs && timer.sequence < next.sequence) next = timer
    }
    return next
  }
}

/** Turns of the event loop after a timer. One runs all promises that are ready; the others, callbacks of callbacks. */
const turnsMax = 4
