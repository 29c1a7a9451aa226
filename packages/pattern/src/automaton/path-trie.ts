import type { Reach, Value } from '../language/index.ts'

/** Where among nested lists a value lies, from the innermost list outwards. */
export interface Membership {
  /** The list, by a number that is its own within one event. */
  readonly list: number
  readonly element: number
  readonly outer: Membership | null
}

/** Room for this many values of a field is kept from one event to the next. */
const valuesKeptMax = 256

/**
 * One field that rules name, with what the present event holds for it. The values are rewritten by every scan; reading and
 * matching one event is one uninterrupted step, so one set of slots serves a matcher.
 */
export class Slot {
  readonly node: PathNode
  readonly path: string
  /** How many conjunctions name the field. */
  uses = 0
  /** The values are the first `count` of these; what follows is left from earlier events, for the arrays never shrink. */
  readonly values: Value[] = []
  /** For each value where it lies, null outside of lists. */
  readonly memberships: Array<Membership | null> = []
  count = 0
  /** A value outside of lists, or a whole list, has been found: what follows under the same path does not count. */
  closed = false
  /** The field is something that no condition can be held against (`plain` reach only). */
  blocked = false

  constructor(node: PathNode, path: string) {
    this.node = node
    this.path = path
  }

  clear(): void {
    this.count = 0
    this.closed = false
    this.blocked = false
    if (this.values.length <= valuesKeptMax) return
    this.values.length = 0
    this.memberships.length = 0
  }
}

/** One step of the paths that rules name. */
export class PathNode {
  readonly step: string
  readonly parent: PathNode | null
  readonly children = new Map<string, PathNode>()
  /**
   * The children by {@link nameKey}, so that a name found in an event is compared with one of them at most; null where two
   * of them share every key, or where they are too many.
   */
  childTable: ReadonlyArray<PathNode | undefined> | null = null
  /** The name as UTF-8, for comparing with the bytes of an event. */
  readonly stepBytes: Uint8Array
  readonly stepLength: number
  /**
   * The name with the quote and the colon behind it, as most events write it. Empty, so that nothing is taken for it, where a
   * name needs escapes and once the node is forgotten.
   */
  nameBytes: Uint8Array
  /**
   * What came next in an event before: behind this member, or as the first of its own members. Events of one producer have
   * their members in one order, so a name is mostly compared with the right one at once.
   */
  nextMember: PathNode | null = null
  firstMember: PathNode | null = null
  /** One bit for each child, and in each child its own; 31 children at most have one, and -1 stands for more. */
  childMask = 0
  mask = 0
  slot: Slot | null = null
  /** Slots at this node and below. */
  slotCount = 0
  /** How many of those the scan numbered `run` has yet to close. */
  open = 0
  run = 0
  /** Whether a dotted name can lead past a child. Once true it stays so, which costs a look at names and no more. */
  hasGrandchildren = false

  constructor(step: string, parent: PathNode | null) {
    this.step = step
    this.parent = parent
    this.stepBytes = new TextEncoder().encode(step)
    this.stepLength = this.stepBytes.length
    const quoted = JSON.stringify(step)
    this.nameBytes = new TextEncoder().encode(quoted.length === step.length + 2 ? `${step}":` : '')
  }
}

/** The paths that rules name, as a tree, so that a scan of an event visits what is named and nothing else. */
export class PathTrie {
  readonly reach: Reach
  readonly root = new PathNode('', null)
  /** The first `touchedCount` of these slots are those that the present event has touched. */
  readonly touched: Slot[] = []
  touchedCount = 0
  run = 0
  /** Whether the present event has a value inside a list of objects or lists. */
  hasMemberships = false

  constructor(reach: Reach) {
    this.reach = reach
  }

