import { patternLimits } from '../limits.ts'
import { ByteReader } from './byte-reader.ts'
import { Value, asciiText, utf8Text } from '../language/index.ts'
import { findDotted } from './dotted.ts'
import { type Membership, nameKey, type PathNode, type PathTrie } from './path-trie.ts'
import { closeFilled } from './scan-object.ts'

const quote = 0x22
const comma = 0x2c
const dot = 0x2e
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/**
 * Fills the slots of a trie from the bytes of a JSON text. Only members that a path names are looked at; everything else is
 * followed to its end and no further, and the scan stops where nothing more can be found. So a fault in a part that no rule
 * names may pass unnoticed; one that is noticed is refused with `pattern.event-not-json`.
 */
export class ByteScanner {
  readonly #trie: PathTrie
  readonly #reader = new ByteReader()
  #lists = 0
  #depth = 0

  constructor(trie: PathTrie) {
    this.#trie = trie
  }

  scan(bytes: Uint8Array): void {
    const reader = this.#reader
    this.#trie.begin()
    this.#lists = 0
    this.#depth = 0
    reader.start(bytes)
    reader.expect(openBrace)
    if (this.#trie.root.slotCount > 0) this.#object(this.#trie.root, null)
  }

  /** Reads the members of an object whose brace has been taken, to its end or until the whole scan is done. */
  #object(node: PathNode, membership: Membership | null): void {
    const reader = this.#reader
    this.#enter()
    if (reader.peek() === closeBrace) {
      reader.position += 1
      this.#depth -= 1
      return
    }
    let missing = membership === null || node.hasGrandchildren ? -1 : node.childMask
    let before: PathNode | null = null
    while (true) {
      const expected: PathNode | null = before === null ? node.firstMember : before.nextMember
      const child = this.#named(node, expected, membership)
      if (child !== undefined) {
        if (child !== expected) expectAfter(node, before, child)
        before = child
      }
      if (child !== undefined && missing !== -1) missing &= ~child.mask
      if (missing === 0 || (membership === null && this.#trie.isClosed(node))) {
        if (!this.#isDone()) reader.skipRest()
        break
      }
      const next = reader.peek()
      reader.position += 1
      if (next === closeBrace) break
      if (next !== comma) reader.fail()
    }
    this.#depth -= 1
  }

  /** One member: its name, the colon and its value. Gives the child that it belongs to. */
  #named(node: PathNode, expected: PathNode | null, membership: Membership | null): PathNode | undefined {
    const reader = this.#reader
    if (expected !== null && reader.takeName(expected.nameBytes)) {
      this.#member(reader.peek(), expected, membership)
      return expected
    }
    const first = reader.readName()
    const { nameStart: start, nameEnd: end, nameEscaped: escaped } = reader
    const child = escaped
      ? node.children.get(reader.textBetween(start, end, true))
      : childNamed(node, reader.bytes, start, end)
    if (child !== undefined) this.#member(first, child, membership)
    else if (node.hasGrandchildren && this.#trie.reach === 'leaves')
      this.#dotted(node, start, end, escaped, first, membership)
    else reader.skipValue(first)
    return child
  }

  #dotted(
    node: PathNode,
    start: number,
    end: number,
    escaped: boolean,
    first: number,
    membership: Membership | null,
  ): void {
    const reader = this.#reader
    const mayLead = escaped || hasDot(reader.bytes, start, end)
    const target = mayLead ? findDotted(node, reader.textBetween(start, end, escaped)) : undefined
    if (target === undefined) reader.skipValue(first)
    else this.#member(first, target, membership)
  }

  #member(first: number, node: PathNode, membership: Membership | null): void {
    const reader = this.#reader
    const trie = this.#trie
    const { slot } = node
    if (trie.isClosed(node)) {
      reader.skipValue(first)
    } else if (trie.reach === 'plain') {
      this.#plain(first, node)
    } else if (first === openBracket) {
      reader.position += 1
      const touchedBefore = trie.touchedCount
      this.#list(node, membership)
      if (membership === null) closeFilled(trie, touchedBefore)
    } else if (first === openBrace) {
      reader.position += 1
      if (node.children.size > 0) this.#object(node, membership)
      else reader.skipRest()
    } else if (slot === null || slot.closed) {
      reader.skipValue(first)
    } else {
      trie.record(slot, this.#scalar(first), membership)
      if (membership === null) trie.close(slot)
    }
  }

  /** Reads the elements of a list whose bracket has been taken. */
  #list(node: PathNode, outer: Membership | null): void {
    const reader = this.#reader
    this.#enter()
    const list = this.#lists
    this.#lists += 1
    let element = 0
    let first = reader.peek()
    if (first === closeBracket) reader.position += 1
    while (first !== closeBracket) {
      this.#element(first, node, list, element, outer)
      element += 1
      const next = reader.peek()
      reader.position += 1
      if (next === closeBracket) break
      if (next !== comma) reader.fail()
      first = reader.peek()
      if (first === closeBracket) reader.fail()
    }
    this.#depth -= 1
  }

