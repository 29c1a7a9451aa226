import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  skipBlanks,
  skipString,
  skipValue,
} from './json-text.ts'
import type { PathSegment } from './path-syntax.ts'
import { parseString } from './value-text.ts'

/** Where values stand in a text: start and end offset of the n-th path at 2n and 2n + 1, -1 where it is missing. */
export type Places = Int32Array

/**
 * Makes a function that finds the values of several definite paths in one pass over a JSON text, without building
 * values, so that numbers keep their digits. Members that no path names are skipped over.
 *
 * Of members with equal names the last one counts, as in `JSON.parse`. The text must be valid JSON without a byte order
 * mark, as every stored event is; a text that is not is a bug, and throws.
 */
export function compileLocator(paths: readonly (readonly PathSegment[])[]): (text: Uint8Array) => Places {
  const root = buildTree(paths)
  return text => {
    const places = new Int32Array(paths.length * 2).fill(-1)
    new Pass(text, places).visit(root, skipBlanks(text, 0))
    return places
  }
}

/** All paths that share a beginning. Those that end here are its places; `below` are theirs and their descendants'. */
interface PathNode {
  readonly ends: number[]
  readonly below: number[]
  /** Members by the length of their names in bytes. */
  readonly members: Map<number, NamedNode[]>
  /** Elements by index. */
  readonly elements: Map<number, PathNode>
  /** Elements by distance from the end: 1 is the last one. */
  readonly fromEnd: Map<number, PathNode>
}

interface NamedNode {
  readonly name: string
  readonly bytes: Uint8Array
  readonly node: PathNode
}

function newNode(): PathNode {
  return { ends: [], below: [], members: new Map(), elements: new Map(), fromEnd: new Map() }
}

function buildTree(paths: readonly (readonly PathSegment[])[]): PathNode {
  const root = newNode()
  paths.forEach((segments, place) => {
    let node = root
    node.below.push(place)
    for (const segment of segments) {
      node = typeof segment === 'string' ? memberNode(node, segment) : elementNode(node, segment)
      node.below.push(place)
    }
    node.ends.push(place)
  })
  return root
}

function memberNode(parent: PathNode, name: string): PathNode {
  const bytes = new TextEncoder().encode(name)
  const sameLength = parent.members.get(bytes.length) ?? []
  parent.members.set(bytes.length, sameLength)
  let member = sameLength.find(candidate => candidate.name === name)
  if (member === undefined) {
    member = { name, bytes, node: newNode() }
    sameLength.push(member)
  }
  return member.node
}

function elementNode(parent: PathNode, index: number): PathNode {
  const elements = index < 0 ? parent.fromEnd : parent.elements
  const key = Math.abs(index)
  const node = elements.get(key) ?? newNode()
  elements.set(key, node)
  return node
}

/** One pass over one text. Recursion goes only as deep as the longest path. */
class Pass {
  readonly #text: Uint8Array
  readonly #places: Places

  constructor(text: Uint8Array, places: Places) {
    this.#text = text
    this.#places = places
  }

  /** Looks at the value that starts at `at`; returns the offset behind it. */
  visit(node: PathNode, at: number): number {
    const places = this.#places
    // An earlier member of the same name may have been here; what it held does not count any more.
    for (const place of node.below) places[place * 2] = -1
    const end = this.#inside(node, at)
    for (const place of node.ends) {
      places[place * 2] = at
      places[place * 2 + 1] = end
    }
    return end
  }

  #inside(node: PathNode, at: number): number {
    const byte = this.#text[at]
    if (byte === OPEN_OBJECT && node.members.size > 0) return this.#object(node, at)
    if (byte === OPEN_ARRAY && node.elements.size + node.fromEnd.size > 0) return this.#array(node, at)
    return skipValue(this.#text, at)
  }

  #object(node: PathNode, from: number): number {
    const text = this.#text
    let at = skipBlanks(text, from + 1)
    while (text[at] !== CLOSE_OBJECT) {
      const nameStart = at + 1
      const behindName = skipString(text, at)
      const member = this.#member(node, nameStart, behindName - 1)
      at = skipBlanks(text, behindName)
      at = skipBlanks(text, at + 1)
      at = skipBlanks(text, member === undefined ? skipValue(text, at) : this.visit(member, at))
      if (text[at] === COMMA) at = skipBlanks(text, at + 1)
    }
    return at + 1
  }

  #member(node: PathNode, start: number, end: number): PathNode | undefined {
    const text = this.#text
    for (let i = start; i < end; i++) {
      if (text[i] === BACKSLASH) return this.#escapedMember(node, start, end)
    }
    const candidates = node.members.get(end - start)
    return candidates?.find(candidate => equalBytes(candidate.bytes, text, start))?.node
  }

  #escapedMember(node: PathNode, start: number, end: number): PathNode | undefined {
    const name = parseString(this.#text, start - 1, end + 1)
    for (const candidates of node.members.values()) {
      const member = candidates.find(candidate => candidate.name === name)
      if (member !== undefined) return member.node
    }
    return undefined
  }

  #array(node: PathNode, from: number): number {
    const text = this.#text
    const starts: number[] = []
    let at = skipBlanks(text, from + 1)
    for (let index = 0; text[at] !== CLOSE_ARRAY; index++) {
      if (node.fromEnd.size > 0) starts.push(at)
      const element = node.elements.get(index)
      at = skipBlanks(text, element === undefined ? skipValue(text, at) : this.visit(element, at))
      if (text[at] === COMMA) at = skipBlanks(text, at + 1)
    }
    for (const [distance, element] of node.fromEnd) {
      const start = starts[starts.length - distance]
      if (start !== undefined) this.visit(element, start)
    }
    return at + 1
  }
}

function equalBytes(name: Uint8Array, text: Uint8Array, start: number): boolean {
  for (let i = 0; i < name.length; i++) if (name[i] !== text[start + i]) return false
  return true
}
