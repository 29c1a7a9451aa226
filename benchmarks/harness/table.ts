import type { ScenarioRow } from '../scenario.ts'

/** An aligned table of the rows of a result, with what became of each goal. */
export function resultTable(rows: readonly ScenarioRow[]): string[] {
  const cells = rows.map(row => [
    row.label,
    formatValue(row.value),
    row.unit,
    row.ratio === undefined ? '' : `${row.ratio.toFixed(2)}×`,
    row.goal ?? '',
    row.met === undefined ? '' : row.met ? '✓ met' : '✗ missed',
  ])
  const table = [['', 'value', '', 'ratio', 'goal', ''], ...cells]
  const widths = table[0]?.map((_, column) => Math.max(...table.map(line => line[column]?.length ?? 0))) ?? []
  return table.map(line =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return column === 1 || column === 3 ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

/** Thousands are grouped, small values keep three digits that matter. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const decimals = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
}
