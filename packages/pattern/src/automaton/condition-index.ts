import type { Condition, Value } from '../language/index.ts'
import { holds } from '../operators/index.ts'
import { AddressIndex } from './address-index.ts'
import { FoldedIndex } from './folded-index.ts'
import { FragmentIndex } from './fragment-index.ts'
import { addTo, append, removeFrom, removeItem } from './list-map.ts'
import { NumberIndex } from './number-index.ts'
import { TextMap } from './text-map.ts'

/** From this many excluded conditions on, `anything-but` has an index of its own. */
const refusingIndexMin = 8

/**
 * Conditions and their items, found by the value for which they hold. A look-up costs by the kinds of conditions there are
 * and by how many hold, not by how many there are; `anything-but` holds for nearly every value, and costs accordingly.
 * An item may be found more than once. Indexes come into being with the first condition that needs them.
 */
export class ConditionIndex<T> {
  #strings: TextMap<T> | null = null
  #texts: TextMap<T> | null = null
  #beginnings: TextMap<T> | null = null
  #ends: TextMap<T> | null = null
  #fragments: FragmentIndex<T> | null = null
  #folded: FoldedIndex<T> | null = null
  #numbers: NumberIndex<T> | null = null
  #addresses: AddressIndex<T> | null = null
  /** For `true`, `false` and `null`. */
  #words: Map<string, T[]> | null = null
  #refusing: Array<Refusing<T>> | null = null
  #always: T[] | null = null

  add(condition: Condition, item: T): void {
    switch (condition.kind) {
      case 'exists':
        return void (this.#always ??= []).push(item)
      case 'absent':
        return
      case 'anything-but':
        return void (this.#refusing ??= []).push(makeRefusing(condition.excluded, item))
      case 'boolean':
        return addTo((this.#words ??= new Map()), condition.text, item)
      case 'null':
        return addTo((this.#words ??= new Map()), 'null', item)
      case 'number':
        return (this.#numbers ??= new NumberIndex()).add(condition.number, item)
      case 'numeric':
        for (const range of condition.ranges) (this.#numbers ??= new NumberIndex()).addRange(range, item)
        return
      default:
        this.#addForText(condition, item)
    }
  }

  #addForText(condition: TextCondition, item: T): void {
    switch (condition.kind) {
      case 'string':
        return (this.#strings ??= new TextMap()).add(condition.text, item)
      case 'text':
        return (this.#texts ??= new TextMap()).add(condition.text, item)
      case 'prefix':
        return (this.#beginnings ??= new TextMap('forwards')).add(condition.text, item)
      case 'suffix':
        return (this.#ends ??= new TextMap('backwards')).add(condition.text, item)
      case 'contains':
      case 'wildcard':
        return (this.#fragments ??= new FragmentIndex()).add(piecesOf(condition), item)
      case 'ignore-case':
        return (this.#folded ??= new FoldedIndex()).add(condition, item)
      case 'address':
        return (this.#addresses ??= new AddressIndex()).add(condition.address, item)
      case 'cidr':
        return (this.#addresses ??= new AddressIndex()).addRange(condition.range, item)
    }
  }

  /** Removes one occurrence; the condition must have been added with the item. */
  remove(condition: Condition, item: T): void {
    switch (condition.kind) {
      case 'exists':
        if (this.#always !== null) removeItem(this.#always, item)
        return
      case 'absent':
        return
      case 'anything-but':
        return this.#removeRefusing(item)
      case 'boolean':
      case 'null':
        if (this.#words !== null)
          removeFrom(this.#words, condition.kind === 'null' ? 'null' : condition.text, item)
        return
      case 'number':
        return this.#numbers?.remove(condition.number, item)
      case 'numeric':
        for (const range of condition.ranges) this.#numbers?.removeRange(range, item)
        return
      default:
        this.#removeForText(condition, item)
    }
  }

  #removeForText(condition: TextCondition, item: T): void {
    switch (condition.kind) {
      case 'string':
        return this.#strings?.remove(condition.text, item)
      case 'text':
        return this.#texts?.remove(condition.text, item)
      case 'prefix':
        return this.#beginnings?.remove(condition.text, item)
      case 'suffix':
        return this.#ends?.remove(condition.text, item)
      case 'contains':
      case 'wildcard':
        return this.#fragments?.remove(piecesOf(condition), item)
      case 'ignore-case':
        return this.#folded?.remove(condition, item)
      case 'address':
        return this.#addresses?.remove(condition.address, item)
      case 'cidr':
        return this.#addresses?.removeRange(condition.range, item)
    }
  }

  #removeRefusing(item: T): void {
    const index = this.#refusing?.findIndex(entry => entry.item === item) ?? -1
    if (index !== -1) this.#refusing?.splice(index, 1)
  }

  /** Appends the items of the conditions that hold for the value. */
  collect(value: Value, into: T[]): void {
    if (this.#always !== null) append(this.#always, into)
    if (value.type === 'string') this.#collectString(value, into)
    else if (value.type === 'number') this.#numbers?.collect(value.decimal, into)
    else if (this.#words !== null) append(this.#words.get(value.text), into)
    if (this.#texts !== null && value.type !== 'null') this.#texts.collect(value.text, into)
    if (this.#refusing === null) return
    for (const refusing of this.#refusing) if (isAccepted(refusing, value)) into.push(refusing.item)
  }

  #collectString(value: Value, into: T[]): void {
    const { text } = value
    this.#strings?.collect(text, into)
    this.#beginnings?.collectAffixes(text, into)
    this.#ends?.collectAffixes(text, into)
    this.#fragments?.collect(text, into)
    this.#folded?.collect(value, into)
    if (this.#addresses !== null && value.address !== null) this.#addresses.collect(value.address, into)
  }
}

type TextKind =
  | 'string'
  | 'text'
  | 'prefix'
  | 'suffix'
  | 'contains'
  | 'wildcard'
  | 'ignore-case'
  | 'address'
  | 'cidr'
type TextCondition = Extract<Condition, { kind: TextKind }>

interface Refusing<T> {
  readonly excluded: readonly Condition[]
  /** Finds an excluding condition without trying them one by one; only where there are many. */
  readonly index: ConditionIndex<true> | null
  readonly item: T
}

function makeRefusing<T>(excluded: readonly Condition[], item: T): Refusing<T> {
  if (excluded.length < refusingIndexMin) return { excluded, index: null, item }
  const index = new ConditionIndex<true>()
  for (const condition of excluded) index.add(condition, true)
  return { excluded, index, item }
}

function isAccepted<T>(refusing: Refusing<T>, value: Value): boolean {
  if (refusing.index === null) {
    for (const condition of refusing.excluded) if (holds(condition, value)) return false
    return true
  }
  const found: true[] = []
  refusing.index.collect(value, found)
  return found.length === 0
}

function piecesOf(condition: Extract<Condition, { kind: 'contains' | 'wildcard' }>): readonly string[] {
  return condition.kind === 'wildcard' ? condition.pieces : ['', condition.text, '']
}
