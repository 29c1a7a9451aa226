import type { Condition } from '../language/index.ts'
import type { Slot } from './path-trie.ts'

/** A rule in the automaton: its id and what it consists of. */
export interface RuleEntry<Id> {
  readonly id: Id
  readonly conjunctions: ReadonlyArray<Conjunction<Id>>
  /** The number of the last event that it was found to match, so that it is reported once. */
  run: number
}

/** One field of a conjunction, bound to the slot where its values will be. */
export interface SlotTest {
  readonly slot: Slot
  readonly conditions: readonly Condition[]
  readonly signature: string
  /** Whether one of the conditions asks for the field to be absent. */
  readonly wantsAbsence: boolean
}

/** One alternative of a rule. */
export interface Conjunction<Id> {
  readonly rule: RuleEntry<Id>
  /** The most selective field first: the order in which the rule tree asks. */
  readonly tests: readonly SlotTest[]
  /** Whether it matters in which elements of lists values lie: for several tests, and for one that wants absence. */
  readonly listsMatter: boolean
  /** In the order of the paths: the order that the meaning of lists is defined by. */
  readonly testsByPath: readonly SlotTest[]
}

/** Orders tests so that those which few events satisfy come first. Equal rules of the same form get equal orders. */
export function bySelectivity(left: SlotTest, right: SlotTest): number {
  const difference = breadth(left) - breadth(right)
  if (difference !== 0) return difference
  return left.slot.path < right.slot.path ? -1 : 1
}

const breadthOfKind: Readonly<Record<Condition['kind'], number>> = {
  string: 1,
  text: 1,
  number: 1,
  address: 1,
  boolean: 40,
  null: 40,
  'ignore-case': 20,
  prefix: 20,
  suffix: 20,
  contains: 30,
  wildcard: 30,
  cidr: 30,
  numeric: 40,
  'anything-but': 1000,
  exists: 2000,
  absent: 3000,
}

function breadth(test: SlotTest): number {
  let sum = 0
  for (const condition of test.conditions) sum += breadthOfKind[condition.kind]
  return sum
}
