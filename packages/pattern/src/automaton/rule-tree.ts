import { ConditionIndex } from './condition-index.ts'
import type { Conjunction, SlotTest } from './conjunction.ts'
import { isConsistent, isSatisfied, mayBeAbsent } from './consistency.ts'
import type { PathTrie, Slot } from './path-trie.ts'

/** A node with this many conjunctions tests each; with more it asks one field of all of them at once. */
const bucketMax = 8

/**
 * All conjunctions as a tree of questions. From a node leads, for each field that comes next in some conjunction, an index
 * from values to further nodes; conjunctions that begin with the same tests share the way. An event walks the branches that its
 * values open, so what it costs depends on the branches that it enters and not on how many there are.
 */
export class RuleTree<Id> {
  readonly #trie: PathTrie
  readonly #root = makeNode<Id>()
  /** Nodes to visit. The first element stands there always, for an array that is emptied gives up its room. */
  readonly #stack: Array<Node<Id>> = [this.#root]

  constructor(trie: PathTrie) {
    this.#trie = trie
  }

  add(conjunction: Conjunction<Id>): void {
    insert(this.#root, conjunction, 0)
  }

  remove(conjunction: Conjunction<Id>): void {
    erase(this.#root, conjunction, 0)
  }

  /** Appends the ids of the rules that match what the slots of the trie hold. */
  collect(into: Id[]): void {
    const stack = this.#stack
    this.#visit(this.#root, into)
    while (stack.length > 1) {
      const node = stack.pop()
      if (node !== undefined && node.run !== this.#trie.run) this.#visit(node, into)
    }
  }

  #visit(node: Node<Id>, into: Id[]): void {
    const { run, hasMemberships } = this.#trie
    node.run = run
    const { first, others, bucket } = node
    if (first !== null) report(first, run, hasMemberships, into)
    if (others !== null) for (const conjunction of others) report(conjunction, run, hasMemberships, into)
    if (bucket !== null) {
      for (const conjunction of bucket) {
        if (conjunction.rule.run !== run && restHolds(conjunction, node.depth)) {
          report(conjunction, run, hasMemberships, into)
        }
      }
    }
    if (node.branches !== null) this.#enterBranches(node, node.branches)
  }

  #enterBranches(node: Node<Id>, branches: Map<Slot, Branch<Id>>): void {
    const { touched, touchedCount } = this.#trie
    if (branches.size <= touchedCount) {
      for (const branch of branches.values()) this.#enter(branch)
      return
    }
    for (let index = 0; index < touchedCount; index += 1) {
      const slot = touched[index]
      const branch = slot === undefined ? undefined : branches.get(slot)
      if (branch !== undefined) this.#enter(branch)
    }
    for (const branch of node.absenceBranches) if (branch.slot.count === 0) this.#enter(branch)
  }

  #enter(branch: Branch<Id>): void {
    const { slot, index, absent } = branch
    for (let position = 0; position < slot.count; position += 1) {
      const value = slot.values[position]
      if (value !== undefined) index.collect(value, this.#stack)
    }
    if (absent.size > 0 && mayBeAbsent(slot)) for (const node of absent) this.#stack.push(node)
  }
}

interface Node<Id> {
  readonly depth: number
  /** A conjunction all of whose tests led here, and the others if there are any. */
  first: Conjunction<Id> | null
  others: Array<Conjunction<Id>> | null
  /** Conjunctions whose further tests are tried one by one, while they are few. */
  bucket: Array<Conjunction<Id>> | null
  branches: Map<Slot, Branch<Id>> | null
  absenceBranches: ReadonlyArray<Branch<Id>>
  run: number
}

interface Branch<Id> {
  readonly slot: Slot
  readonly index: ConditionIndex<Node<Id>>
  readonly children: Map<string, Node<Id>>
  /** The children whose test is satisfied by the absence of the field. */
  readonly absent: Set<Node<Id>>
}

const none: readonly never[] = []

function makeNode<Id>(depth = 0): Node<Id> {
  return { depth, run: 0, first: null, others: null, bucket: null, branches: null, absenceBranches: none }
}

function insert<Id>(node: Node<Id>, conjunction: Conjunction<Id>, depth: number): void {
  const test = conjunction.tests[depth]
  if (test === undefined) {
    if (node.first === null) node.first = conjunction
    else (node.others ??= []).push(conjunction)
  } else if (node.branches !== null) {
    insert(childFor(node, node.branches, test, depth), conjunction, depth + 1)
  } else if ((node.bucket?.length ?? 0) < bucketMax) {
    ;(node.bucket ??= []).push(conjunction)
  } else {
    node.branches = new Map()
    const waiting = [...(node.bucket ?? []), conjunction]
    node.bucket = null
    for (const each of waiting) insert(node, each, depth)
  }
}

function childFor<Id>(
  node: Node<Id>,
  branches: Map<Slot, Branch<Id>>,
  test: SlotTest,
  depth: number,
): Node<Id> {
  let branch = branches.get(test.slot)
  if (branch === undefined) {
    branch = { slot: test.slot, index: new ConditionIndex(), children: new Map(), absent: new Set() }
    branches.set(test.slot, branch)
  }
  let child = branch.children.get(test.signature)
  if (child === undefined) {
    child = makeNode(depth + 1)
    branch.children.set(test.signature, child)
    for (const condition of test.conditions) branch.index.add(condition, child)
    if (test.wantsAbsence) {
      if (branch.absent.size === 0) node.absenceBranches = [...node.absenceBranches, branch]
      branch.absent.add(child)
    }
  }
  return child
}

/** Removes a conjunction and what exists for it alone; tells whether the node is empty now. */
function erase<Id>(node: Node<Id>, conjunction: Conjunction<Id>, depth: number): boolean {
  const test = conjunction.tests[depth]
  const branch = test === undefined ? undefined : node.branches?.get(test.slot)
  if (test === undefined || branch === undefined) {
    take(node, conjunction)
  } else {
    const child = branch.children.get(test.signature)
    if (child !== undefined && erase(child, conjunction, depth + 1)) removeChild(node, branch, child, test)
  }
  return node.first === null && node.bucket === null && node.branches === null
}

function take<Id>(node: Node<Id>, conjunction: Conjunction<Id>): void {
  if (node.first === conjunction) {
    node.first = node.others?.pop() ?? null
    if (node.others?.length === 0) node.others = null
    return
  }
  node.others = without(node.others, conjunction)
  node.bucket = without(node.bucket, conjunction)
}

function without<Id>(
  list: Array<Conjunction<Id>> | null,
  conjunction: Conjunction<Id>,
): Array<Conjunction<Id>> | null {
  const index = list?.indexOf(conjunction) ?? -1
  if (list === null || index === -1) return list
  list.splice(index, 1)
  return list.length === 0 ? null : list
}

function removeChild<Id>(node: Node<Id>, branch: Branch<Id>, child: Node<Id>, test: SlotTest): void {
  branch.children.delete(test.signature)
  for (const condition of test.conditions) branch.index.remove(condition, child)
  if (branch.absent.delete(child) && branch.absent.size === 0) {
    node.absenceBranches = node.absenceBranches.filter(each => each !== branch)
  }
  if (branch.children.size > 0 || node.branches === null) return
  node.branches.delete(branch.slot)
  if (node.branches.size === 0) node.branches = null
}

function restHolds<Id>(conjunction: Conjunction<Id>, depth: number): boolean {
  for (let index = depth; index < conjunction.tests.length; index += 1) {
    const test = conjunction.tests[index]
    if (test !== undefined && !isSatisfied(test)) return false
  }
  return true
}

function report<Id>(conjunction: Conjunction<Id>, run: number, hasMemberships: boolean, into: Id[]): void {
  const { rule } = conjunction
  if (rule.run === run) return
  if (hasMemberships && conjunction.listsMatter && !isConsistent(conjunction.testsByPath)) return
  rule.run = run
  into.push(rule.id)
}
