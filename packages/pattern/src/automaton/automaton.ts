import type { Alternative, ParsedPattern, Reach } from '../language/index.ts'
import { bySelectivity, type Conjunction, type RuleEntry, type SlotTest } from './conjunction.ts'
import { PathTrie } from './path-trie.ts'
import { RuleTree } from './rule-tree.ts'
import { ByteScanner } from './scan-bytes.ts'
import { ObjectScanner } from './scan-object.ts'

/** All rules of one reach, compiled. Rules come and go between two matches without anything else being rebuilt. */
export class Automaton<Id> {
  readonly reach: Reach
  readonly #trie: PathTrie
  readonly #tree: RuleTree<Id>
  readonly #bytes: ByteScanner
  readonly #objects: ObjectScanner

  constructor(reach: Reach) {
    this.reach = reach
    this.#trie = new PathTrie(reach)
    this.#tree = new RuleTree(this.#trie)
    this.#bytes = new ByteScanner(this.#trie)
    this.#objects = new ObjectScanner(this.#trie)
  }

  add(id: Id, pattern: ParsedPattern): RuleEntry<Id> {
    const conjunctions: Array<Conjunction<Id>> = []
    const rule: RuleEntry<Id> = { id, conjunctions, run: 0 }
    for (const alternative of pattern.alternatives) {
      const conjunction = this.#bind(rule, alternative)
      conjunctions.push(conjunction)
      this.#tree.add(conjunction)
    }
    return rule
  }

  remove(rule: RuleEntry<Id>): void {
    for (const conjunction of rule.conjunctions) {
      this.#tree.remove(conjunction)
      for (const test of conjunction.tests) this.#trie.release(test.slot)
    }
  }

  /** Appends the ids of the rules that match, each once. */
  match(event: object, into: Id[]): void {
    if (event instanceof Uint8Array) this.#bytes.scan(event)
    else this.#objects.scan(event)
    this.#tree.collect(into)
  }

  #bind(rule: RuleEntry<Id>, alternative: Alternative): Conjunction<Id> {
    const testsByPath = alternative.fields.map(
      (field): SlotTest => ({
        slot: this.#trie.use(field.steps),
        conditions: field.conditions,
        signature: field.signature,
        wantsAbsence: field.conditions.some(condition => condition.kind === 'absent'),
      }),
    )
    const listsMatter = testsByPath.length > 1 || testsByPath[0]?.wantsAbsence === true
    const tests = testsByPath.length > 1 ? [...testsByPath].sort(bySelectivity) : testsByPath
    return { rule, tests, testsByPath, listsMatter }
  }
}
