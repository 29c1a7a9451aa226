import type { AsyncSpec, FunctionView, RuleSpec, SinkSpec, TargetSpec } from '../../resources/index.ts'
import { callTimeoutMs } from './limits.ts'
import { callRule, internalSinks, outcomeRule, type OutcomeKind, targetId } from './names.ts'

/** How calls by a qualifier without a setting are made (function-compute, section 7.2). */
export const defaultAsyncSpec: AsyncSpec = { retriesMax: 3, ageMsMax: 86_400_000, tasks: false }

/** The setting of a qualifier. */
export function asyncSetting(view: FunctionView, qualifier: string): AsyncSpec {
  return view.async.get(qualifier)?.spec ?? defaultAsyncSpec
}

/** Most calls of one rule that are under way at once. */
const concurrencyMost = 1_000

/** A destination that fails is tried for half an hour, from 500 ms on (section 7.5). */
const destinationRetry = {
  strategy: 'CUSTOM',
  retriesMax: 1_000,
  ageMsMax: 1_800_000,
  delayMsMin: 500,
  delayMsMax: 60_000,
} as const

/**
 * The rules of one function's calls, by name: for each qualifier that has, or has had, a setting, one for all others, and one
 * for each destination.
 *
 * @param kept qualifiers that had a setting: calls made then still wait in their queues
 */
export function callRules(view: FunctionView, kept: Iterable<string>): Map<string, RuleSpec> {
  const rules = new Map<string, RuleSpec>()
  const qualifiers = new Set<string | undefined>([undefined, ...view.async.keys(), ...kept])
  for (const qualifier of qualifiers) {
    const rule = callRule(view.name, qualifier)
    const setting = qualifier === undefined ? defaultAsyncSpec : asyncSetting(view, qualifier)
    rules.set(rule, ruleOf(callTarget(view, setting)))
    for (const [kind, sink] of destinations(setting)) {
      rules.set(outcomeRule(rule, kind), ruleOf(outcomeTarget(sink)))
    }
  }
  return rules
}

function destinations({ onSuccess, onFailure }: AsyncSpec): [OutcomeKind, SinkSpec][] {
  const found: [OutcomeKind, SinkSpec][] = []
  if (onSuccess !== undefined) found.push(['succeeded', onSuccess])
  if (onFailure !== undefined) found.push(['failed', onFailure])
  return found
}

function callTarget(view: FunctionView, { retriesMax, ageMsMax }: AsyncSpec): TargetSpec {
  const { instancesMax, concurrencyPerInstance } = view.spec
  return {
    ...plainTarget,
    sink: { connector: internalSinks.call, options: {} },
    deadLetter: { connector: internalSinks.ended, options: {} },
    retry: { strategy: 'CUSTOM', retriesMax, ageMsMax, delayMsMin: 1_000, delayMsMax: 60_000 },
    concurrencyMax: Math.min(concurrencyMost, instancesMax * concurrencyPerInstance),
  }
}

/** A bus takes the outcome as an event, everything else its record. */
function outcomeTarget(sink: SinkSpec): TargetSpec {
  return {
    ...plainTarget,
    sink: { connector: internalSinks.destination, options: { sink } },
    ...('bus' in sink ? {} : { transform: { form: 'JSONPATH', value: '$.data' } }),
    retry: destinationRetry,
    concurrencyMax: 64,
    timeoutMs: 30_000,
  }
}

const plainTarget = {
  id: targetId,
  parameters: {},
  onExhausted: 'continue',
  timeoutMs: callTimeoutMs,
  paused: false,
} as const

function ruleOf(target: TargetSpec): RuleSpec {
  return {
    description: '',
    pattern: {},
    dialect: 'standard',
    state: 'enabled',
    start: 'tip',
    targets: [target],
  }
}
