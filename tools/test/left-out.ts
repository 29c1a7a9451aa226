import type { TestRecord, Trouble } from './outcome.ts'

/** How to get what a skipped test needs, by the name in its reason (`needs NAME` or `needs NAME: why not`). */
export const remedies: Readonly<Record<string, string>> = {
  bubblewrap: 'apt-get install bubblewrap',
  python3: 'apt-get install python3',
  strace: 'apt-get install strace',
}

/** Skipped tests that have the same reason. */
export interface LeftOut {
  readonly reason: string
  /** Name of the service or program that is missing, when the reason names one. */
  readonly needs: string | undefined
  readonly remedy: string | undefined
  readonly records: readonly TestRecord[]
}

export const noReason = 'no reason stated'

/** Groups the skipped tests by reason, the largest group first. */
export function leftOut(records: readonly TestRecord[]): LeftOut[] {
  const skipped = records.filter(record => record.state === 'skipped')
  return [...Map.groupBy(skipped, record => record.reason ?? noReason)]
    .map(([reason, group]) => {
      const needs = /\bneeds ([\w.-]+)/.exec(reason)?.[1]
      const remedy = needs !== undefined && Object.hasOwn(remedies, needs) ? remedies[needs] : undefined
      return { reason, needs, remedy, records: group }
    })
    .toSorted((left, right) => right.records.length - left.records.length)
}

/**
 * Services named in `MILLRACE_REQUIRE_SERVICES` (separated by commas or spaces; `all` means every one) whose absence
 * made tests skip: on a machine that is meant to have them that is a failure.
 */
export function missingServices(groups: readonly LeftOut[], required: string | undefined): Trouble[] {
  const names = new Set((required ?? '').split(/[\s,]+/).filter(name => name !== ''))
  return groups
    .filter(({ needs }) => needs !== undefined && (names.has('all') || names.has(needs)))
    .map(({ needs = '', records }) => ({
      where: `MILLRACE_REQUIRE_SERVICES=${required ?? ''}`,
      what: `${needs} is required here, but ${records.length} tests were skipped without it`,
    }))
}
