import type { NumberRange } from '../language/index.ts'

/**
 * A number to be looked up. All questions but the close ones are answered by `estimate`, which is off by no more than
 * `error`.
 */
export interface LookedUp {
  readonly estimate: number
  readonly error: number
  /** Negative, zero or positive as the number is below, at or above the bound. */
  compareToBound(bound: number): number
}

const none = 0
const firstCapacity = 16

/**
 * Intervals and their items, found by a number that lies inside: a treap ordered by lower bound in which every node knows
 * the highest upper bound below it. Adding, removing and looking up take time logarithmic in the number of intervals
 * (looking up: for each that is found). Nodes are places in arrays of numbers, because a hundred thousand objects
 * would be as many waits for memory. Priorities come from a fixed sequence, so that equal input gives an equal tree.
 */
export class IntervalTree<T> {
  // Place 0 stands for no node.
  #low = new Float64Array(firstCapacity)
  #high = new Float64Array(firstCapacity)
  #highest = new Float64Array(firstCapacity)
  #left = new Int32Array(firstCapacity)
  #right = new Int32Array(firstCapacity)
  #priority = new Int32Array(firstCapacity)
  /** Bit 0: the lower bound is included; bit 1: the upper one is. */
  #included = new Uint8Array(firstCapacity)
  readonly #items: T[][] = [[]]
  readonly #free: number[] = []
  #root = none
  #seed = 0x2545f491

  add(range: NumberRange, item: T): void {
    const existing = this.#find(range)
    if (existing !== none) {
      this.#items[existing]?.push(item)
      return
    }
    const node = this.#allocate(range, item)
    const [before, after] = this.#split(this.#root, range)
    this.#root = this.#merge(this.#merge(before, node), after)
  }

  /** Removes one occurrence of the item; both must have been added. */
  remove(range: NumberRange, item: T): void {
    const node = this.#find(range)
    const items = this.#items[node]
    if (node === none || items === undefined) return
    const index = items.indexOf(item)
    if (index !== -1) items.splice(index, 1)
    if (items.length > 0) return
    this.#root = this.#removeNode(this.#root, range)
    this.#free.push(node)
  }

  /** Appends the items of every interval in which the number lies. */
  collect(value: LookedUp, into: T[]): void {
    if (this.#root !== none)
      this.#collect(this.#root, value, value.estimate - value.error, value.estimate + value.error, into)
  }

  #collect(from: number, value: LookedUp, least: number, most: number, into: T[]): void {
    const highest = this.#highest
    const low = this.#low
    let node = from
    // Ways with one direction are walked in the loop; a call is made only where both sides may hold something.
    while (node !== none && at(highest, node) >= least) {
      const left = at(this.#left, node)
      if (at(low, node) > most) {
        node = left
        continue
      }
      if (left !== none && at(highest, left) >= least) this.#collect(left, value, least, most, into)
      const isInside = at(low, node) < least && at(this.#high, node) > most
      if (isInside || this.#holds(node, value)) for (const item of this.#items[node] ?? []) into.push(item)
      node = at(this.#right, node)
    }
  }

  #holds(node: number, value: LookedUp): boolean {
    const included = at(this.#included, node)
    const low = value.compareToBound(at(this.#low, node))
    if (low < 0 || (low === 0 && (included & 1) === 0)) return false
    const high = value.compareToBound(at(this.#high, node))
    return high < 0 || (high === 0 && (included & 2) !== 0)
  }

  #allocate(range: NumberRange, item: T): number {
    const node = this.#free.pop() ?? this.#items.length
    if (node >= this.#low.length) this.#grow()
    this.#low[node] = range.low
    this.#high[node] = range.high
    this.#highest[node] = range.high
    this.#left[node] = none
    this.#right[node] = none
    this.#included[node] = includedBits(range)
    this.#priority[node] = this.#nextPriority()
    this.#items[node] = [item]
    return node
  }

  #grow(): void {
    const capacity = this.#low.length * 2
    this.#low = copyInto(new Float64Array(capacity), this.#low)
    this.#high = copyInto(new Float64Array(capacity), this.#high)
    this.#highest = copyInto(new Float64Array(capacity), this.#highest)
    this.#left = copyInto(new Int32Array(capacity), this.#left)
    this.#right = copyInto(new Int32Array(capacity), this.#right)
    this.#priority = copyInto(new Int32Array(capacity), this.#priority)
    this.#included = copyInto(new Uint8Array(capacity), this.#included)
  }

  #nextPriority(): number {
    let seed = this.#seed
    seed ^= seed << 13
    seed ^= seed >>> 17
    seed ^= seed << 5
    this.#seed = seed
    return seed
  }

  /** Where a range belongs in relation to a node: negative before, 0 the same, positive after. */
  #order(range: NumberRange, node: number): number {
    const low = at(this.#low, node)
    if (range.low !== low) return range.low < low ? -1 : 1
    const high = at(this.#high, node)
    if (range.high !== high) return range.high < high ? -1 : 1
    return includedBits(range) - at(this.#included, node)
  }

  #find(range: NumberRange): number {
    let node = this.#root
    while (node !== none) {
      const side = this.#order(range, node)
      if (side === 0) return node
      node = at(side < 0 ? this.#left : this.#right, node)
    }
    return none
  }

  /** Cuts a tree into what comes before the range and what comes after it. */
  #split(node: number, range: NumberRange): readonly [number, number] {
    if (node === none) return [none, none]
    if (this.#order(range, node) > 0) {
      const [before, after] = this.#split(at(this.#right, node), range)
      this.#right[node] = before
      return [this.#refresh(node), after]
    }
    const [before, after] = this.#split(at(this.#left, node), range)
    this.#left[node] = after
    return [before, this.#refresh(node)]
  }

  #merge(before: number, after: number): number {
    if (before === none) return after
    if (after === none) return before
    if (at(this.#priority, before) > at(this.#priority, after)) {
      this.#right[before] = this.#merge(at(this.#right, before), after)
      return this.#refresh(before)
    }
    this.#left[after] = this.#merge(before, at(this.#left, after))
    return this.#refresh(after)
  }

  #removeNode(node: number, range: NumberRange): number {
    if (node === none) return none
    const side = this.#order(range, node)
    if (side === 0) return this.#merge(at(this.#left, node), at(this.#right, node))
    if (side < 0) this.#left[node] = this.#removeNode(at(this.#left, node), range)
    else this.#right[node] = this.#removeNode(at(this.#right, node), range)
    return this.#refresh(node)
  }

  #refresh(node: number): number {
    let highest = at(this.#high, node)
    for (const child of [at(this.#left, node), at(this.#right, node)]) {
      if (child !== none) highest = Math.max(highest, at(this.#highest, child))
    }
    this.#highest[node] = highest
    return node
  }
}

/** Places come from the tree itself, so they are always inside the arrays. */
function at(array: Float64Array | Int32Array | Uint8Array, place: number): number {
  return array[place] ?? 0
}

function includedBits(range: NumberRange): number {
  return (range.lowIncluded ? 1 : 0) | (range.highIncluded ? 2 : 0)
}

function copyInto<A extends Float64Array | Int32Array | Uint8Array>(target: A, source: A): A {
  target.set(source)
  return target
}
