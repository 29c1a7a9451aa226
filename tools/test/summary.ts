import type { LeftOut } from './left-out.ts'
import type { RunOutcome } from './outcome.ts'

/** Skipped tests shown by name for each reason; the rest is counted. */
const namesShownMax = 10

/** What is printed after the run and before the last line: skips with reasons and remedies, failures once more. */
export function summaryLines({ records, troubles }: RunOutcome, groups: readonly LeftOut[]): string[] {
  const lines: string[] = []
  for (const { reason, remedy, records: skipped } of groups) {
    lines.push(
      '',
      `Left out, ${skipped.length} tests: ${reason}${remedy === undefined ? '' : ` (${remedy})`}`,
    )
    for (const record of skipped.slice(0, namesShownMax))
      lines.push(`  - ${record.path} › ${record.fullName}`)
    if (skipped.length > namesShownMax) lines.push(`  … and ${skipped.length - namesShownMax} more`)
  }
  const failed = records.filter(record => record.state === 'failed')
  if (failed.length + troubles.length > 0) lines.push('', 'Failed:')
  for (const record of failed) lines.push(`  ✗ ${record.path} › ${record.fullName}`)
  for (const { where, what } of troubles) lines.push(`  ✗ ${where}: ${what}`)
  if (records.length === 0) lines.push('', 'No test was collected: check the filter.')
  return lines
}