  #element(first: number, node: PathNode, list: number, element: number, outer: Membership | null): void {
    const reader = this.#reader
    if (first === openBrace) {
      reader.position += 1
      if (node.children.size > 0) this.#object(node, { list, element, outer })
      else reader.skipRest()
    } else if (first === openBracket) {
      reader.position += 1
      this.#list(node, { list, element, outer })
    } else if (node.slot !== null && !node.slot.closed) {
      this.#trie.record(node.slot, this.#scalar(first), outer)
    } else {
      reader.skipValue(first)
    }
  }

  #plain(first: number, node: PathNode): void {
    const reader = this.#reader
    const trie = this.#trie
    const { slot } = node
    const isOpen = slot !== null && !slot.closed
    if (first === openBrace) {
      reader.position += 1
      if (node.children.size > 0) this.#object(node, null)
      else reader.skipRest()
      if (isOpen) trie.block(slot)
    } else if (!isOpen) {
      reader.skipValue(first)
    } else if (first === openBracket) {
      reader.position += 1
      this.#plainList(node)
    } else {
      trie.record(slot, this.#scalar(first), null)
    }
    if (slot !== null) trie.close(slot)
  }

  #plainList(node: PathNode): void {
    const reader = this.#reader
    const trie = this.#trie
    const { slot } = node
    if (slot === null) return
    let first = reader.peek()
    while (true) {
      if (first === openBrace || first === openBracket || (first === closeBracket && slot.count === 0)) {
        trie.block(slot)
        reader.skipRest()
        return
      }
      trie.record(slot, this.#scalar(first), null)
      const next = reader.peek()
      reader.position += 1
      if (next === closeBracket) return
      if (next !== comma) reader.fail()
      first = reader.peek()
    }
  }

  #scalar(first: number): Value {
    const reader = this.#reader
    if (first !== quote) return reader.readWord(first)
    reader.position += 1
    return reader.readString()
  }

  /** Whether every slot is closed, so that the rest of the text can add nothing. */
  #isDone(): boolean {
    return this.#trie.root.open === 0
  }

  #enter(): void {
    this.#depth += 1
    if (this.#depth > patternLimits.eventDepthMax) this.#reader.failDepth()
  }
}

/** The next event will probably have its members in the same order. */
function expectAfter(node: PathNode, before: PathNode | null, child: PathNode): void {
  if (before === null) node.firstMember = child
  else before.nextMember = child
}

/** The child of a name given as bytes without escapes. */
function childNamed(node: PathNode, bytes: Uint8Array, start: number, end: number): PathNode | undefined {
  const { childTable } = node
  if (childTable === null) return childByName(node, bytes, start, end)
  const length = end - start
  const child = childTable[nameKey(length, bytes[start] ?? 0, bytes[end - 1] ?? 0) & (childTable.length - 1)]
  return child !== undefined && child.stepLength === length && isAt(bytes, start, child.stepBytes)
    ? child
    : undefined
}

function childByName(node: PathNode, bytes: Uint8Array, start: number, end: number): PathNode | undefined {
  let all = 0
  for (let index = start; index < end; index += 1) all |= bytes[index] ?? 0
  return node.children.get(all < 0x80 ? asciiText(bytes, start, end) : utf8Text(bytes, start, end))
}

function isAt(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index += 1)
    if (bytes[start + index] !== wanted[index]) return false
  return true
}

function hasDot(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) if (bytes[index] === dot) return true
  return false
}