  /** The slot of a path, made when it is new. Each call is one use. */
  use(steps: readonly string[]): Slot {
    let node = this.root
    for (const step of steps) node = node.children.get(step) ?? this.#grow(node, step)
    if (node.slot === null) {
      node.slot = new Slot(node, steps.join('.'))
      for (let at: PathNode | null = node; at !== null; at = at.parent) at.slotCount += 1
    }
    node.slot.uses += 1
    return node.slot
  }

  /** Gives one use back; a path that nobody uses is forgotten. */
  release(slot: Slot): void {
    slot.uses -= 1
    if (slot.uses > 0) return
    slot.node.slot = null
    for (let at: PathNode | null = slot.node; at !== null; at = at.parent) {
      at.slotCount -= 1
      if (at.slotCount === 0 && at.parent !== null) {
        at.parent.children.delete(at.step)
        at.nameBytes = new Uint8Array(0)
        at.nextMember = null
        refresh(at.parent)
      }
    }
  }

  /** Forgets the event before. */
  begin(): void {
    const { touched, touchedCount } = this
    for (let index = 0; index < touchedCount; index += 1) touched[index]?.clear()
    this.touchedCount = 0
    this.hasMemberships = false
    this.run += 1
    this.root.run = this.run
    this.root.open = this.root.slotCount
  }

  record(slot: Slot, value: Value, membership: Membership | null): void {
    if (slot.count === 0 && !slot.blocked) this.#touch(slot)
    slot.values[slot.count] = value
    slot.memberships[slot.count] = membership
    slot.count += 1
    if (membership !== null) this.hasMemberships = true
  }

  block(slot: Slot): void {
    if (slot.count === 0 && !slot.blocked) this.#touch(slot)
    slot.count = 0
    slot.blocked = true
  }

  /** From now on nothing more counts for the slot in this event. */
  close(slot: Slot): void {
    if (slot.closed) return
    slot.closed = true
    for (let at: PathNode | null = slot.node; at !== null; at = at.parent) {
      if (at.run !== this.run) {
        at.run = this.run
        at.open = at.slotCount
      }
      at.open -= 1
    }
  }

  /** Whether nothing at the node or below can be found any more in this event. */
  isClosed(node: PathNode): boolean {
    return node.run === this.run && node.open === 0
  }

  #touch(slot: Slot): void {
    this.touched[this.touchedCount] = slot
    this.touchedCount += 1
  }

  #grow(parent: PathNode, step: string): PathNode {
    const node = new PathNode(step, parent)
    parent.children.set(step, node)
    refresh(parent)
    return node
  }
}

/** What tells most names apart without reading them: their length and their first and last byte. */
export function nameKey(length: number, first: number, last: number): number {
  return length + first * 5 + last * 67
}

const childTableSizeMax = 512
const tabledChildrenMax = 128
const maskedChildrenMax = 30

/** Remakes what is derived from the children. A node with very many of them has nothing derived, so this stays cheap. */
function refresh(node: PathNode): void {
  if (node.parent !== null) node.parent.hasGrandchildren = true
  node.childTable = null
  node.childMask = -1
  if (node.children.size > tabledChildrenMax) return
  const children = [...node.children.values()]
  node.childTable = makeChildTable(children)
  if (children.length > maskedChildrenMax) return
  node.childMask = (1 << children.length) - 1
  for (const [index, child] of children.entries()) child.mask = 1 << index
}

/** Tries tables of growing size until no two children meet in one place. */
function makeChildTable(children: readonly PathNode[]): Array<PathNode | undefined> | null {
  for (let size = 16; size <= childTableSizeMax; size *= 2) {
    if (children.length * 2 > size) continue
    const table = Array.from({ length: size }, (): PathNode | undefined => undefined)
    const isUnique = children.every(child => {
      const bytes = child.stepBytes
      const place = nameKey(bytes.length, bytes[0] ?? 0, bytes[bytes.length - 1] ?? 0) & (size - 1)
      const isFree = table[place] === undefined
      table[place] = child
      return isFree
    })
    if (isUnique) return table
  }
  return null
}
