import { isDeepStrictEqual } from 'node:util'
import type { Sale } from './functions/sale.mts'

/** An object of the archive: its key, and the sales that it holds. */
export interface Archived {
  readonly key: string
  readonly bytes: number
  readonly sales: readonly Sale[]
}

/** What is in the archive of an hour. */
export interface HourAccount {
  readonly hour: string
  readonly sales: number
  readonly objects: number
  readonly bytes: number
}

/**
 * Holds what the tills have sold against the topic and the archive: each sale must be in both once, the same in both, and
 * in an object of its own hour. Throws a sentence that names a sale which is not.
 */
export function account(
  expected: readonly Sale[],
  topic: readonly Sale[],
  archive: readonly Archived[],
): HourAccount[] {
  checkOnce('the topic', expected, topic)
  checkOnce(
    'the archive',
    expected,
    archive.flatMap(({ sales }) => sales),
  )
  for (const { key, sales } of archive) {
    const strange = sales.find(({ hour }) => !key.startsWith(`sales/${hour}/`))
    if (strange !== undefined) throw new Error(`${strange.id} of ${strange.hour} is in ${key}`)
  }
  const hours = Object.entries(Object.groupBy(archive, ({ sales }) => sales[0]?.hour ?? 'empty'))
  return hours
    .map(([hour, objects = []]) => ({
      hour,
      sales: sum(objects.map(({ sales }) => sales.length)),
      objects: objects.length,
      bytes: sum(objects.map(({ bytes }) => bytes)),
    }))
    .toSorted((left, right) => (left.hour < right.hour ? -1 : 1))
}

function checkOnce(place: string, expected: readonly Sale[], found: readonly Sale[]): void {
  const left = new Map(expected.map(sale => [sale.id, sale]))
  for (const sale of found) {
    const wanted = left.get(sale.id)
    if (wanted === undefined) throw new Error(`${sale.id} is in ${place} twice, or nobody has sold it`)
    if (!isDeepStrictEqual(sale, wanted))
      throw new Error(
        `${sale.id} is ${JSON.stringify(sale)} in ${place}, and must be ${JSON.stringify(wanted)}`,
      )
    left.delete(sale.id)
  }
  const [lost] = left.keys()
  if (lost !== undefined) throw new Error(`${lost} is lost: it is not in ${place}`)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
