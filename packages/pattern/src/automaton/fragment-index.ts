import type { WildcardPieces } from '../language/index.ts'
import { wildcardHolds } from '../operators/index.ts'
import {
  CandidateTable,
  demandOf,
  isMet,
  offerOf,
  type Candidate,
  type Demand,
  type Offer,
} from './candidate-table.ts'

/**
 * Wildcards and their items, found by the text that they accept. Every wildcard is filed under one literal fragment that an
 * accepted text must have: its beginning, its end, or a run of characters from its middle. The fragment that
 * the fewest others are filed under is chosen, so that wildcards which share a beginning are told apart by their ends.
 * A look-up reads the text once for each kind of fragment and verifies the candidates.
 */
export class FragmentIndex<T> {
  readonly #beginnings = new CandidateTable<Filed<T>>()
  readonly #ends = new CandidateTable<Filed<T>>()
  readonly #middles = new CandidateTable<Filed<T>>()
  readonly #anywhere: Array<Filed<T>> = []
  readonly #filed = new Map<string, Filed<T>>()
  /** For each kind of fragment and each size how many wildcards are filed by one. */
  readonly #beginningSizes: number[] = []
  readonly #endSizes: number[] = []
  readonly #runSizes = Array.from({ length: runSizeMax + 1 }, () => 0)
  /** Its first element stands there always, for an array that is cut to nothing gives up its room. */
  readonly #candidates: Array<Filed<T>> = [{ pieces: [], demand: 0, items: [], place: { kind: 'anywhere' } }]

  /** No piece but the first and the last may be empty: two stars never stand side by side. */
  add(pieces: WildcardPieces, item: T): void {
    const key = JSON.stringify(pieces)
    const existing = this.#filed.get(key)
    if (existing !== undefined) {
      existing.items.push(item)
      return
    }
    const filed: Filed<T> = {
      pieces,
      demand: demandOf(pieces),
      items: [item],
      place: this.#choosePlace(pieces),
    }
    this.#filed.set(key, filed)
    const { place } = filed
    if (place.kind === 'anywhere') {
      this.#anywhere.push(filed)
      return
    }
    this.#tableOf(place).add(place.hash, filed)
    this.#count(place, 1)
  }

  /** Removes one occurrence of the item; both must have been added. */
  remove(pieces: WildcardPieces, item: T): void {
    const key = JSON.stringify(pieces)
    const filed = this.#filed.get(key)
    if (filed === undefined) return
    filed.items.splice(filed.items.indexOf(item), 1)
    if (filed.items.length > 0) return
    this.#filed.delete(key)
    const { place } = filed
    if (place.kind === 'anywhere') {
      this.#anywhere.splice(this.#anywhere.indexOf(filed), 1)
      return
    }
    this.#tableOf(place).remove(place.hash, filed)
    this.#count(place, -1)
  }

