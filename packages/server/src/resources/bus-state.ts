import { compile, type Matcher } from '@millrace/pattern'
import type { BusSpec } from './bus.ts'
import { patternOptions } from './rule.ts'
import type { RuleRecord } from './rule-history.ts'
import { currentSpec } from './rule-history.ts'
import type { BusView, RuleVersion, RuleView } from './snapshot.ts'

/** What is stored of a bus. */
export interface BusRecord {
  readonly spec: BusSpec
  readonly revision: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/**
 * One bus as the control plane holds it: the automaton of its rule versions, which is changed in place between
 * matches (adding a rule must not cost a recompilation of all), and the view that snapshots hand out, which is replaced.
 */
export class BusState {
  readonly account: string
  readonly name: string
  readonly key: string
  readonly rules: Map<string, RuleRecord> = new Map()
  private record: BusRecord
  private readonly matcher: Matcher<RuleVersion> = compile<RuleVersion>([])
  private readonly versions: Map<string, RuleVersion[]> = new Map()
  /** By name; a rule that did not change keeps its view, so that followers see at a glance what did. */
  private readonly ruleViews: Map<string, RuleView> = new Map()
  private view: BusView | undefined

  constructor(account: string, name: string, key: string, record: BusRecord) {
    this.account = account
    this.name = name
    this.key = key
    this.record = record
  }

  setRecord(record: BusRecord): void {
    this.record = record
    this.view = undefined
  }

  getRecord(): BusRecord {
    return this.record
  }

  /** Puts a rule's record in force: its versions are in the automaton when this returns. `undefined` forgets the rule. */
  setRule(rule: string, record: RuleRecord | undefined): void {
    for (const version of this.versions.get(rule) ?? []) this.matcher.delete(version)
    this.versions.delete(rule)
    this.view = undefined
    this.setRuleView(rule, record)
    if (record === undefined) {
      this.rules.delete(rule)
      return
    }
    this.rules.set(rule, record)
    const versions = ruleVersions(this.account, this.name, rule, record)
    for (const version of versions) {
      this.matcher.add(version, version.spec.pattern, patternOptions(version.spec))
    }
    this.versions.set(rule, versions)
  }

  /** Rules with versions that only events not yet routed can meet. */
  rulesWithPast(): string[] {
    const names: string[] = []
    for (const [name, record] of this.rules) {
      if (record.history.length > 1 || currentSpec(record.history) === null) names.push(name)
    }
    return names
  }

  private setRuleView(rule: string, record: RuleRecord | undefined): void {
    const spec = record === undefined ? null : currentSpec(record.history)
    if (record === undefined || spec === null) {
      this.ruleViews.delete(rule)
      return
    }
    const { revision, createdAtMs, updatedAtMs } = record
    if (this.ruleViews.get(rule)?.spec === spec) return
    this.ruleViews.set(rule, { name: rule, spec, revision, createdAtMs, updatedAtMs })
  }

  getView(): BusView {
    this.view ??= {
      account: this.account,
      name: this.name,
      key: this.key,
      spec: this.record.spec,
      revision: this.record.revision,
      createdAtMs: this.record.createdAtMs,
      rules: new Map(this.ruleViews),
      matcher: this.matcher,
      versions: () => [...this.versions.values()].flat(),
    }
    return this.view
  }
}

/** Versions that can match: a disabled or deleted stretch of the history has none. */
function ruleVersions(account: string, bus: string, rule: string, record: RuleRecord): RuleVersion[] {
  const versions: RuleVersion[] = []
  for (const [index, change] of record.history.entries()) {
    if (change.spec === null || change.spec.state === 'disabled') continue
    const until = record.history[index + 1]?.from ?? Number.POSITIVE_INFINITY
    versions.push({ account, bus, rule, spec: change.spec, from: change.from, until })
  }
  return versions
}
