import { type Clock, sleep } from '@millrace/spi'
import type { Slots } from './slots.ts'

/** The slot of one batch: held while something is written, given back while the batch waits. */
export class Place {
  readonly #slots: Slots
  readonly #clock: Clock
  readonly #signal: AbortSignal
  #isHeld: boolean

  /** `isHeld`: a slot was taken for it already. Rejects with the reason of the signal once the task stops. */
  constructor(slots: Slots, clock: Clock, signal: AbortSignal, isHeld: boolean) {
    this.#slots = slots
    this.#clock = clock
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
    return new Place(this.#slots, this.#clock, this.#signal, false)
  }

  /** Waits without the slot. */
  async pause(untilMs: number): Promise<void> {
    this.release()
    await sleep(this.#clock, Math.max(0, untilMs - this.#clock.nowMs()), this.#signal)
  }
}
