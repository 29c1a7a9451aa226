/**
 * Texts and their items. A look-up of a text that is not there, which is what nearly every look-up among many rules is, reads one
 * number of a dense array; the built-in map reads several scattered objects, and at a hundred thousand rules each of them
 * is a wait for memory. Open addressing, with hashes apart from the entries.
 */
export class TextMap<T> {
  /** For each place a hash, 0 when it was never used, `removedHash` when its entry is gone. */
  #hashes = new Int32Array(smallestSize)
  /** For each place a text and behind it its only item, or the list of them. */
  #entries: Array<string | Items<T> | undefined> = []
  #used = 0
  #size = 0

  add(text: string, item: T): void {
    const place = this.#find(text, hashOf(text))
    if (place !== -1) {
      const items = this.#itemsAt(place)
      if (items instanceof Several) items.list.push(item)
      else if (items !== undefined) this.#entries[place * 2 + 1] = new Several([items, item])
      return
    }
    if ((this.#used + 1) * 2 > this.#hashes.length) this.#rebuild()
    this.#put(text, item)
    this.#size += 1
  }

  /** Removes one occurrence of the item under the text. */
  remove(text: string, item: T): void {
    const place = this.#find(text, hashOf(text))
    if (place === -1) return
    const items = this.#itemsAt(place)
    if (items instanceof Several) {
      const index = items.list.indexOf(item)
      if (index !== -1) items.list.splice(index, 1)
      if (items.list.length > 0) return
    } else if (items !== item) return
    this.#hashes[place] = removedHash
    this.#entries[place * 2] = undefined
    this.#entries[place * 2 + 1] = undefined
    this.#size -= 1
  }

  /** Appends the items of the text. */
  collect(text: string, into: T[]): void {
    const place = this.#find(text, hashOf(text))
    if (place === -1) return
    const items = this.#itemsAt(place)
    if (items instanceof Several) for (const item of items.list) into.push(item)
    else if (items !== undefined) into.push(items)
  }

  #find(text: string, hash: number): number {
    const hashes = this.#hashes
    const mask = hashes.length - 1
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const found = hashes[place]
      if (found === 0) return -1
      if (found === hash && this.#entries[place * 2] === text) return place
    }
  }

  /** Odd places of the entries hold items and nothing else. */
  #itemsAt(place: number): Items<T> | undefined {
    const items = this.#entries[place * 2 + 1]
    return items as Items<T> | undefined
  }

  #put(text: string, items: Items<T>): void {
    const hash = hashOf(text)
    const mask = this.#hashes.length - 1
    let place = hash & mask
    while (this.#hashes[place] !== 0) place = (place + 1) & mask
    this.#hashes[place] = hash
    this.#entries[place * 2] = text
    this.#entries[place * 2 + 1] = items
    this.#used += 1
  }

  /** Leaves at least three quarters free, so that chains of occupied places stay short. */
  #rebuild(): void {
    const entries = this.#entries
    let size = smallestSize
    while (size < (this.#size + 1) * 4) size *= 2
    this.#hashes = new Int32Array(size)
    this.#entries = new Array<string | Items<T> | undefined>()
    for (let index = 0; index < size * 2; index += 1) this.#entries.push(undefined)
    this.#used = 0
    for (let index = 0; index < entries.length; index += 2) {
      const text = entries[index]
      const items = entries[index + 1] as Items<T> | undefined
      if (typeof text === 'string' && items !== undefined) this.#put(text, items)
    }
  }
}

type Items<T> = T | Several<T>

/** Keeps a list of items apart from an item that is a list itself. */
class Several<T> {
  readonly list: T[]

  constructor(list: T[]) {
    this.list = list
  }
}

const smallestSize = 16
const removedHash = 1

/** Neither 0 nor `removedHash`, which have a meaning of their own. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash ^= hash >>> 15
  return hash === 0 || hash === removedHash ? 2 : hash
}
