import { isDeepStrictEqual } from 'node:util'
import { parsePattern } from '@millrace/pattern'
import { AppError, retryNever } from '@millrace/spi'
import type { BusState } from './bus-state.ts'
import { type Page, type PageOf, type PutResult, pageOf, type Resource } from './collection.ts'
import { type Control, checkRevision } from './control.ts'
import { notFound } from './errors.ts'
import type { QuotaFace } from './quota.ts'
import { documentKey } from './records.ts'
import { patternOptions, RuleSpec } from './rule.ts'
import { currentSpec, pruned, type RuleRecord, withChange } from './rule-history.ts'
import { refuseSealedCopies } from './sealed-copies.ts'
import { checkName, specParser } from './spec.ts'

const parseRule = specParser('rule', RuleSpec)

/** The rules of all buses. */
export class RuleStore {
  private readonly control: Control

  constructor(control: Control) {
    this.control = control
  }

  /**
   * Creates or replaces. Whatever in the spec cannot be compiled is refused here, with its place and the reason.
   * When it resolves the rule is durable and in force: every event accepted from then on meets it.
   */
  put(
    account: string,
    bus: string,
    name: string,
    spec: unknown,
    expected?: number,
    face?: QuotaFace,
  ): Promise<PutResult> {
    return this.control.exclusive(async () => {
      checkName('rule', name)
      const state = this.control.busState(account, bus)
      const parsed = parseRule(spec)
      checkSpec(parsed)
      refuseSealedCopies(parsed, state.getView().rules.get(name)?.spec)
      const complete = await this.control.host.checkRule(account, parsed)
      const before = state.getView().rules.get(name)
      checkRevision('rule', name, before?.revision ?? 0, expected)
      if (before !== undefined && isDeepStrictEqual(before.spec, complete)) {
        return { created: false, revision: before.revision }
      }
      if (before === undefined)
        this.control.checkQuota('rules-per-bus', account, state.getView().rules.size, face)
      // Each further target is asked for; a rule that has more than it may, since the quota was lowered, can still be changed.
      const targets = complete.targets.length
      if (targets > (before?.spec.targets.length ?? 0)) {
        this.control.checkQuota('targets-per-rule', account, targets - 1, face)
      }
      return { created: before === undefined, revision: await this.change(state, name, complete) }
    })
  }

  get(account: string, bus: string, name: string): Resource<RuleSpec> {
    const rule = this.control.busState(account, bus).getView().rules.get(name)
    if (rule === undefined) throw notFound('rule', `${bus}/${name}`)
    return rule
  }

  list(account: string, bus: string, page: Page): PageOf<RuleSpec> {
    return pageOf(this.control.busState(account, bus).getView().rules.values(), page)
  }

  delete(account: string, bus: string, name: string, expected?: number): Promise<void> {
    return this.control.exclusive(async () => {
      const rule = this.get(account, bus, name)
      checkRevision('rule', name, rule.revision, expected)
      await this.change(this.control.busState(account, bus), name, null)
    })
  }

  /** Forgets the past of rules that no waiting event can meet any more. Called from time to time. */
  prune(): Promise<void> {
    return this.control.exclusive(async () => {
      for (const state of this.control.buses.values()) {
        const names = state.rulesWithPast()
        if (names.length === 0) continue
        const routed = await this.control.host.routedPosition(state.key)
        for (const name of names) await this.pruneRule(state, name, routed)
      }
    })
  }

  private async pruneRule(state: BusState, name: string, routed: number): Promise<void> {
    const record = state.rules.get(name)
    if (record === undefined) return
    const history = pruned(record.history, routed)
    const key = documentKey('rule', state.account, state.name, name)
    const [only] = history
    if (history.length === 1 && only?.spec === null && only.from <= routed) {
      await this.control.host.documents.delete(key)
      state.setRule(name, undefined)
    } else if (history !== record.history) {
      await this.control.host.documents.put(key, { ...record, history })
      state.setRule(name, { ...record, history })
    }
  }

  /**
   * The automaton changes first, then the document is written. An event that comes in between meets the new rule; had
   * the order been the other way round, it could be routed by the old one though its position lies after the change.
   */
  private async change(state: BusState, name: string, spec: RuleSpec | null): Promise<number> {
    const before = state.rules.get(name)
    const nowMs = this.control.host.clock.nowMs()
    const from = this.control.host.nextPosition(state.key)
    const isNew = before === undefined || currentSpec(before.history) === null
    const record: RuleRecord = {
      history: withChange(before?.history ?? [], { from, spec }),
      revision: (before?.revision ?? 0) + 1,
      createdAtMs: isNew ? nowMs : before.createdAtMs,
      updatedAtMs: nowMs,
    }
    state.setRule(name, record)
    try {
      await this.control.host.documents.put(documentKey('rule', state.account, state.name, name), record)
    } catch (thrown) {
      state.setRule(name, before)
      // Events may have met the rule meanwhile; whoever follows must learn that it is not there.
      this.control.publish()
      throw thrown
    }
    this.control.publish()
    return record.revision
  }
}

/** Throws for what the schema cannot say: an invalid pattern (`PatternError`), target ids used twice, a start that is no time. */
function checkSpec(spec: RuleSpec): void {
  parsePattern(spec.pattern, patternOptions(spec))
  const seen = new Set<string>()
  for (const target of spec.targets) {
    if (seen.has(target.id)) {
      throw new AppError('rule.target-duplicate', `two targets have the id ${target.id}`, retryNever, {
        details: { path: `targets.${target.id}` },
      })
    }
    seen.add(target.id)
  }
  if (typeof spec.start === 'object' && Number.isNaN(Date.parse(spec.start.time))) {
    throw new AppError('rule.start-invalid', 'start.time is not an RFC 3339 time', retryNever, {
      details: { path: 'start.time' },
    })
  }
}
