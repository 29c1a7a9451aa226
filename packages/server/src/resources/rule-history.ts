import type { RuleSpec } from './rule.ts'

/** One entry of a rule's history: what it was from a position on; `spec` null after a deletion. */
export interface RuleChange {
  readonly from: number
  readonly spec: RuleSpec | null
}

/** What is stored of a rule: its changes that events still waiting to be routed may meet, oldest first, never empty. */
export interface RuleRecord {
  readonly history: readonly RuleChange[]
  readonly revision: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** A change that takes effect at `from`. One made at the same position as the last replaces it: no event met that one. */
export function withChange(history: readonly RuleChange[], change: RuleChange): RuleChange[] {
  const last = history.at(-1)
  const kept = last !== undefined && last.from === change.from ? history.slice(0, -1) : history
  return [...kept, change]
}

/** Drops the changes that no event from position `routed` on can meet any more; the last one always stays. */
export function pruned(history: readonly RuleChange[], routed: number): readonly RuleChange[] {
  let keepFrom = 0
  for (let index = 1; index < history.length; index++) {
    const next = history[index]
    if (next !== undefined && next.from <= routed) keepFrom = index
  }
  return keepFrom === 0 ? history : history.slice(keepFrom)
}

/** The spec that is live now, or null for a deleted rule. */
export function currentSpec(history: readonly RuleChange[]): RuleSpec | null {
  return history.at(-1)?.spec ?? null
}
