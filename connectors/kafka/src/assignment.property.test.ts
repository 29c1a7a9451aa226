import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assignRange, type GroupMember } from './assignment.ts'

const member = fc.record({
  memberId: fc.uuid(),
  groupInstanceId: fc.option(fc.string({ maxLength: 3 })),
  topics: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
})
const members = fc.uniqueArray(member, { minLength: 1, maxLength: 6, selector: ({ memberId }) => memberId })
const counts = fc.record({ a: fc.nat(12), b: fc.nat(12), c: fc.nat(12) })

function runs(list: readonly GroupMember[], byTopic: Record<string, number>) {
  return assignRange(list, new Map(Object.entries(byTopic)))
}

test('each partition of a topic that somebody wants has one reader, and the shares differ by one at most', () => {
  fc.assert(
    fc.property(members, counts, (list, byTopic) => {
      const assigned = runs(list, byTopic)
      for (const [topic, count] of Object.entries(byTopic)) {
        const takers = list.filter(({ topics }) => topics.includes(topic))
        const shares = takers.map(({ memberId }) => assigned.get(memberId)?.get(topic) ?? [])
        const given = shares.flat().toSorted((a, b) => a - b)
        expect(given).toEqual(takers.length === 0 ? [] : Array.from({ length: count }, (_, i) => i))
        const sizes = shares.map(({ length }) => length)
        if (sizes.length > 0) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }
    }),
  )
})

test('nobody gets a topic that he does not want', () => {
  fc.assert(
    fc.property(members, counts, (list, byTopic) => {
      const assigned = runs(list, byTopic)
      for (const { memberId, topics } of list) {
        for (const topic of assigned.get(memberId)?.keys() ?? []) expect(topics).toContain(topic)
      }
    }),
  )
})

test('the order in which members joined does not matter', () => {
  fc.assert(
    fc.property(members, counts, (list, byTopic) => {
      const named = list.map((one, i) => ({
        ...one,
        groupInstanceId: one.groupInstanceId === null ? null : String(i),
      }))
      expect(runs(named.toReversed(), byTopic)).toEqual(runs(named, byTopic))
    }),
  )
})
