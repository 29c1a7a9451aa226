import { Decimal, type NumberRange } from '../language/index.ts'
import { IntervalTree } from './interval-tree.ts'
import { addTo, removeFrom } from './list-map.ts'

/** Different numbers may share a double; nearly always there is one of each. */
interface Numbered<T> {
  readonly number: Decimal
  readonly item: T
}

/** Numbers and ranges of numbers with their items. A range of one number is filed as that number. */
export class NumberIndex<T> {
  readonly #numbers = new Map<number, Array<Numbered<T>>>()
  readonly #ranges = new IntervalTree<T>()

  add(number: Decimal, item: T): void {
    addTo(this.#numbers, number.double, { number, item })
  }

  addRange(range: NumberRange, item: T): void {
    if (range.low === range.high) this.add(new Decimal(String(range.low)), item)
    else this.#ranges.add(range, item)
  }

  /** Removes one occurrence; it must have been added. */
  remove(number: Decimal, item: T): void {
    const entries = this.#numbers.get(number.double)
    const entry = entries?.find(each => each.item === item && each.number.equals(number))
    if (entry !== undefined) removeFrom(this.#numbers, number.double, entry)
  }

  /** Removes one occurrence; it must have been added. */
  removeRange(range: NumberRange, item: T): void {
    if (range.low === range.high) this.remove(new Decimal(String(range.low)), item)
    else this.#ranges.remove(range, item)
  }

  collect(value: Decimal, into: T[]): void {
    if (this.#numbers.size > 0) this.#collectEqual(value, into)
    this.#ranges.collect(value, into)
  }

  #collectEqual(value: Decimal, into: T[]): void {
    const entries = this.#numbers.get(value.double)
    if (entries !== undefined)
      for (const { number, item } of entries) if (number.equals(value)) into.push(item)
  }
}
