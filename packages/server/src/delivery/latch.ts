/**
 * What a loop sleeps on when it has nothing to do. A `wake` between two waits is not lost: the next wait returns at
 * once. One loop waits; anybody wakes.
 */
export class Latch {
  #isSet = false
  #resolve: (() => void) | undefined

  wake(): void {
    this.#isSet = true
    const resolve = this.#resolve
    this.#resolve = undefined
    resolve?.()
  }

  /** Resolves when woken, and resets. */
  async wait(): Promise<void> {
    if (!this.#isSet) {
      await new Promise<void>(resolve => {
        this.#resolve = resolve
      })
    }
    this.#isSet = false
  }
}
