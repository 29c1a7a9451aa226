import { readAttributes } from '@millrace/cloudevents'
import type { BusView, FunctionView, RuleSpec, RuleVersion, RuleView } from '../../resources/index.ts'
import { callRules } from './call-rules.ts'
import { eventBytesMax } from './limits.ts'
import { callBusKey, callBusName, ruleAttribute, targetId } from './names.ts'

/** What of a bus is not about its rules. Nothing reads an event again that has ended: it is kept for the trace alone. */
const busSpec: BusView['spec'] = {
  description: 'Asynchronous calls of functions, and how they ended.',
  durability: 'durable',
  retentionMs: 3_600_000,
  retentionBytesMax: 10 * 1024 ** 3,
  dedupWindowMs: 0,
  eventBytesMax,
}

interface FunctionRules {
  readonly view: FunctionView
  /** Qualifiers with a setting, now or since the start: what was called by them may still wait in their queues. */
  readonly qualifiers: ReadonlySet<string>
  readonly rules: ReadonlyMap<string, RuleView>
}

/**
 * The hidden bus of one account, whose rules follow from its functions. A view of it stays the same object as long as no
 * function has changed, and so does what it holds of each function.
 */
export class CallBus {
  readonly #account: string
  readonly #functions = new Map<string, FunctionRules>()
  /** By function: qualifiers whose queues an earlier process has left. */
  readonly #left = new Map<string, Set<string>>()
  #revision = 0
  #view: BusView | undefined

  constructor(account: string) {
    this.#account = account
  }

  /** A queue of calls by this qualifier may hold some from before the start. */
  keep(name: string, qualifier: string): void {
    const known = this.#left.get(name)
    if (known === undefined) this.#left.set(name, new Set([qualifier]))
    else known.add(qualifier)
    // The rules of the function are made again by the next `follow`.
    this.#functions.delete(name)
  }

  /** Takes over the functions of the account as they are now. */
  follow(functions: ReadonlyMap<string, FunctionView>): void {
    for (const [name, view] of functions) {
      const before = this.#functions.get(name)
      if (before?.view === view) continue
      // A function that was deleted and made again begins anew: what the old one left has been ended.
      const isSame = before === undefined || before.view.createdAtMs === view.createdAtMs
      const earlier = before === undefined ? this.#left.get(name) : before.qualifiers
      this.#functions.set(name, rulesOf(view, isSame ? (earlier ?? []) : []))
      this.#view = undefined
    }
    for (const name of this.#functions.keys()) {
      if (functions.has(name)) continue
      this.#functions.delete(name)
      this.#left.delete(name)
      this.#view = undefined
    }
  }

  get view(): BusView {
    this.#view ??= this.#build()
    return this.#view
  }

  #build(): BusView {
    const account = this.#account
    const key = callBusKey(account)
    const rules = new Map<string, RuleView>()
    const versions = new Map<string, RuleVersion>()
    for (const { rules: own } of this.#functions.values()) {
      for (const [rule, view] of own) {
        rules.set(rule, view)
        versions.set(rule, versionOf(account, rule, view.spec, Number.POSITIVE_INFINITY))
      }
    }
    return {
      account,
      name: callBusName,
      key,
      spec: busSpec,
      revision: ++this.#revision,
      createdAtMs: 0,
      rules,
      // One attribute names the one rule: that is all the matching there is.
      matcher: { size: Math.max(1, versions.size), match: event => [matchOf(account, versions, event)] },
      versions: () => versions.values(),
    }
  }
}

/** The rule that an event names. One whose function is gone meets a version of the past: delivery ends it, and says so. */
function matchOf(account: string, versions: ReadonlyMap<string, RuleVersion>, event: unknown): RuleVersion {
  const rule = String(readAttributes(event as Uint8Array)[ruleAttribute] ?? '')
  return versions.get(rule) ?? versionOf(account, rule, goneRule, Number.MAX_SAFE_INTEGER)
}

function versionOf(account: string, rule: string, spec: RuleSpec, until: number): RuleVersion {
  return { account, bus: callBusName, rule, spec, from: 0, until }
}

const goneRule: RuleSpec = {
  description: '',
  pattern: {},
  dialect: 'standard',
  state: 'enabled',
  start: 'tip',
  targets: [
    {
      id: targetId,
      sink: { bus: callBusName },
      parameters: {},
      retry: { strategy: 'BACKOFF_RETRY' },
      onExhausted: 'continue',
      concurrencyMax: 1,
      timeoutMs: 1,
      paused: false,
    },
  ],
}

function rulesOf(view: FunctionView, earlier: Iterable<string>): FunctionRules {
  const qualifiers = new Set([...earlier, ...view.async.keys()])
  const { revision, createdAtMs, updatedAtMs } = view
  const rules = new Map<string, RuleView>()
  for (const [name, spec] of callRules(view, qualifiers)) {
    rules.set(name, { name, spec, revision, createdAtMs, updatedAtMs })
  }
  return { view, qualifiers, rules }
}
