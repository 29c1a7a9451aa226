import { type Explanation, explain } from '@millrace/pattern'
import type { LogEntry } from '@millrace/spi'
import { patternOptions, type RuleVersion } from '../resources/index.ts'

/** How one rule version met one event. */
export interface RuleVerdict {
  readonly rule: string
  readonly from: number
  /** `Infinity` for the version that is live now. */
  readonly until: number
  readonly matched: boolean
  /** For each field of the pattern: what was wanted, what was found. */
  readonly explanation: Explanation
}

/**
 * What every rule that was live at the event's position said to it, and why, in the order of the versions given.
 * Versions that were not live are left out: they never met it. For people, not for the hot path: patterns are
 * evaluated one by one.
 */
export function explainEvent(versions: Iterable<RuleVersion>, entry: LogEntry): RuleVerdict[] {
  const verdicts: RuleVerdict[] = []
  for (const version of versions) {
    if (entry.position < version.from || entry.position >= version.until) continue
    const explanation = explain(version.spec.pattern, entry.bytes, patternOptions(version.spec))
    verdicts.push({
      rule: version.rule,
      from: version.from,
      until: version.until,
      matched: explanation.matches,
      explanation,
    })
  }
  return verdicts
}
