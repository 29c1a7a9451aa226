import type { Notice } from './notice.ts'

/** One object on its way through the source: which of its records are out, and which are done. */
export class Item {
  readonly notice: Notice
  /** Elements that an earlier reader has done. */
  readonly skipped: number
  /** The version of the content that is read, once it is known; a changed object has not the same elements. */
  eTag: string
  #out = 0
  #isExhausted = false
  /** All records before this one are done. */
  #done = 0
  /** Done, and others before them are not. */
  readonly #doneAhead = new Set<number>()

  constructor(notice: Notice, eTag: string = '', skipped: number = 0) {
    this.notice = notice
    this.eTag = eTag
    this.skipped = skipped
  }

  /** Records that came out so far, the skipped ones included: where reading goes on after a broken connection. */
  get next(): number {
    return this.skipped + this.#out
  }

  /** Records from the first one on that are done, without a gap. */
  get done(): number {
    return this.skipped + this.#done
  }

  /** Records that came out and are not done. */
  get open(): number {
    return this.#out - this.#done - this.#doneAhead.size
  }

  /** Whether all records are out, and done. */
  get isFinished(): boolean {
    return this.#isExhausted && this.#done === this.#out
  }

  /** Counts one more record; answers its number. */
  handOut(): number {
    return this.#out++
  }

  exhaust(): void {
    this.#isExhausted = true
  }

  /** A record is done; doing it twice is the same as once. */
  complete(index: number): void {
    if (index < this.#done) return
    this.#doneAhead.add(index)
    while (this.#doneAhead.delete(this.#done)) this.#done++
  }
}
