/** What an accepted text must have, in one integer: at least so many characters, and every one of a few. */
export type Demand = number

/** What a text has, to be held against demands. */
export interface Offer {
  readonly length: number
  readonly characters: number
}

/** Something that may accept a text that has what it demands. */
export interface Candidate {
  readonly demand: Demand
}

/** The lowest bits of a demand are a length, the others one each for the characters that share it. */
const lengthMax = 0xff
const lengthBits = 8
const characterBits = 24
const allCharacters = ~lengthMax

/** Longer texts hold nearly every character, and are taken to hold all. */
const examinedLengthMax = 64

/** The demand of the pieces of a wildcard. */
export function demandOf(pieces: readonly string[]): Demand {
  const text = pieces.join('')
  return charactersOf(text) | Math.min(text.length, lengthMax)
}

export function offerOf(text: string): Offer {
  const { length } = text
  return { length, characters: length > examinedLengthMax ? allCharacters : charactersOf(text) }
}

export function isMet(demand: Demand, offer: Offer): boolean {
  return (demand & lengthMax) <= offer.length && (demand & allCharacters & ~offer.characters) === 0
}

function charactersOf(text: string): number {
  let characters = 0
  for (let index = 0; index < text.length; index += 1)
    characters |= 1 << (lengthBits + (text.charCodeAt(index) % characterBits))
  return characters
}

/**
 * Candidates by the hash of a piece of text. A key and what its candidates demand at least stand side by side in one array
 * of integers: a candidate that a text cannot satisfy is mostly refused in one read of memory, without a visit to
 * the candidate itself, which among a hundred thousand lies far off. Equal hashes share a place, since whoever looks up verifies
 * what is found.
 */
export class CandidateTable<T extends Candidate> {
  /** For each place the key, 0 when it was never used, and behind it the demand that all its candidates have in common. */
  #keys = new Int32Array(smallestSize * 2)
  /** For each place the candidates; an empty list where they were removed. */
  #lists: Array<T[] | undefined> = emptyLists(smallestSize)
  #used = 0
  size = 0

  add(hash: number, candidate: T): void {
    this.size += 1
    const place = this.#find(keyOf(hash))
    const list = place === -1 ? undefined : this.#lists[place]
    if (list === undefined) {
      if ((this.#used + 1) * 2 > this.#lists.length) this.#rebuild()
      this.#put(keyOf(hash), [candidate])
    } else {
      list.push(candidate)
      this.#keys[place * 2 + 1] = commonDemand(list)
    }
  }

  /** Removes one occurrence of a candidate that was added. */
  remove(hash: number, candidate: T): void {
    const place = this.#find(keyOf(hash))
    const list = place === -1 ? undefined : this.#lists[place]
    const index = list?.indexOf(candidate) ?? -1
    if (list === undefined || index === -1) return
    list.splice(index, 1)
    this.size -= 1
    this.#keys[place * 2 + 1] = commonDemand(list)
  }

  countAt(hash: number): number {
    const place = this.#find(keyOf(hash))
    return place === -1 ? 0 : (this.#lists[place]?.length ?? 0)
  }

  /** Appends the candidates of the hash, unless the offer meets the demand of none of them. */
  collect(hash: number, offer: Offer, into: T[]): void {
    const place = this.#find(keyOf(hash))
    if (place === -1 || !isMet(this.#keys[place * 2 + 1] ?? 0, offer)) return
    for (const candidate of this.#lists[place] ?? []) into.push(candidate)
  }

  #find(key: number): number {
    const keys = this.#keys
    const mask = keys.length - 1
    for (let at = (key * 2) & mask; ; at = (at + 2) & mask) {
      const found = keys[at]
      if (found === key) return at >> 1
      if (found === 0) return -1
    }
  }

  #put(key: number, list: T[]): void {
    const mask = this.#keys.length - 1
    let at = (key * 2) & mask
    while (this.#keys[at] !== 0) at = (at + 2) & mask
    this.#keys[at] = key
    this.#keys[at + 1] = commonDemand(list)
    this.#lists[at >> 1] = list
    this.#used += 1
  }

  /** Places of removed candidates are given up; at most two fifths are occupied afterwards. */
  #rebuild(): void {
    const keys = this.#keys
    const lists = this.#lists
    const left = lists.filter(list => list !== undefined && list.length > 0).length
    let size = smallestSize
    while (size < (left + 1) * 2.5) size *= 2
    this.#keys = new Int32Array(size * 2)
    this.#lists = emptyLists(size)
    this.#used = 0
    for (const [place, list] of lists.entries())
      if (list !== undefined && list.length > 0) this.#put(keys[place * 2] ?? 0, list)
  }
}

const smallestSize = 16

function emptyLists(size: number): undefined[] {
  return Array.from({ length: size }, () => undefined)
}

/** High bits are mixed into the low ones, which choose the place; 0 stands for a free place. */
function keyOf(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  const key = mixed ^ (mixed >>> 13)
  return key === 0 ? 1 : key
}

/** No list demands nothing; nobody looks at it. */
function commonDemand(list: readonly Candidate[]): Demand {
  let length = lengthMax
  let characters = allCharacters
  for (const { demand } of list) {
    length = Math.min(length, demand & lengthMax)
    characters &= demand
  }
  return characters | length
}
