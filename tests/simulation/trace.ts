import { createHash } from 'node:crypto'

/** Lines kept for the report of a failure. */
const keptMax = 60

/** Everything that happened in a run, in order: a hash of all of it, and the last lines. */
export class Trace {
  readonly #hash = createHash('sha256')
  readonly #nowMs: () => number
  readonly #startMs: number
  #kept: string[] = []

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    this.#startMs = nowMs()
  }

  note(line: string): void {
    const text = `${this.#nowMs() - this.#startMs} ${line}`
    this.#hash.update(`${text}\n`)
    this.#kept.push(text)
    if (this.#kept.length > 2 * keptMax) this.#kept = this.#kept.slice(-keptMax)
  }

  /** The last lines; the number in front is the time in milliseconds. */
  get last(): string[] {
    return this.#kept.slice(-keptMax)
  }

  /** Hash of all lines; the trace takes no more of them afterwards. */
  finish(): string {
    return this.#hash.digest('hex')
  }
}