  /** Appends the items of every wildcard that accepts the text. */
  collect(text: string, into: T[]): void {
    const candidates = this.#candidates
    const offer = offerOf(text)
    for (const filed of this.#anywhere) candidates.push(filed)
    if (this.#beginnings.size > 0) this.#collectBeginnings(text, offer)
    if (this.#ends.size > 0) this.#collectEnds(text, offer)
    if (this.#middles.size > 0) this.#collectMiddles(text, offer)
    for (let index = 1; index < candidates.length; index += 1) {
      const filed = candidates[index]
      if (filed === undefined || !isMet(filed.demand, offer) || !wildcardHolds(filed.pieces, text)) continue
      for (const item of filed.items) into.push(item)
    }
    candidates.length = 1
  }

  #collectBeginnings(text: string, offer: Offer): void {
    const sizes = this.#beginningSizes
    const sizeMax = Math.min(text.length, sizes.length - 1)
    let hash = 0
    for (let size = 1; size <= sizeMax; size += 1) {
      hash = extendHash(hash, text.charCodeAt(size - 1))
      if ((sizes[size] ?? 0) > 0) this.#beginnings.collect(hash, offer, this.#candidates)
    }
  }

  #collectEnds(text: string, offer: Offer): void {
    const sizes = this.#endSizes
    const sizeMax = Math.min(text.length, sizes.length - 1)
    let hash = 0
    for (let size = 1; size <= sizeMax; size += 1) {
      hash = extendHash(hash, text.charCodeAt(text.length - size))
      if ((sizes[size] ?? 0) > 0) this.#ends.collect(hash, offer, this.#candidates)
    }
  }

  /** A run that occurs twice in the text gives its candidates twice; the caller visits each item once anyway. */
  #collectMiddles(text: string, offer: Offer): void {
    const sizes = this.#runSizes
    for (let start = 0; start < text.length; start += 1) {
      let hash = 0
      const sizeMax = Math.min(runSizeMax, text.length - start)
      for (let size = 1; size <= sizeMax; size += 1) {
        hash = extendHash(hash, text.charCodeAt(start + size - 1))
        if ((sizes[size] ?? 0) > 0) this.#middles.collect(hash, offer, this.#candidates)
      }
    }
  }

  /** Shorter runs are found at more places of a text, so they are weighed as if they were fuller. */
  #choosePlace(pieces: WildcardPieces): Place {
    let best: Place = { kind: 'anywhere' }
    let least = Number.POSITIVE_INFINITY
    const consider = (place: Fragment, handicap: number): void => {
      const load = this.#tableOf(place).countAt(place.hash) + handicap
      if (load >= least) return
      best = place
      least = load
    }
    const first = pieces[0] ?? ''
    const last = pieces[pieces.length - 1] ?? ''
    if (first !== '')
      consider({ kind: 'beginning', hash: hashOf(first, 0, first.length), size: first.length }, 0)
    if (last !== '' && pieces.length > 1)
      consider({ kind: 'end', hash: hashBackwards(last), size: last.length }, 0)
    for (const piece of pieces.slice(1, -1)) {
      const size = Math.min(runSizeMax, piece.length)
      for (let start = 0; start + size <= Math.min(piece.length, runsConsideredMax); start += 1)
        consider({ kind: 'middle', hash: hashOf(piece, start, size), size }, 3 - size)
    }
    return best
  }

  #tableOf(place: Fragment): CandidateTable<Filed<T>> {
    if (place.kind === 'beginning') return this.#beginnings
    return place.kind === 'end' ? this.#ends : this.#middles
  }

  #count(place: Fragment, change: 1 | -1): void {
    const sizes = this.#sizesOf(place)
    while (sizes.length <= place.size) sizes.push(0)
    sizes[place.size] = (sizes[place.size] ?? 0) + change
  }

  #sizesOf(place: Fragment): number[] {
    if (place.kind === 'beginning') return this.#beginningSizes
    return place.kind === 'end' ? this.#endSizes : this.#runSizes
  }
}

/** Longer runs tell more wildcards apart; a look-up tries every size in use at every place of a text. */
const runSizeMax = 8

/** Of a long piece only the beginning is searched for the emptiest run. */
const runsConsideredMax = 64

interface Fragment {
  readonly kind: 'beginning' | 'end' | 'middle'
  readonly hash: number
  readonly size: number
}

type Place = Fragment | { readonly kind: 'anywhere' }

interface Filed<T> extends Candidate {
  readonly pieces: WildcardPieces
  readonly demand: Demand
  readonly items: T[]
  readonly place: Place
}

function hashOf(text: string, start: number, size: number): number {
  let hash = 0
  for (let index = 0; index < size; index += 1) hash = extendHash(hash, text.charCodeAt(start + index))
  return hash
}

function hashBackwards(text: string): number {
  let hash = 0
  for (let index = text.length - 1; index >= 0; index -= 1) hash = extendHash(hash, text.charCodeAt(index))
  return hash
}

/** Different fragments may share a hash, since candidates are verified. */
function extendHash(hash: number, code: number): number {
  return (Math.imul(hash, 31_337) + code + 1) | 0
}
