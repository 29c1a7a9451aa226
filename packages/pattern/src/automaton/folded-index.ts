import { type Condition, foldCase, type Value } from '../language/index.ts'
import { holds } from '../operators/index.ts'
import { addTo, removeFrom } from './list-map.ts'
import { TextMap } from './text-map.ts'

type IgnoreCase = Extract<Condition, { kind: 'ignore-case' }>

interface Folded<T> {
  readonly condition: IgnoreCase
  readonly item: T
}

/** Conditions that ignore letter case: candidates by their folded text, then the exact question. */
export class FoldedIndex<T> {
  readonly #whole = new TextMap<Folded<T>>()
  readonly #beginnings = new TextMap<Folded<T>>('forwards')
  readonly #ends = new TextMap<Folded<T>>('backwards')
  readonly #entries = new Map<T, Array<Folded<T>>>()
  readonly #candidates: Array<Folded<T>> = []

  add(condition: IgnoreCase, item: T): void {
    const entry = { condition, item }
    addTo(this.#entries, item, entry)
    this.#mapFor(condition).add(foldCase(condition.text), entry)
  }

  /** Removes one occurrence; it must have been added. */
  remove(condition: IgnoreCase, item: T): void {
    const entry = this.#entries
      .get(item)
      ?.find(each => each.condition.text === condition.text && each.condition.where === condition.where)
    if (entry === undefined) return
    removeFrom(this.#entries, item, entry)
    this.#mapFor(condition).remove(foldCase(condition.text), entry)
  }

  collect(value: Value, into: T[]): void {
    const folded = foldCase(value.text)
    const candidates = this.#candidates
    this.#whole.collect(folded, candidates)
    this.#beginnings.collectAffixes(folded, candidates)
    this.#ends.collectAffixes(folded, candidates)
    for (const { condition, item } of candidates) if (holds(condition, value)) into.push(item)
    candidates.length = 0
  }

  #mapFor(condition: IgnoreCase): TextMap<Folded<T>> {
    if (condition.where === 'whole') return this.#whole
    return condition.where === 'start' ? this.#beginnings : this.#ends
  }
}
