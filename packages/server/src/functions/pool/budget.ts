/** Instances that all functions together may have, whatever each may have by itself. */
export class InstanceBudget {
  readonly #max: number
  readonly #onRoom: () => void
  #used = 0

  constructor(max: number, onRoom: () => void) {
    this.#max = max
    this.#onRoom = onRoom
  }

  get used(): number {
    return this.#used
  }

  /** False when all are in use. */
  take(): boolean {
    if (this.#used >= this.#max) return false
    this.#used++
    return true
  }

  give(): void {
    this.#used--
    this.#onRoom()
  }
}
