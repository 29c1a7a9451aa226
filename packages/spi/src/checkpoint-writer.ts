import type { Checkpoints } from './source.ts'

/**
 * Saves one checkpoint that changes often. One write runs at a time; texts that come meanwhile are one write after it,
 * with the latest of them.
 */
export class CheckpointWriter {
  readonly #checkpoints: Checkpoints
  readonly #name: string
  #text = ''
  /** Never rejects. */
  #writing: Promise<void> = Promise.resolve()
  #queued: Promise<void> | undefined

  constructor(checkpoints: Checkpoints, name: string) {
    this.#checkpoints = checkpoints
    this.#name = name
  }

  /** Resolves when this text, or one that came later, is durable; rejects when it could not be saved. */
  save(text: string): Promise<void> {
    this.#text = text
    this.#queued ??= this.#writing.then(() => this.#write())
    return this.#queued
  }

  /** Resolves when nothing is being written any more, whatever became of it. */
  async idle(): Promise<void> {
    await this.#queued?.catch(() => {})
    await this.#writing
  }

  #write(): Promise<void> {
    this.#queued = undefined
    const write = this.#checkpoints.save(this.#name, this.#text)
    this.#writing = write.catch(() => {})
    return write
  }
}
