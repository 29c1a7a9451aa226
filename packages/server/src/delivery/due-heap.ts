interface Timed<Item> {
  readonly dueAtMs: number
  readonly item: Item
}

/** Items by due time, earliest first: a binary heap, logarithmic in both directions. */
export class DueHeap<Item> {
  readonly #heap: Timed<Item>[] = []

  get size(): number {
    return this.#heap.length
  }

  get nextDueAtMs(): number | undefined {
    return this.#heap[0]?.dueAtMs
  }

  push(dueAtMs: number, item: Item): void {
    const heap = this.#heap
    let at = heap.push({ dueAtMs, item }) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#dueAt(parent) <= dueAtMs) break
      this.#swap(at, parent)
      at = parent
    }
  }

  /** The earliest item if it is due. */
  popDue(nowMs: number): Item | undefined {
    const heap = this.#heap
    const first = heap[0]
    if (first === undefined || first.dueAtMs > nowMs) return undefined
    const last = heap.pop()
    if (heap.length > 0 && last !== undefined) {
      heap[0] = last
      this.#sink()
    }
    return first.item
  }

  #sink(): void {
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const right = left + 1
      let least = at
      if (this.#dueAt(left) < this.#dueAt(least)) least = left
      if (this.#dueAt(right) < this.#dueAt(least)) least = right
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #dueAt(index: number): number {
    return this.#heap[index]?.dueAtMs ?? Number.POSITIVE_INFINITY
  }

  #swap(left: number, right: number): void {
    const heap = this.#heap
    const kept = heap[left]
    const other = heap[right]
    if (kept === undefined || other === undefined) return
    heap[left] = other
    heap[right] = kept
  }
}
