/** An interval of ordered bounds; `compareLow` and `compareHigh` of the tree say where a value stands to them. */
export interface Interval<Bound> {
  readonly low: Bound
  readonly lowIncluded: boolean
  readonly high: Bound
  readonly highIncluded: boolean
}

/** Negative, zero or positive as the value is below, at or above the bound. */
export type CompareToBound<Value, Bound> = (value: Value, bound: Bound) => number

/**
 * Intervals and their items, found by a value that lies inside: a treap ordered by lower bound in which every node knows the
 * highest upper bound below it. Adding, removing and looking up take time logarithmic in the number of intervals (looking
 * up: for each that is found). Priorities come from a fixed sequence, so that equal input gives an equal tree.
 */
export class IntervalTree<Value, Bound extends number | bigint, T> {
  readonly #compare: CompareToBound<Value, Bound>
  #root: Node<Bound, T> | null = null
  #seed = 0x9e3779b9

  constructor(compare: CompareToBound<Value, Bound>) {
    this.#compare = compare
  }

  add(interval: Interval<Bound>, item: T): void {
    const existing = find(this.#root, interval)
    if (existing !== null) {
      existing.items.push(item)
      return
    }
    const [left, right] = split(this.#root, interval)
    const node: Node<Bound, T> = {
      interval,
      highest: interval.high,
      items: [item],
      priority: this.#nextPriority(),
      left: null,
      right: null,
    }
    this.#root = merge(merge(left, node), right)
  }

  /** Removes one occurrence of the item; both must have been added. */
  remove(interval: Interval<Bound>, item: T): void {
    const node = find(this.#root, interval)
    if (node === null) return
    node.items.splice(node.items.indexOf(item), 1)
    if (node.items.length === 0) this.#root = removeNode(this.#root, interval)
  }

  /** Appends the items of every interval in which the value lies. */
  collect(value: Value, into: T[]): void {
    this.#collect(this.#root, value, into)
  }

  #collect(node: Node<Bound, T> | null, value: Value, into: T[]): void {
    if (node === null || this.#compare(value, node.highest) > 0) return
    this.#collect(node.left, value, into)
    const { interval } = node
    const low = this.#compare(value, interval.low)
    if (low < 0) return
    const high = this.#compare(value, interval.high)
    if ((low > 0 || interval.lowIncluded) && (high < 0 || (high === 0 && interval.highIncluded))) {
      for (const item of node.items) into.push(item)
    }
    this.#collect(node.right, value, into)
  }

  #nextPriority(): number {
    let seed = this.#seed
    seed ^= seed << 13
    seed ^= seed >>> 17
    seed ^= seed << 5
    this.#seed = seed
    return seed
  }
}

interface Node<Bound, T> {
  readonly interval: Interval<Bound>
  highest: Bound
  readonly items: T[]
  readonly priority: number
  left: Node<Bound, T> | null
  right: Node<Bound, T> | null
}

function order<Bound extends number | bigint>(left: Interval<Bound>, right: Interval<Bound>): number {
  if (left.low !== right.low) return left.low < right.low ? -1 : 1
  if (left.high !== right.high) return left.high < right.high ? -1 : 1
  if (left.lowIncluded !== right.lowIncluded) return left.lowIncluded ? -1 : 1
  if (left.highIncluded !== right.highIncluded) return left.highIncluded ? -1 : 1
  return 0
}

function find<Bound extends number | bigint, T>(
  root: Node<Bound, T> | null,
  interval: Interval<Bound>,
): Node<Bound, T> | null {
  let node = root
  while (node !== null) {
    const side = order(interval, node.interval)
    if (side === 0) return node
    node = side < 0 ? node.left : node.right
  }
  return null
}

/** Cuts a tree into what comes before the interval and what comes after it. */
function split<Bound extends number | bigint, T>(
  node: Node<Bound, T> | null,
  interval: Interval<Bound>,
): [Node<Bound, T> | null, Node<Bound, T> | null] {
  if (node === null) return [null, null]
  if (order(node.interval, interval) < 0) {
    const [left, right] = split(node.right, interval)
    node.right = left
    return [refresh(node), right]
  }
  const [left, right] = split(node.left, interval)
  node.left = right
  return [left, refresh(node)]
}

function merge<Bound extends number | bigint, T>(
  left: Node<Bound, T> | null,
  right: Node<Bound, T> | null,
): Node<Bound, T> | null {
  if (left === null) return right
  if (right === null) return left
  if (left.priority > right.priority) {
    left.right = merge(left.right, right)
    return refresh(left)
  }
  right.left = merge(left, right.left)
  return refresh(right)
}

function removeNode<Bound extends number | bigint, T>(
  node: Node<Bound, T> | null,
  interval: Interval<Bound>,
): Node<Bound, T> | null {
  if (node === null) return null
  const side = order(interval, node.interval)
  if (side === 0) return merge(node.left, node.right)
  if (side < 0) node.left = removeNode(node.left, interval)
  else node.right = removeNode(node.right, interval)
  return refresh(node)
}

function refresh<Bound extends number | bigint, T>(node: Node<Bound, T>): Node<Bound, T> {
  let highest = node.interval.high
  if (node.left !== null && node.left.highest > highest) highest = node.left.highest
  if (node.right !== null && node.right.highest > highest) highest = node.right.highest
  node.highest = highest
  return node
}
