import { type Condition, type Decimal, type Value, foldCase } from '../language/index.ts'
import { holds } from '../operators/index.ts'
import { FragmentIndex } from './fragment-index.ts'
import { IntervalTree } from './interval-tree.ts'
import { RadixTree } from './radix-tree.ts'
import { TextMap } from './text-map.ts'

type OfKind<Kind extends Condition['kind']> = Extract<Condition, { kind: Kind }>

/** Different numbers may share a double; nearly always there is one of each. */
interface Numbered<T> {
  readonly number: Decimal
  readonly item: T
}

interface Folded<T> {
  readonly condition: OfKind<'ignore-case'>
  readonly item: T
}

interface Refusing<T> {
  readonly excluded: readonly Condition[]
  /** Finds an excluding condition without trying them one by one; only where there are many. */
  readonly index: ConditionIndex<true> | null
  readonly item: T
}

/** From this many excluded conditions on, `anything-but` has an index of its own. */
const refusingIndexMin = 8

/**
 * Conditions and their items, found by the value for which they hold. A look-up costs by the kinds of conditions there are
 * and by how many hold, not by how many there are; `anything-but` holds for nearly every value, and costs accordingly.
 * Indexes come into being with the first condition that needs them.
 */
export class ConditionIndex<T> {
  #strings: TextMap<T> | null = null
  #texts: TextMap<T> | null = null
  #numbers: Map<number, Array<Numbered<T>>> | null = null
  #words: Map<string, T[]> | null = null
  #addresses: Map<bigint, T[]> | null = null
  #beginnings: RadixTree<T> | null = null
  #ends: RadixTree<T> | null = null
  #fragments: FragmentIndex<T> | null = null
  #folded: FoldedIndex<T> | null = null
  #ranges: IntervalTree<Decimal, number, T> | null = null
  #blocks4: IntervalTree<bigint, bigint, T> | null = null
  #blocks6: IntervalTree<bigint, bigint, T> | null = null
  readonly #refusing: Array<Refusing<T>> = []
  readonly #always: T[] = []

