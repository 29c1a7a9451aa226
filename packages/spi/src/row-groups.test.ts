import { expect, test } from 'vitest'
import { type GroupedRows, groupRows } from './row-groups.ts'

function grouped(bodies: readonly string[], keepOrder: boolean): GroupedRows {
  return groupRows(
    bodies.map(body => ({ body: Buffer.from(body), parameters: {} })),
    { keepOrder },
  )
}

/** Columns, and for each row its place and texts. */
function shape({ groups }: GroupedRows): unknown {
  return groups.map(({ columns, rows }) => [
    columns.join(),
    ...rows.map(({ index, values }) => `${index}:${values.map(value => value?.text ?? '-').join()}`),
  ])
}

const mixed = ['{"a":1,"b":2}', '{"b":4,"a":3}', '{"a":5}', '{"a":6,"b":null}']

test('rows with the same columns are one group, in whatever order they name them', () => {
  expect(shape(grouped(mixed, false))).toEqual([
    ['a,b', '0:1,2', '1:3,4', '3:6,-'],
    ['a', '2:5'],
  ])
})

test('where order matters only rows that follow each other are one group', () => {
  expect(shape(grouped(mixed, true))).toEqual([
    ['a,b', '0:1,2', '1:3,4'],
    ['a', '2:5'],
    ['a,b', '3:6,-'],
  ])
})

test('a record without a row is refused by itself, and keeps its place', () => {
  const { groups, refused } = grouped(['{"a":1}', 'no', '{"a":2}'], true)
  expect(refused).toMatchObject([{ index: 1, error: { code: 'sink.rejected' } }])
  expect(groups.flatMap(({ rows }) => rows.map(({ index }) => index))).toEqual([0, 2])
})

test('names that only together look alike are different columns', () => {
  expect(grouped(['{"a":1,"b,c":2}', '{"a,b":1,"c":2}'], false).groups).toHaveLength(2)
})
