import { expect, test } from 'vitest'
import type { SourceRecord } from './source.ts'
import { takeRecords } from './take-records.ts'

function waiting(...sizes: number[]): SourceRecord[] {
  return sizes.map((size, index) => ({ event: new Uint8Array(size), id: String(index), partition: '' }))
}

const ids = (records: readonly SourceRecord[]): string[] => records.map(({ id }) => id)

test('records are taken from the front, and the others stay', () => {
  const list = waiting(1, 1, 1)
  expect(ids(takeRecords(list, { recordsMax: 2, bytesMax: 100 }))).toEqual(['0', '1'])
  expect(ids(list)).toEqual(['2'])
})

test('bytes are counted up to the limit itself', () => {
  expect(ids(takeRecords(waiting(4, 6, 1), { recordsMax: 9, bytesMax: 10 }))).toEqual(['0', '1'])
})

test('one record comes even when it is larger than the limit', () => {
  expect(ids(takeRecords(waiting(50, 1), { recordsMax: 9, bytesMax: 10 }))).toEqual(['0'])
})

test('nothing is taken from an empty list', () => {
  expect(takeRecords([], { recordsMax: 1, bytesMax: 1 })).toEqual([])
})
