import type { LoadReport } from './load.ts'
import type { LoopDelay } from './loop-delays.ts'
import { type Calls, percentile } from './traffic.ts'

/** How much slower the slowest hundredth of the good function's calls was beside the others. */
export function slowdown({ quiet, mixed }: LoadReport): number {
  return percentile(mixed.latenciesMs, 0.99) / percentile(quiet.latenciesMs, 0.99)
}

/** A table of what came of the calls, and what it says. */
export function loadReportText(report: LoadReport): string {
  const rows = [
    ['function', 'sent', 'answered', 'failed', 'refused', 'p50 ms', 'p99 ms'],
    row('good, alone', report.quiet),
    row('good, beside', report.mixed),
    ...report.neighbours.map(calls => row(calls.name, calls)),
  ]
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map(cells => cells[column]?.length ?? 0)),
  )
  const table = rows.map(cells =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  )
  const verdict =
    report.problems.length === 0
      ? `nothing was lost and nothing is left behind; p99 beside the others is ${slowdown(report).toFixed(2)} of p99 alone`
      : report.problems.join('\n')
  const loop = `event loop of the server held up: alone ${delays(report.quietDelays)}; beside ${delays(report.mixedDelays)}`
  return `${table.join('\n')}\n\nsandbox: ${report.sandbox}\n${loop}\n${verdict}\n`
}

/** The middle and the worst of what was seen in each half second. */
function delays(found: readonly LoopDelay[]): string {
  const of = (values: readonly number[], share: number): string => percentile(values, share).toFixed(1)
  const most = found.map(({ mostMs }) => mostMs)
  return `${of(most, 0.5)} ms in the middle half second, ${of(most, 1)} ms in the worst`
}

function row(name: string, calls: Calls): string[] {
  const { sent, answered, failed, refused, latenciesMs } = calls
  const times = [0.5, 0.99].map(share =>
    latenciesMs.length === 0 ? '-' : percentile(latenciesMs, share).toFixed(1),
  )
  return [name, ...[sent, answered, failed, refused].map(String), ...times]
}
