import type { RunOutcome, TestRecord } from './outcome.ts'

/** What a run amounts to. Troubles count as failures: the last line and the exit status never disagree. */
export interface Verdict {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly ok: boolean
}

/** A run in which nothing was collected is a failure: a typo in a filter must not look like success. */
export function verdictOf({ records, troubles }: RunOutcome): Verdict {
  const count = (state: TestRecord['state']) => records.filter(record => record.state === state).length
  const empty = records.length === 0 && troubles.length === 0 ? 1 : 0
  const failed = count('failed') + troubles.length + empty
  return { passed: count('passed'), failed, skipped: count('skipped'), ok: failed === 0 }
}

export function lastLine({ passed, failed, skipped }: Verdict): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