  add(condition: Condition, item: T): void {
    switch (condition.kind) {
      case 'exists':
        this.#always.push(item)
        break
      case 'absent':
        break
      case 'anything-but':
        this.#refusing.push(makeRefusing(condition.excluded, item))
        break
      case 'string':
        this.#strings ??= new TextMap()
        this.#strings.add(condition.text, item)
        break
      case 'text':
        this.#texts ??= new TextMap()
        this.#texts.add(condition.text, item)
        break
      case 'number':
        this.#numbers = addTo(this.#numbers, condition.number.double, { number: condition.number, item })
        break
      case 'boolean':
        this.#words = addTo(this.#words, condition.text, item)
        break
      case 'null':
        this.#words = addTo(this.#words, 'null', item)
        break
      case 'address':
        this.#addresses = addTo(
          this.#addresses,
          addressKey(condition.address.bits, condition.address.length),
          item,
        )
        break
      default:
        this.#addRange(condition, item)
    }
  }

  #addRange(condition: OfKind<RangeKind>, item: T): void {
    switch (condition.kind) {
      case 'prefix':
        this.#beginnings ??= new RadixTree('forwards')
        this.#beginnings.add(condition.text, item)
        break
      case 'suffix':
        this.#ends ??= new RadixTree('backwards')
        this.#ends.add(condition.text, item)
        break
      case 'contains':
      case 'wildcard':
        this.#fragments ??= new FragmentIndex()
        this.#fragments.add(piecesOf(condition), item)
        break
      case 'ignore-case':
        this.#folded ??= new FoldedIndex()
        this.#folded.add({ condition, item })
        break
      case 'numeric':
        this.#ranges ??= new IntervalTree((value, bound) => value.compareToBound(bound))
        for (const range of condition.ranges) this.#ranges.add(range, item)
        break
      default:
        this.#blocksOf(condition.range.length).add(blockInterval(condition), item)
    }
  }

  /** Removes one occurrence; the condition must have been added with the item. */
  remove(condition: Condition, item: T): void {
    switch (condition.kind) {
      case 'exists':
        removeItem(this.#always, item)
        break
      case 'absent':
        break
      case 'anything-but':
        this.#refusing.splice(
          this.#refusing.findIndex(entry => entry.item === item),
          1,
        )
        break
      case 'string':
        this.#strings?.remove(condition.text, item)
        break
      case 'text':
        this.#texts?.remove(condition.text, item)
        break
      case 'number':
        this.#removeNumber(condition.number, item)
        break
      case 'boolean':
        removeFrom(this.#words, condition.text, item)
        break
      case 'null':
        removeFrom(this.#words, 'null', item)
        break
      case 'address':
        removeFrom(this.#addresses, addressKey(condition.address.bits, condition.address.length), item)
        break
      default:
        this.#removeRange(condition, item)
    }
  }

  #removeRange(condition: OfKind<RangeKind>, item: T): void {
    switch (condition.kind) {
      case 'prefix':
        this.#beginnings?.remove(condition.text, item)
        break
      case 'suffix':
        this.#ends?.remove(condition.text, item)
        break
      case 'contains':
      case 'wildcard':
        this.#fragments?.remove(piecesOf(condition), item)
        break
      case 'ignore-case':
        this.#folded?.remove(condition, item)
        break
      case 'numeric':
        for (const range of condition.ranges) this.#ranges?.remove(range, item)
        break
      default:
        this.#blocksOf(condition.range.length).remove(blockInterval(condition), item)
    }
  }

  /** Appends the items of the conditions that hold for the value; an item may come more than once. */
  collect(value: Value, into: T[]): void {
    for (const item of this.#always) into.push(item)
    switch (value.type) {
      case 'string':
        this.#collectString(value, into)
        break
      case 'number':
        this.#collectNumber(value.decimal, into)
        break
      default:
        if (this.#words !== null) append(this.#words.get(value.text), into)
    }
    if (this.#texts !== null && value.type !== 'null') this.#texts.collect(value.text, into)
    for (const refusing of this.#refusing) if (isAccepted(refusing, value)) into.push(refusing.item)
  }

  #collectNumber(decimal: Decimal, into: T[]): void {
    for (const { number, item } of this.#numbers?.get(decimal.double) ?? []) {
      if (number.equals(decimal)) into.push(item)
    }
    this.#ranges?.collect(decimal, into)
  }

  #removeNumber(number: Decimal, item: T): void {
    const entry = this.#numbers
      ?.get(number.double)
      ?.find(each => each.item === item && each.number.equals(number))
    if (entry !== undefined) removeFrom(this.#numbers, number.double, entry)
  }

  #collectString(value: Value, into: T[]): void {
    const { text } = value
    this.#strings?.collect(text, into)
    this.#beginnings?.collect(text, into)
    this.#ends?.collect(text, into)
    this.#fragments?.collect(text, into)
    this.#folded?.collect(value, into)
    if (this.#addresses === null && this.#blocks4 === null && this.#blocks6 === null) return
    const { address } = value
    if (address === null) return
    if (this.#addresses !== null) append(this.#addresses.get(addressKey(address.bits, address.length)), into)
    const blocks = address.length === 32 ? this.#blocks4 : this.#blocks6
    blocks?.collect(address.bits, into)
  }

  #blocksOf(length: 32 | 128): IntervalTree<bigint, bigint, T> {
    if (length === 32) {
      this.#blocks4 ??= new IntervalTree(compareBits)
      return this.#blocks4
    }
    this.#blocks6 ??= new IntervalTree(compareBits)
    return this.#blocks6
  }
}

type RangeKind = 'prefix' | 'suffix' | 'contains' | 'wildcard' | 'ignore-case' | 'numeric' | 'cidr'

/** Conditions that ignore letter case: candidates by their folded text, then the exact question. */
class FoldedIndex<T> {
  readonly #whole = new Map<string, Array<Folded<T>>>()
  readonly #beginnings = new RadixTree<Folded<T>>('forwards')
  readonly #ends = new RadixTree<Folded<T>>('backwards')
  readonly #entries = new Map<T, Array<Folded<T>>>()

  add(entry: Folded<T>): void {
    const { condition, item } = entry
    const key = foldCase(condition.text)
    addTo(this.#entries, item, entry)
    if (condition.where === 'whole') addTo(this.#whole, key, entry)
    else (condition.where === 'start' ? this.#beginnings : this.#ends).add(key, entry)
  }

  remove(condition: OfKind<'ignore-case'>, item: T): void {
    const entry = this.#entries
      .get(item)
      ?.find(
        candidate =>
          candidate.condition.text === condition.text && candidate.condition.where === condition.where,
      )
    if (entry === undefined) return
    const key = foldCase(condition.text)
    removeFrom(this.#entries, item, entry)
    if (condition.where === 'whole') removeFrom(this.#whole, key, entry)
    else (condition.where === 'start' ? this.#beginnings : this.#ends).remove(key, entry)
  }

  collect(value: Value, into: T[]): void {
    const folded = foldCase(value.text)
    const candidates = [...(this.#whole.get(folded) ?? [])]
    this.#beginnings.collect(folded, candidates)
    this.#ends.collect(folded, candidates)
    for (const { condition, item } of candidates) {
      if (holds(condition, value)) into.push(item)
    }
  }
}

function makeRefusing<T>(excluded: readonly Condition[], item: T): Refusing<T> {
  if (excluded.length < refusingIndexMin) return { excluded, index: null, item }
  const index = new ConditionIndex<true>()
  for (const condition of excluded) index.add(condition, true)
  return { excluded, index, item }
}

function isAccepted<T>(refusing: Refusing<T>, value: Value): boolean {
  if (refusing.index === null) return !refusing.excluded.some(condition => holds(condition, value))
  const found: true[] = []
  refusing.index.collect(value, found)
  return found.length === 0
}

function piecesOf(condition: OfKind<'contains' | 'wildcard'>): readonly string[] {
  return condition.kind === 'wildcard' ? condition.pieces : ['', condition.text, '']
}

function blockInterval(condition: OfKind<'cidr'>): {
  low: bigint
  lowIncluded: boolean
  high: bigint
  highIncluded: boolean
} {
  return { low: condition.range.low, lowIncluded: true, high: condition.range.high, highIncluded: true }
}

function compareBits(value: bigint, bound: bigint): number {
  return value < bound ? -1 : value > bound ? 1 : 0
}

/** Addresses of both lengths in one map: no IPv6 address has a bit above 128, where IPv4 gets its mark. */
function addressKey(bits: bigint, length: 32 | 128): bigint {
  return length === 32 ? bits | (1n << 128n) : bits
}

function addTo<Key, T>(map: Map<Key, T[]> | null, key: Key, item: T): Map<Key, T[]> {
  const target = map ?? new Map<Key, T[]>()
  const items = target.get(key)
  if (items === undefined) target.set(key, [item])
  else items.push(item)
  return target
}

function removeFrom<Key, T>(map: Map<Key, T[]> | null, key: Key, item: T): void {
  const items = map?.get(key)
  if (items === undefined) return
  removeItem(items, item)
  if (items.length === 0) map?.delete(key)
}

function removeItem<T>(items: T[], item: T): void {
  const index = items.indexOf(item)
  if (index !== -1) items.splice(index, 1)
}

function append<T>(items: readonly T[] | undefined, into: T[]): void {
  if (items !== undefined) for (const item of items) into.push(item)
}
