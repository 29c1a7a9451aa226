/**
 * Texts and their items, found by the same text or by a longer one that begins (read backwards: ends) with them.
 *
 * A look-up of a text that is not there, which is what nearly every look-up among many rules is, reads one number of a dense
 * array; the built-in map reads several scattered objects, and at a hundred thousand rules each of them is a wait for
 * memory. Open addressing, with hashes apart from the entries. The hash of a text grows character by character, so
 * all beginnings of a text are looked up in one pass, and only for lengths that some entry has.
 */
export class TextMap<T> {
  readonly #backwards: boolean
  /** For each place a hash, 0 when it was never used, `removedHash` when its entry is gone. */
  #hashes = new Int32Array(smallestSize)
  /** For each place a text and behind it its only item, or several. */
  #entries: Array<string | Items<T> | undefined> = emptyEntries(smallestSize)
  /** Places that are not free, those of removed entries included. */
  #used = 0
  #size = 0
  /** For each length how many texts have it. */
  readonly #lengths: number[] = []

  constructor(direction: 'forwards' | 'backwards' = 'forwards') {
    this.#backwards = direction === 'backwards'
  }

  add(text: string, item: T): void {
    const place = this.#find(text, text.length, this.#hashOf(text))
    if (place !== -1) {
      const items = this.#itemsAt(place)
      if (items instanceof Several) items.list.push(item)
      else if (items !== undefined) this.#entries[place * 2 + 1] = new Several([items, item])
      return
    }
    if ((this.#used + 1) * 2 > this.#hashes.length) this.#rebuild()
    this.#put(text, item)
    this.#size += 1
    while (this.#lengths.length <= text.length) this.#lengths.push(0)
    this.#lengths[text.length] = (this.#lengths[text.length] ?? 0) + 1
  }

  /** Removes one occurrence of the item under the text. */
  remove(text: string, item: T): void {
    const place = this.#find(text, text.length, this.#hashOf(text))
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
    this.#lengths[text.length] = (this.#lengths[text.length] ?? 1) - 1
  }

  /** Appends the items of the text. */
  collect(text: string, into: T[]): void {
    if (this.#size > 0) this.#append(this.#find(text, text.length, this.#hashOf(text)), into)
  }

  /** Appends the items of every entry that the text begins (or ends) with. */
  collectAffixes(text: string, into: T[]): void {
    if (this.#size === 0) return
    const lengths = this.#lengths
    const lengthMax = Math.min(text.length, lengths.length - 1)
    let hash = hashStart
    for (let length = 0; length <= lengthMax; length += 1) {
      if (length > 0) hash = extendHash(hash, this.#codeAt(text, length - 1))
      if (lengths[length] !== 0) this.#append(this.#find(text, length, finishHash(hash)), into)
    }
  }

  #append(place: number, into: T[]): void {
    if (place === -1) return
    const items = this.#itemsAt(place)
    if (items instanceof Several) for (const item of items.list) into.push(item)
    else if (items !== undefined) into.push(items)
  }

  /** The place of the entry that is the first (or last) `length` characters of the text; -1 when there is none. */
  #find(text: string, length: number, hash: number): number {
    const hashes = this.#hashes
    const mask = hashes.length - 1
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const found = hashes[place]
      if (found === 0) return -1
      if (found === hash && this.#isAffix(this.#entries[place * 2], text, length)) return place
    }
  }

  #isAffix(entry: string | Items<T> | undefined, text: string, length: number): boolean {
    if (typeof entry !== 'string' || entry.length !== length) return false
    if (length === text.length) return entry === text
    return this.#backwards ? text.endsWith(entry) : text.startsWith(entry)
  }

  /** Odd places of the entries hold items and nothing else. */
  #itemsAt(place: number): Items<T> | undefined {
    const items = this.#entries[place * 2 + 1]
    return items as Items<T> | undefined
  }

  #put(text: string, items: Items<T>): void {
    const hash = this.#hashOf(text)
    const mask = this.#hashes.length - 1
    let place = hash & mask
    while (this.#hashes[place] !== 0) place = (place + 1) & mask
    this.#hashes[place] = hash
    this.#entries[place * 2] = text
    this.#entries[place * 2 + 1] = items
    this.#used += 1
  }

  /**
   * At most two fifths are occupied afterwards and at most a half before the next time: chains of occupied places stay
   * short, and a quarter as many changes as there are entries fit in between.
   */
  #rebuild(): void {
    const entries = this.#entries
    let size = smallestSize
    while (size < (this.#size + 1) * 2.5) size *= 2
    this.#hashes = new Int32Array(size)
    this.#entries = emptyEntries(size)
    this.#used = 0
    for (let index = 0; index < entries.length; index += 2) {
      const text = entries[index]
      const items = entries[index + 1] as Items<T> | undefined
      if (typeof text === 'string' && items !== undefined) this.#put(text, items)
    }
  }

  #hashOf(text: string): number {
    let hash = hashStart
    for (let index = 0; index < text.length; index += 1) hash = extendHash(hash, this.#codeAt(text, index))
    return finishHash(hash)
  }

  #codeAt(text: string, index: number): number {
    return text.charCodeAt(this.#backwards ? text.length - 1 - index : index)
  }
}

type Items<T> = T | Several<T>

function emptyEntries(size: number): undefined[] {
  return Array.from({ length: size * 2 }, () => undefined)
}

/** Keeps a list of items apart from an item that is a list itself. */
class Several<T> {
  readonly list: T[]

  constructor(list: T[]) {
    this.list = list
  }
}

const smallestSize = 16
const removedHash = 1
const hashStart = 0x811c9dc5 | 0

function extendHash(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193)
}

/** Mixes the high bits into the low ones, which choose the place. Neither 0 nor `removedHash`, which have a meaning. */
function finishHash(hash: number): number {
  const mixed = hash ^ (hash >>> 15)
  return mixed === 0 || mixed === removedHash ? 2 : mixed
}
