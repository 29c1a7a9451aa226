/**
 * How far the partitions have been read: the records of a feed are spread over them in turn, so that record 7 of three
 * partitions is the third of partition 1.
 */
export class Position {
  readonly #done: number[]

  constructor(done: readonly number[]) {
    this.#done = [...done]
  }

  /** From the text of a checkpoint; the beginning when there is none, or when it is one of other partitions. */
  static parse(text: string | undefined, partitions: number): Position {
    const done = text === undefined ? [] : (JSON.parse(text) as number[])
    return new Position(done.length === partitions ? done : Array.from({ length: partitions }, () => 0))
  }

  get text(): string {
    return JSON.stringify(this.#done)
  }

  /** Records that are done, of all partitions. */
  get count(): number {
    return this.#done.reduce((sum, done) => sum + done, 0)
  }

  /** Index of the first record that is not done. */
  get first(): number {
    return Math.min(...this.#done.map((done, partition) => done * this.#done.length + partition))
  }

  partitionOf(index: number): number {
    return index % this.#done.length
  }

  isDone(index: number): boolean {
    return Math.floor(index / this.#done.length) < this.#doneOf(index)
  }

  /** A record is done with, and those before it in its partition. */
  finish(index: number): void {
    const done = Math.floor(index / this.#done.length) + 1
    this.#done[this.partitionOf(index)] = Math.max(this.#doneOf(index), done)
  }

  #doneOf(index: number): number {
    return this.#done[this.partitionOf(index)] ?? 0
  }
}
