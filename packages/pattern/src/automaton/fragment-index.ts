import type { WildcardPieces } from '../language/index.ts'
import { wildcardHolds } from '../operators/index.ts'
import { RadixTree } from './radix-tree.ts'

/**
 * Wildcards and their items, found by the text that they accept. Every wildcard is filed under one literal fragment that an
 * accepted text must have: its beginning, its end, or a run of up to three characters from its middle. The fragment that
 * the fewest others are filed under is chosen, so that wildcards which share a beginning are told apart by their ends.
 * A look-up reads the text once for each kind of fragment and verifies the candidates.
 */
export class FragmentIndex<T> {
  readonly #beginnings = new RadixTree<Filed<T>>('forwards')
  readonly #ends = new RadixTree<Filed<T>>('backwards')
  readonly #middles = new Map<number, Array<Filed<T>>>()
  readonly #anywhere: Array<Filed<T>> = []
  readonly #filed = new Map<string, Filed<T>>()
  /** How many wildcards are filed by a run of one, two and three characters. */
  readonly #runs = [0, 0, 0, 0]
  readonly #candidates: Array<Filed<T>> = []

  add(pieces: WildcardPieces, item: T): void {
    const key = JSON.stringify(pieces)
    const existing = this.#filed.get(key)
    if (existing !== undefined) {
      existing.items.push(item)
      return
    }
    const filed: Filed<T> = { pieces, items: [item], place: this.#choosePlace(pieces) }
    this.#filed.set(key, filed)
    this.#file(filed)
  }

  /** Removes one occurrence of the item; both must have been added. */
  remove(pieces: WildcardPieces, item: T): void {
    const key = JSON.stringify(pieces)
    const filed = this.#filed.get(key)
    if (filed === undefined) return
    filed.items.splice(filed.items.indexOf(item), 1)
    if (filed.items.length > 0) return
    this.#filed.delete(key)
    this.#unfile(filed)
  }

  /** Appends the items of every wildcard that accepts the text. */
  collect(text: string, into: T[]): void {
    const candidates = this.#candidates
    candidates.length = 0
    for (const filed of this.#anywhere) candidates.push(filed)
    this.#beginnings.collect(text, candidates)
    this.#ends.collect(text, candidates)
    for (let size = 1; size <= 3; size += 1) if (this.#runs[size] !== 0) this.#collectMiddles(text, size)
    for (const filed of candidates) {
      if (wildcardHolds(filed.pieces, text)) for (const item of filed.items) into.push(item)
    }
    candidates.length = 0
  }

  /** A run that occurs twice in the text gives its candidates twice; the caller visits each item once anyway. */
  #collectMiddles(text: string, size: number): void {
    for (let start = 0; start + size <= text.length; start += 1) {
      const filed = this.#middles.get(runKey(text, start, size))
      if (filed !== undefined) for (const candidate of filed) this.#candidates.push(candidate)
    }
  }

  /** Shorter runs are found at more places of a text, so they are weighed as if they were fuller. */
  #choosePlace(pieces: WildcardPieces): Place {
    const candidates: Array<{ readonly place: Place; readonly load: number }> = []
    const first = pieces[0] ?? ''
    const last = pieces[pieces.length - 1] ?? ''
    if (first !== '') candidates.push({ place: { kind: 'beginning' }, load: this.#beginnings.countAt(first) })
    if (last !== '' && pieces.length > 1)
      candidates.push({ place: { kind: 'end' }, load: this.#ends.countAt(last) })
    for (const piece of pieces.slice(1, -1)) {
      const size = Math.min(3, piece.length)
      for (let start = 0; start + size <= Math.min(piece.length, runsConsideredMax); start += 1) {
        const key = runKey(piece, start, size)
        candidates.push({
          place: { kind: 'middle', key, size },
          load: (this.#middles.get(key)?.length ?? 0) + 3 - size,
        })
      }
    }
    let best: Place = { kind: 'anywhere' }
    let load = Number.POSITIVE_INFINITY
    for (const candidate of candidates) {
      if (candidate.load < load) {
        best = candidate.place
        load = candidate.load
      }
    }
    return best
  }

  #file(filed: Filed<T>): void {
    const { place, pieces } = filed
    if (place.kind === 'beginning') this.#beginnings.add(pieces[0] ?? '', filed)
    else if (place.kind === 'end') this.#ends.add(pieces[pieces.length - 1] ?? '', filed)
    else if (place.kind === 'anywhere') this.#anywhere.push(filed)
    else {
      const others = this.#middles.get(place.key)
      if (others === undefined) this.#middles.set(place.key, [filed])
      else others.push(filed)
      this.#runs[place.size] = (this.#runs[place.size] ?? 0) + 1
    }
  }

  #unfile(filed: Filed<T>): void {
    const { place, pieces } = filed
    if (place.kind === 'beginning') this.#beginnings.remove(pieces[0] ?? '', filed)
    else if (place.kind === 'end') this.#ends.remove(pieces[pieces.length - 1] ?? '', filed)
    else if (place.kind === 'anywhere') this.#anywhere.splice(this.#anywhere.indexOf(filed), 1)
    else {
      const others = this.#middles.get(place.key) ?? []
      others.splice(others.indexOf(filed), 1)
      if (others.length === 0) this.#middles.delete(place.key)
      this.#runs[place.size] = (this.#runs[place.size] ?? 0) - 1
    }
  }
}

/** Of a long piece only the beginning is searched for the emptiest run. */
const runsConsideredMax = 64

type Place =
  | { readonly kind: 'beginning' }
  | { readonly kind: 'end' }
  | { readonly kind: 'anywhere' }
  | { readonly kind: 'middle'; readonly key: number; readonly size: number }

interface Filed<T> {
  readonly pieces: WildcardPieces
  readonly items: T[]
  readonly place: Place
}

/** A small integer for a run of characters. Different runs may share one, since candidates are verified. */
function runKey(text: string, start: number, size: number): number {
  let key = size
  for (let index = 0; index < size; index += 1) key = Math.imul(key, 31_337) + text.charCodeAt(start + index)
  return key & 0x3fffffff
}
