/**
 * Keys and their items, found by the text that begins with them (or ends with them, when read backwards). Edges carry
 * several characters, so the size grows with the number of keys and a look-up visits the text once, no matter how many
 * keys there are.
 */
export class RadixTree<T> {
  readonly #backwards: boolean
  readonly #root: Branch<T> = makeBranch('')

  constructor(direction: 'forwards' | 'backwards') {
    this.#backwards = direction === 'backwards'
  }

  add(key: string, item: T): void {
    let rest = this.#oriented(key)
    let branch = this.#root
    while (rest !== '') {
      const next = branch.children.get(rest.charCodeAt(0))
      if (next === undefined) {
        const leaf = makeBranch<T>(rest)
        branch.children.set(rest.charCodeAt(0), leaf)
        branch = leaf
        break
      }
      const shared = sharedLength(next.edge, rest)
      branch = shared < next.edge.length ? split(branch, next, shared) : next
      rest = rest.slice(shared)
    }
    branch.items.push(item)
  }

  /** Removes one occurrence of the item under the key; both must have been added. */
  remove(key: string, item: T): void {
    const path = this.#pathTo(this.#oriented(key))
    const branch = path[path.length - 1]
    if (branch === undefined) return
    branch.items.splice(branch.items.indexOf(item), 1)
    for (let index = path.length - 1; index > 0; index -= 1) {
      const current = path[index]
      const parent = path[index - 1]
      if (
        current === undefined ||
        parent === undefined ||
        current.items.length > 0 ||
        current.children.size > 0
      )
        return
      parent.children.delete(current.edge.charCodeAt(0))
    }
  }

  /** How many items the key has. */
  countAt(key: string): number {
    const path = this.#pathTo(this.#oriented(key))
    return path[path.length - 1]?.items.length ?? 0
  }

  /** Appends the items of every key that the text begins (or ends) with. */
  collect(text: string, into: T[]): void {
    let branch = this.#root
    let position = 0
    while (true) {
      for (const item of branch.items) into.push(item)
      if (position >= text.length) return
      const next = branch.children.get(this.#codeAt(text, position))
      if (next === undefined || !this.#follows(text, position, next.edge)) return
      position += next.edge.length
      branch = next
    }
  }

  #pathTo(oriented: string): Array<Branch<T>> {
    const path = [this.#root]
    let rest = oriented
    let branch = this.#root
    while (rest !== '') {
      const next = branch.children.get(rest.charCodeAt(0))
      if (next === undefined || !rest.startsWith(next.edge)) return []
      rest = rest.slice(next.edge.length)
      branch = next
      path.push(branch)
    }
    return path
  }

  #follows(text: string, position: number, edge: string): boolean {
    if (text.length - position < edge.length) return false
    for (let index = 1; index < edge.length; index += 1) {
      if (this.#codeAt(text, position + index) !== edge.charCodeAt(index)) return false
    }
    return true
  }

  #codeAt(text: string, position: number): number {
    return text.charCodeAt(this.#backwards ? text.length - 1 - position : position)
  }

  #oriented(key: string): string {
    if (!this.#backwards) return key
    let reversed = ''
    for (let index = key.length - 1; index >= 0; index -= 1) reversed += key.charAt(index)
    return reversed
  }
}

interface Branch<T> {
  edge: string
  items: T[]
  children: Map<number, Branch<T>>
}

function makeBranch<T>(edge: string): Branch<T> {
  return { edge, items: [], children: new Map() }
}

function sharedLength(left: string, right: string): number {
  const end = Math.min(left.length, right.length)
  let index = 0
  while (index < end && left.charCodeAt(index) === right.charCodeAt(index)) index += 1
  return index
}

/** Puts a branch in the middle of the edge to `child` and returns it. */
function split<T>(parent: Branch<T>, child: Branch<T>, at: number): Branch<T> {
  const middle = makeBranch<T>(child.edge.slice(0, at))
  child.edge = child.edge.slice(at)
  middle.children.set(child.edge.charCodeAt(0), child)
  parent.children.set(middle.edge.charCodeAt(0), middle)
  return middle
}
