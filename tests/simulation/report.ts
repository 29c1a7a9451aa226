import { invariants } from './findings.ts'
import type { RunResult } from './run.ts'
import type { Tally } from './tally.ts'

/** What was violated, in words, what happened before, and how to see it again. */
export function describeFailure(result: RunResult, steps: number, plant: string | undefined): string {
  const again = `npm run sim -- --seed=${result.seed} --steps=${steps}${plant === undefined ? '' : ` --plant=${plant}`}`
  return [
    ...result.last,
    '',
    `seed ${result.seed} breaks a promise:`,
    ...result.findings.slice(0, 8).map(({ invariant, words }) => `  ${invariants[invariant]}: ${words}`),
    `again: ${again}`,
  ].join('\n')
}

/** The sums of all runs as a table. */
export function summary(tally: Tally, failed: readonly number[]): string {
  const rows: [string, string][] = []
  const list = (kind: string): string =>
    tally
      .names(kind)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')
  for (const [name, count] of tally.names('run')) rows.push([name, String(count)])
  rows.push(['answers', list('answer')], ['endings', list('ending')], ['operations', list('operation')])
  rows.push(['faults', list('fault')])
  for (const [name, count] of tally.names('invariant')) {
    rows.push([`checked: ${invariants[name as keyof typeof invariants]}`, String(count)])
  }
  rows.push(['failed seeds', failed.length === 0 ? 'none' : failed.join(', ')])
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}
