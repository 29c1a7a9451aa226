import { renderTable } from '@millrace/cli'
import type { CrashReport } from './rounds.ts'

/** Problems that are printed at most. */
const problemsMax = 20

/** The figures of a run as tables, and what was lost. */
export function crashReportText(report: CrashReport): string {
  const { rounds, acknowledged, unanswered, stored, rules, problems } = report
  const head = ['rule', 'target', 'expected', 'arrived', 'repeated', 'strangers', 'lost']
  const rows = rules.map(({ rule, expected, arrived, repeated, strangers, lost }) => [
    rule.name,
    rule.target,
    ...[expected, arrived, repeated, strangers, lost].map(String),
  ])
  return [
    `${rounds} rounds: ${acknowledged} events acknowledged, ${unanswered} unanswered, ${stored} stored\n\n`,
    renderTable(head, rows),
    ...problems.slice(0, problemsMax).map(problem => `LOST  ${problem}\n`),
    problems.length === 0 ? 'nothing was lost\n' : `${problems.length} promises were broken\n`,
  ].join('')
}
