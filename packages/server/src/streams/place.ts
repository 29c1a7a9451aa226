import type { Clock } from '@millrace/spi'
import type { Pauses } from './pauses.ts'
import type { Slots } from './slots.ts'

/** The slot of one batch: held while something is written, given back while the batch waits. */
export class Place {
  readonly #slots: Slots
  readonly #clock: Clock
  readonly #pauses: Pauses
  readonly #signal: AbortSignal
  #isHeld: boolean

  /** `isHeld`: a slot was taken for it already. Rejects with the reason of the signal once the task stops. */
  constructor(slots: Slots, clock: Clock, pauses: Pauses, signal: AbortSignal, isHeld: boolean) {
    this.#slots = slots
    this.#clock = clock
    this.#pauses = pauses
    this.#signal = signal
    this.#isHeld = isHeld
  }

  async hold(): Promise<void> {
    if (!this.#isHeld) {
      await this.#slots.take()
      this.#isHeld = true
    }
    this.#signal.throwIfAborted()
  }

  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#slots.give()
  }

  /** Another place of the same slots. */
  another(): Place {
    return new Place(this.#slots, this.#clock, this.#pauses, this.#signal, false)
  }

  /** Waits without the slot; not so long when somebody wants it to go on. */
  async pause(untilMs: number): Promise<void> {
    this.release()
    await this.#pauses.wait(Math.max(0, untilMs - this.#clock.nowMs()))
  }
}
