import { murmur2 as murmur2OfTheLibrary } from '@platformatic/kafka'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { murmur2, partitionOfKey } from './partitioner.ts'

test('the hash is that of the client library, which counts with big numbers', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      expect(murmur2(bytes)).toBe(murmur2OfTheLibrary(Buffer.from(bytes)))
    }),
  )
})

// From the tests of Kafka's own client.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('the hash of %s is %i', (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash)
})

test('a partition is one of those that there are', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 1_000 }), (key, count) => {
      const partition = partitionOfKey(key, count)
      expect(partition >= 0 && partition < count).toBe(true)
    }),
  )
})
