import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashRange, shardOfKey } from './hash-range.ts'

const shardCounts = fc.integer({ min: 1, max: 100 })
const keys = fc.stringMatching(/^[0-9a-f]{32}$/)

test('the ranges of the shards cover all keys without a gap', () => {
  fc.assert(
    fc.property(shardCounts, shards => {
      const ranges = Array.from({ length: shards }, (_, shard) => hashRange(shard, shards))
      expect(ranges[0]?.begin).toBe('0'.repeat(32))
      expect(ranges.at(-1)?.end).toBe('f'.repeat(32))
      for (const [shard, { end }] of ranges.slice(0, -1).entries()) expect(ranges[shard + 1]?.begin).toBe(end)
    }),
  )
})

test('a key belongs to the shard in whose range it lies', () => {
  fc.assert(
    fc.property(shardCounts, keys, fc.nat(), (shards, key, any) => {
      // The boundaries themselves, and keys anywhere.
      for (const tried of [key, hashRange(any % shards, shards).begin, 'f'.repeat(32)]) {
        const shard = shardOfKey(tried, shards)
        const { begin, end } = hashRange(shard, shards)
        expect(tried >= begin && (tried < end || shard === shards - 1)).toBe(true)
      }
    }),
  )
})
