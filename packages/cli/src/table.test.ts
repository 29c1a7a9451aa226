import { expect, test } from 'vitest'
import { renderTable } from './table.ts'

test('columns are as wide as they need to be, and numbers stand to the right', () => {
  const table = renderTable(
    ['rule', 'arrived'],
    [
      ['pushes', '140'],
      ['stars', '–'],
    ],
  )
  // oxlint-disable-next-line no-control-regex -- the colours of the head do not matter here
  const lines = table
    .replaceAll(/\u001b\[\d+m/g, '')
    .split('\n')
    .map(line => line.trimEnd())
  expect(lines).toEqual(['rule    arrived', 'pushes      140', 'stars         –', ''])
})
