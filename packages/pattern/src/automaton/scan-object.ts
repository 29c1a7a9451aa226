import { patternLimits } from '../limits.ts'
import { Value } from '../language/index.ts'
import { PatternError } from '../pattern-error.ts'
import { findDotted } from './dotted.ts'
import type { Membership, PathNode, PathTrie } from './path-trie.ts'

/** Fills the slots of a trie from a parsed event, in the order of its members, by the rules that the scan of bytes keeps. */
export class ObjectScanner {
  readonly #trie: PathTrie
  #lists = 0
  #depth = 0

  constructor(trie: PathTrie) {
    this.#trie = trie
  }

  scan(event: object): void {
    this.#trie.begin()
    this.#lists = 0
    this.#depth = 0
    if (Array.isArray(event))
      throw new PatternError('pattern.event-not-json', '', 'an event is a JSON object')
    this.#object(jsonForm(event) as object, this.#trie.root, null)
  }

  #object(object: object, node: PathNode, membership: Membership | null): void {
    this.#enter()
    for (const name of Object.keys(object)) {
      const child = node.children.get(name)
      const member: unknown = jsonForm((object as Record<string, unknown>)[name])
      if (member === undefined) continue
      if (child !== undefined) this.#member(member, child, membership)
      else if (node.hasGrandchildren && this.#trie.reach === 'leaves' && name.includes('.')) {
        const target = findDotted(node, name)
        if (target !== undefined) this.#member(member, target, membership)
      }
    }
    this.#depth -= 1
  }

  #member(member: unknown, node: PathNode, membership: Membership | null): void {
    if (this.#trie.isClosed(node)) return
    const { slot } = node
    if (this.#trie.reach === 'plain') {
      this.#plain(member, node)
    } else if (Array.isArray(member)) {
      const touchedBefore = this.#trie.touchedCount
      this.#list(member, node, membership)
      if (membership === null) closeFilled(this.#trie, touchedBefore)
    } else if (typeof member === 'object' && member !== null) {
      if (node.children.size > 0) this.#object(member, node, membership)
    } else if (slot !== null && !slot.closed) {
      this.#trie.record(slot, toValue(member), membership)
      if (membership === null) this.#trie.close(slot)
    }
  }

  #list(list: readonly unknown[], node: PathNode, outer: Membership | null): void {
    this.#enter()
    const number = this.#lists
    this.#lists += 1
    for (const [element, item] of list.entries()) {
      const member = jsonForm(item) ?? null
      if (typeof member !== 'object' || member === null) {
        if (node.slot !== null && !node.slot.closed) this.#trie.record(node.slot, toValue(member), outer)
        continue
      }
      const membership: Membership = { list: number, element, outer }
      if (Array.isArray(member)) this.#list(member, node, membership)
      else if (node.children.size > 0) this.#object(member, node, membership)
    }
    this.#depth -= 1
  }

  #plain(member: unknown, node: PathNode): void {
    const { slot } = node
    if (typeof member === 'object' && member !== null && !Array.isArray(member)) {
      if (node.children.size > 0) this.#object(member, node, null)
      if (slot !== null && !slot.closed) this.#trie.block(slot)
    } else if (slot !== null && !slot.closed) {
      const items: unknown[] = Array.isArray(member) ? member.map(item => jsonForm(item) ?? null) : [member]
      if (items.length === 0 || items.some(item => typeof item === 'object' && item !== null))
        this.#trie.block(slot)
      else for (const item of items) this.#trie.record(slot, toValue(item), null)
    }
    if (slot !== null) this.#trie.close(slot)
  }

  #enter(): void {
    this.#depth += 1
    if (this.#depth > patternLimits.eventDepthMax) {
      throw new PatternError(
        'pattern.event-too-deep',
        '',
        `nested deeper than ${patternLimits.eventDepthMax} levels`,
      )
    }
  }
}

/**
 * Closes the slots that the list which just ended gave a value: those touched since. Slots outside of lists close at once,
 * so no other is open.
 */
export function closeFilled(trie: PathTrie, touchedBefore: number): void {
  for (let index = touchedBefore; index < trie.touchedCount; index += 1) {
    const slot = trie.touched[index]
    if (slot !== undefined) trie.close(slot)
  }
}

function jsonForm(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null || !('toJSON' in value)) return value
  return typeof value.toJSON === 'function' ? (value.toJSON as () => unknown)() : value
}

function toValue(member: unknown): Value {
  if (typeof member === 'string') return new Value('string', member)
  if (typeof member === 'boolean') return new Value('boolean', member ? 'true' : 'false')
  if (typeof member === 'bigint') return new Value('number', member.toString())
  if (typeof member === 'number' && Number.isFinite(member)) return new Value('number', String(member))
  return new Value('null', 'null')
}
