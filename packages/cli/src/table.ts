import Table from 'cli-table3'
import picocolors from 'picocolors'

/** A table without frames, as wide as it needs to be; columns of numbers stand to the right. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const blank = Object.fromEntries(
    [
      'top',
      'top-mid',
      'top-left',
      'top-right',
      'bottom',
      'bottom-mid',
      'bottom-left',
      'bottom-right',
      'left',
      'left-mid',
      'mid',
      'mid-mid',
      'right',
      'right-mid',
    ].map(name => [name, '']),
  )
  const table = new Table({
    head: head.map(title => picocolors.dim(title)),
    colAligns: head.map((_, column) => (isNumeric(rows, column) ? 'right' : 'left')),
    chars: { ...blank, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  for (const row of rows) table.push([...row])
  return `${table.toString()}\n`
}

function isNumeric(rows: readonly (readonly string[])[], column: number): boolean {
  return rows.length > 0 && rows.every(row => /^(–|-?[\d.,]+)$/.test(row[column] ?? ''))
}
