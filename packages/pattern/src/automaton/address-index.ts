import type { Address, AddressRange } from '../language/index.ts'
import { IntervalTree } from './interval-tree.ts'
import { addTo, append, removeFrom } from './list-map.ts'

/**
 * Addresses and blocks of addresses with their items. IPv4 is looked up as a number among intervals; an IPv6 block, which
 * always consists of all addresses with the same leading bits, by those bits, once for each length in use.
 */
export class AddressIndex<T> {
  readonly #addresses = new Map<bigint, T[]>()
  readonly #blocks4 = new IntervalTree<T>()
  /** By the number of bits that a block leaves open, the blocks by the others. */
  readonly #blocks6 = new Map<bigint, Map<bigint, T[]>>()

  add(address: Address, item: T): void {
    addTo(this.#addresses, keyOf(address), item)
  }

  remove(address: Address, item: T): void {
    removeFrom(this.#addresses, keyOf(address), item)
  }

  addRange(range: AddressRange, item: T): void {
    if (range.length === 32) {
      this.#blocks4.add(interval(range), item)
      return
    }
    const open = openBits(range)
    const blocks = this.#blocks6.get(open) ?? new Map<bigint, T[]>()
    this.#blocks6.set(open, blocks)
    addTo(blocks, range.low >> open, item)
  }

  removeRange(range: AddressRange, item: T): void {
    if (range.length === 32) {
      this.#blocks4.remove(interval(range), item)
      return
    }
    const open = openBits(range)
    const blocks = this.#blocks6.get(open)
    if (blocks === undefined) return
    removeFrom(blocks, range.low >> open, item)
    if (blocks.size === 0) this.#blocks6.delete(open)
  }

  collect(address: Address, into: T[]): void {
    if (this.#addresses.size > 0) append(this.#addresses.get(keyOf(address)), into)
    if (address.length === 32) {
      const estimate = Number(address.bits)
      this.#blocks4.collect({ estimate, error: 0, compareToBound: bound => estimate - bound }, into)
      return
    }
    for (const [open, blocks] of this.#blocks6) append(blocks.get(address.bits >> open), into)
  }
}

/** Addresses of both lengths in one map: no IPv6 address has a bit above 128, where IPv4 gets its mark. */
function keyOf(address: Address): bigint {
  return address.length === 32 ? address.bits | (1n << 128n) : address.bits
}

function interval(range: AddressRange): { low: number; lowIncluded: true; high: number; highIncluded: true } {
  return { low: Number(range.low), lowIncluded: true, high: Number(range.high), highIncluded: true }
}

function openBits(range: AddressRange): bigint {
  let bits = 0n
  for (let size = range.high - range.low; size > 0n; size >>= 1n) bits += 1n
  return bits
}
