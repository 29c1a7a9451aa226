import type { WildcardPieces } from '../language/index.ts'
import { wildcardHolds } from '../operators/index.ts'
import { TextMap } from './text-map.ts'

/**
 * Wildcards and their items, found by the text that they accept. Every wildcard is filed under one literal fragment that an
 * accepted text must have: its beginning, its end, or a run of characters from its middle. The fragment that
 * the fewest others are filed under is chosen, so that wildcards which share a beginning are told apart by their ends.
 * A look-up reads the text once for each kind of fragment and verifies the candidates.
 */
export class FragmentIndex<T> {
  readonly #beginnings = new TextMap<Filed<T>>('forwards')
  readonly #ends = new TextMap<Filed<T>>('backwards')
  readonly #middles = new Map<number, Array<Filed<T>>>()
  readonly #anywhere: Array<Filed<T>> = []
  readonly #filed = new Map<string, Filed<T>>()
  /** For each size of a run how many wildcards are filed by one. */
  readonly #runs = Array.from({ length: runSizeMax + 1 }, () => 0)
  /** Its first element stands there always, for an array that is cut to nothing gives up its room. */
  readonly #candidates: Array<Filed<T>> = [
    { pieces: [], lengthMin: 0, items: [], place: { kind: 'anywhere' } },
  ]

  /** No piece but the first and the last may be empty: two stars never stand side by side. */
  add(pieces: WildcardPieces, item: T): void {
    const key = JSON.stringify(pieces)
    const existing = this.#filed.get(key)
    if (existing !== undefined) {
      existing.items.push(item)
      return
    }
    const lengthMin = pieces.reduce((sum, piece) => sum + piece.length, 0)
    const filed: Filed<T> = { pieces, lengthMin, items: [item], place: this.#choosePlace(pieces) }
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
    for (const filed of this.#anywhere) candidates.push(filed)
    this.#beginnings.collectCandidates(text, candidates)
    this.#ends.collectCandidates(text, candidates)
    if (this.#middles.size > 0) this.#collectMiddles(text)
    for (let index = 1; index < candidates.length; index += 1) {
      const filed = candidates[index]
      if (filed === undefined || text.length < filed.lengthMin || !wildcardHolds(filed.pieces, text)) continue
      for (const item of filed.items) into.push(item)
    }
    candidates.length = 1
  }

  /** A run that occurs twice in the text gives its candidates twice; the caller visits each item once anyway. */
  #collectMiddles(text: string): void {
    const runs = this.#runs
    for (let start = 0; start < text.length; start += 1) {
      let key = 0
      const sizeMax = Math.min(runSizeMax, text.length - start)
      for (let size = 1; size <= sizeMax; size += 1) {
        key = extendRunKey(key, text.charCodeAt(start + size - 1))
        if (runs[size] === 0) continue
        const filed = this.#middles.get(key)
        if (filed !== undefined) for (const candidate of filed) this.#candidates.push(candidate)
      }
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
      const size = Math.min(runSizeMax, piece.length)
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

/** Longer runs tell more wildcards apart; a look-up tries every size in use at every place of a text. */
const runSizeMax = 8

/** Of a long piece only the beginning is searched for the emptiest run. */
const runsConsideredMax = 64

type Place =
  | { readonly kind: 'beginning' }
  | { readonly kind: 'end' }
  | { readonly kind: 'anywhere' }
  | { readonly kind: 'middle'; readonly key: number; readonly size: number }

interface Filed<T> {
  readonly pieces: WildcardPieces
  /** No shorter text is accepted: a question that needs none of the pieces, which may lie far off in memory. */
  readonly lengthMin: number
  readonly items: T[]
  readonly place: Place
}

/** A small integer for a run of characters. Different runs may share one, since candidates are verified. */
function runKey(text: string, start: number, size: number): number {
  let key = 0
  for (let index = 0; index < size; index += 1) key = extendRunKey(key, text.charCodeAt(start + index))
  return key
}

function extendRunKey(key: number, code: number): number {
  return (Math.imul(key, 31_337) + code + 1) & 0x3fffffff
}
