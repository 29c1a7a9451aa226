import { AppError, type Checkpoints, type Clock, retryBackoff, sleep } from '@millrace/spi'

/** Sessions of one stream, and so tasks that can read at once. */
export const sessionsMax = 16

/** Tasks that start together write their marks within this time; then each looks whose is there. */
const settleMs = 50

/**
 * Which of a stream's sessions a task uses, from 0: the same ones are used again after a restart, for the server keeps
 * messages in them. Tasks do not know each other; each writes its mark at the number that it uses. A number that was given
 * back is taken first. When all have marks, of tasks that live or died, the first one is taken over: the server then closes
 * the connection of its owner, if that lives, who finds the other's mark and moves on to the next number. So all tasks that
 * live end up with different numbers, from 0 without a gap.
 */
export class SessionNumber {
  readonly #checkpoints: Checkpoints
  readonly #clock: Clock
  readonly #mark: string
  #number: number | undefined

  /** The mark is one of a kind. */
  constructor(checkpoints: Checkpoints, clock: Clock, mark: string) {
    this.#checkpoints = checkpoints
    this.#clock = clock
    this.#mark = mark
  }

  /** The number to connect with now. Rejects with `source.unavailable` when all are in use. */
  async take(): Promise<number> {
    if (this.#number !== undefined && (await this.#isOurs(this.#number))) return this.#number
    const first = this.#number === undefined ? await this.#firstFree() : this.#number + 1
    for (let number = first; number < sessionsMax; number++) {
      await this.#checkpoints.save(nameOf(number), this.#mark)
      await sleep(this.#clock, settleMs, new AbortController().signal)
      if (!(await this.#isOurs(number))) continue
      this.#number = number
      return number
    }
    this.#number = undefined
    throw new AppError(
      'source.unavailable',
      `all ${sessionsMax} sessions of the stream are in use; it has more tasks than that`,
      retryBackoff,
      { details: { limit: sessionsMax } },
    )
  }

  /** Whether another task has taken our number over. */
  async isTakenOver(): Promise<boolean> {
    return this.#number !== undefined && !(await this.#isOurs(this.#number))
  }

  async giveBack(): Promise<void> {
    const number = this.#number
    this.#number = undefined
    if (number !== undefined && (await this.#isOurs(number))) {
      await this.#checkpoints.save(nameOf(number), '')
    }
  }

  async #firstFree(): Promise<number> {
    for (let number = 0; number < sessionsMax; number++) {
      const mark = await this.#checkpoints.load(nameOf(number))
      if (mark === '') return number
      // Where no session has ever been there is nothing to take up.
      if (mark === undefined) return 0
    }
    return 0
  }

  async #isOurs(number: number): Promise<boolean> {
    return (await this.#checkpoints.load(nameOf(number))) === this.#mark
  }
}

function nameOf(number: number): string {
  return `session-${number}`
}
