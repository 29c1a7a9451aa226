const slabBytes = 262_144

/**
 * Memory for many small byte arrays, one after the other: one allocation for hundreds of them. Whoever holds one of them
 * holds its slab.
 */
export class Slab {
  #bytes = Buffer.alloc(0)
  #at = 0

  /** Room for `max` bytes, to be written from `at` of the result on; taken by `take`. */
  reserve(max: number): Buffer {
    if (this.#bytes.length - this.#at < max) {
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(slabBytes, max))
      this.#at = 0
    }
    return this.#bytes
  }

  get at(): number {
    return this.#at
  }

  /** The bytes from `at` to `end`; the next reservation begins there. */
  take(end: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}
