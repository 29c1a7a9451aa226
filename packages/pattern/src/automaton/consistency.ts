import type { Condition, Value } from '../language/index.ts'
import { holds } from '../operators/index.ts'
import type { SlotTest } from './conjunction.ts'
import type { Membership, Slot } from './path-trie.ts'

/**
 * Whether values can be chosen for all tests of a conjunction such that those inside lists lie in the same elements. Tests
 * come in the order of their paths. A choice matters to the tests that follow only by the lists that they lie in too,
 * so what failed once with the same choice is not tried again: the work is bounded by tests × values × distinct choices
 * instead of by the product of the values.
 */
export function isConsistent(tests: readonly SlotTest[]): boolean {
  const search = new Search(tests)
  return search.from(0, new Map())
}

/** The element chosen in each list. */
type Choice = ReadonlyMap<number, number>

class Search {
  readonly #tests: readonly SlotTest[]
  readonly #satisfying: ReadonlyArray<readonly number[]>
  readonly #failed = new Set<string>()
  /** For each test the lists in which values of it or of a later test lie. */
  readonly #relevant: ReadonlyArray<ReadonlySet<number>>

  constructor(tests: readonly SlotTest[]) {
    this.#tests = tests
    this.#satisfying = tests.map(satisfyingValues)
    const relevant: Array<Set<number>> = []
    let later = new Set<number>()
    for (const test of tests.toReversed()) {
      later = new Set(later)
      for (let index = 0; index < test.slot.count; index += 1) {
        for (let at = membershipOf(test.slot, index); at !== null; at = at.outer) later.add(at.list)
      }
      relevant.unshift(later)
    }
    this.#relevant = relevant
  }

  from(index: number, choice: Choice): boolean {
    const test = this.#tests[index]
    if (test === undefined) return true
    const key = this.#keyOf(index, choice)
    if (this.#failed.has(key)) return false
    if (this.#tryAbsence(test, index, choice)) return true
    for (const value of this.#satisfying[index] ?? []) {
      const joined = join(choice, membershipOf(test.slot, value))
      if (joined !== null && this.from(index + 1, joined)) return true
    }
    this.#failed.add(key)
    return false
  }

  #tryAbsence(test: SlotTest, index: number, choice: Choice): boolean {
    if (!test.wantsAbsence || test.slot.blocked) return false
    for (let value = 0; value < test.slot.count; value += 1) {
      if (join(choice, membershipOf(test.slot, value)) !== null) return false
    }
    return this.from(index + 1, choice)
  }

  #keyOf(index: number, choice: Choice): string {
    const relevant = this.#relevant[index]
    let key = String(index)
    for (const [list, element] of choice) if (relevant?.has(list) === true) key += `,${list}:${element}`
    return key
  }
}

/** The values that satisfy the test, one for each place in the lists: more of the same place change nothing. */
function satisfyingValues(test: SlotTest): number[] {
  const { slot } = test
  const found: number[] = []
  const seen = new Set<Membership | null>()
  for (let index = 0; index < slot.count; index += 1) {
    const membership = membershipOf(slot, index)
    if (seen.has(membership) || !someHolds(test.conditions, slot.values[index])) continue
    seen.add(membership)
    found.push(index)
  }
  return found
}

function join(choice: Choice, membership: Membership | null): Choice | null {
  if (membership === null) return choice
  const joined = new Map(choice)
  for (let at: Membership | null = membership; at !== null; at = at.outer) {
    const chosen = joined.get(at.list)
    if (chosen !== undefined && chosen !== at.element) return null
    joined.set(at.list, at.element)
  }
  return joined
}

/** Whether a test is satisfied regardless of where in lists the values lie. */
export function isSatisfied(test: SlotTest): boolean {
  const { slot, conditions } = test
  if (test.wantsAbsence && mayBeAbsent(slot)) return true
  for (let index = 0; index < slot.count; index += 1)
    if (someHolds(conditions, slot.values[index])) return true
  return false
}

function someHolds(conditions: readonly Condition[], value: Value | undefined): boolean {
  if (value !== undefined) for (const condition of conditions) if (holds(condition, value)) return true
  return false
}

function membershipOf(slot: Slot, index: number): Membership | null {
  return slot.memberships[index] ?? null
}

/** Whether the field is absent, or could be in the elements of lists that other fields choose. */
export function mayBeAbsent(slot: Slot): boolean {
  if (slot.blocked) return false
  for (let index = 0; index < slot.count; index += 1) if (membershipOf(slot, index) === null) return false
  return true
}
