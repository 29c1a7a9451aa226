import { expect, test } from 'vitest'
import { startId } from './start.ts'

test.each([
  ['earliest', '0'],
  ['latest', '$'],
  [{ time: '2026-01-02T03:04:05Z' }, '1767323044999-18446744073709551615'],
  [{ time: '1970-01-01T00:00:00Z' }, '0'],
  [{ time: '1960-01-01T00:00:00Z' }, '0'],
  [{ time: '2026-01-02' }, undefined],
] as const)('%o begins after the entry %s', (start, id) => {
  expect(startId(start)).toBe(id)
})
