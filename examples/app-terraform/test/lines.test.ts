import { expect, test } from 'vitest'
import { readLines } from '../functions/terraform/lines.mts'

const error = (summary: string, filename?: string) => ({
  '@level': 'error',
  type: 'diagnostic',
  diagnostic: {
    severity: 'error',
    summary,
    detail: 'Two\n  lines.',
    ...(filename === undefined ? {} : { range: { filename, start: { line: 3 } } }),
  },
})

const read = (...lines: readonly object[]) =>
  readLines(lines.map(line => JSON.stringify(line)).join('\n'), 'main.tf')

test('an error with a place in the file is a mistake, any other a trouble', () => {
  const told = read(
    error('Bad block', 'main.tf'),
    error('State is locked'),
    error('No such backend', 'other.tf.json'),
  )
  expect(told.mistakes).toEqual(['line 3: Bad block. Two lines.'])
  expect(told.troubles).toEqual(['State is locked. Two lines.', 'line 3: No such backend. Two lines.'])
})

test('a warning is neither', () => {
  const told = read({
    diagnostic: { severity: 'warning', summary: 'Old', range: { filename: 'main.tf', start: { line: 1 } } },
  })
  expect(told).toMatchObject({ mistakes: [], troubles: [] })
})

test('the last summary of changes counts, and secret outputs are left out', () => {
  const told = read(
    { type: 'change_summary', changes: { add: 1, change: 0, remove: 0 } },
    { type: 'change_summary', changes: { add: 2, change: 1, remove: 0, operation: 'apply' } },
    {
      type: 'outputs',
      outputs: { open: { value: 7, sensitive: false }, closed: { value: 'x', sensitive: true } },
    },
  )
  expect(told.changes).toEqual({ add: 2, change: 1, remove: 0 })
  expect(told.outputs).toEqual({ open: 7 })
})

test('what programs of the file print is passed over', () => {
  expect(readLines('hello\n7\nnull\n"text"\n', 'main.tf')).toMatchObject({ mistakes: [], troubles: [] })
})
