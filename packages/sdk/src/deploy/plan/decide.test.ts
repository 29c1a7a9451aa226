import { expect, test } from 'vitest'
import { decide } from './decide.ts'

const wanted = { a: 1 }
const asWanted = { spec: { a: 1, b: 2 }, revision: 3 }
const other = { spec: { a: 5, b: 2 }, revision: 3 }
const noted = { digest: 'd', revision: 3 }
const differences = [{ path: 'a', wanted: 1, found: 5 }]

test.each([
  ['is not there', { current: undefined, noted: undefined }, { change: 'create', drifted: false }],
  ['was there and is gone', { current: undefined, noted }, { change: 'create', drifted: true }],
  ['is as it should be', { current: asWanted, noted: undefined }, { change: 'none' }],
  ['is as it was applied', { current: asWanted, noted }, { change: 'none' }],
  [
    'was never applied and is another',
    { current: other, noted: undefined },
    { change: 'change', drifted: false, differences },
  ],
  [
    'is as it was applied, and the wiring says another',
    { current: other, noted },
    { change: 'change', drifted: false, differences },
  ],
  [
    'was changed by somebody',
    { current: { ...other, revision: 4 }, noted },
    { change: 'change', drifted: true, differences },
  ],
  [
    'was changed by somebody to what is wanted',
    { current: { ...asWanted, revision: 4 }, noted },
    { change: 'none' },
  ],
  [
    'has a member that the wiring says no more',
    { current: asWanted, noted: { digest: 'other', revision: 3 } },
    { change: 'change', drifted: false, differences: [] },
  ],
])('what %s', (_name, sight, decision) => {
  expect(decide({ wanted, digest: 'd', ...sight })).toMatchObject(decision)
})
