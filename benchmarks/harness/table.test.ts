import { expect, test } from 'vitest'
import { resultTable } from './table.ts'

test('columns are aligned, and a goal says whether it was met', () => {
  const lines = resultTable([
    { label: 'bare loop', value: 1_234_567, unit: 'events/s' },
    {
      label: 'bus',
      value: 600_000.4,
      unit: 'events/s',
      ratio: 0.486,
      goal: '≥ 0.5 × the bare loop',
      met: false,
    },
    { label: 'p99', value: 2.71428, unit: 'ms', goal: '< 25 ms', met: true },
  ])

  expect(lines).toEqual([
    '               value            ratio  goal',
    'bare loop  1,234,567  events/s',
    'bus          600,000  events/s  0.49×  ≥ 0.5 × the bare loop  ✗ missed',
    'p99             2.71  ms               < 25 ms                ✓ met',
  ])
})
