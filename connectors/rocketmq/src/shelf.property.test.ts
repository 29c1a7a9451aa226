import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Shelf, type Shelved } from './shelf.ts'

const item = (group: string | undefined, number: number, size = 1): Shelved & { number: number } => ({
  group,
  number,
  record: { event: new Uint8Array(size), id: String(number), partition: group ?? '' },
})

test('of a group one record is out at a time, in order, and every record comes out once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }), { maxLength: 40 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
      (groups, sizes) => {
        const shelf = new Shelf<ReturnType<typeof item>>()
        for (const [number, group] of groups.entries()) shelf.put(item(group, number))
        const seen: number[] = []
        const last = new Map<string, number>()
        let out: ReturnType<typeof item>[] = []
        while (seen.length < groups.length) {
          const [recordsMax = 1] = [...sizes.take(1)]
          const taken = shelf.take({ recordsMax, bytesMax: 1_000 })
          expect(taken.length).toBeLessThanOrEqual(recordsMax)
          out.push(...taken)
          const grouped = out.flatMap(({ group }) => (group === undefined ? [] : [group]))
          expect(new Set(grouped).size).toBe(grouped.length)
          for (const { group, number } of taken) {
            seen.push(number)
            if (group === undefined) continue
            expect(number).toBeGreaterThan(last.get(group) ?? -1)
            last.set(group, number)
          }
          // What is out keeps the rest back only while it is out.
          expect(taken.length + out.length).toBeGreaterThan(0)
          for (const done of out.slice(0, recordsMax)) shelf.release(done)
          out = out.slice(recordsMax)
        }
        expect(seen.toSorted((one, other) => one - other)).toEqual([...groups.keys()])
        expect(shelf.size).toBe(0)
      },
    ),
  )
})

test('bytes limit what is taken, but for the first record', () => {
  const shelf = new Shelf<ReturnType<typeof item>>()
  for (const size of [100, 10, 10]) shelf.put(item(undefined, size, size))
  expect(shelf.take({ recordsMax: 10, bytesMax: 1 })).toHaveLength(1)
  expect(shelf.take({ recordsMax: 10, bytesMax: 15 })).toHaveLength(1)
  expect(shelf.take({ recordsMax: 10, bytesMax: 15 })).toHaveLength(1)
})

test('a record that is lost before it was read is not handed out', () => {
  const shelf = new Shelf<ReturnType<typeof item>>()
  const [first, second] = [item('g', 1), item('g', 2)]
  shelf.put(first)
  shelf.put(second)
  shelf.release(first)
  expect(shelf.take({ recordsMax: 10, bytesMax: 100 })).toEqual([second])
})
