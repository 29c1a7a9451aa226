import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type KeyEncoder, dueKeys, laneKeys, positionKeys, positionMax, textKeys } from './keys.ts'

function encode<Key>(encoder: KeyEncoder<Key>, key: Key): Buffer {
  const target = Buffer.alloc(2_000)
  return target.subarray(0, encoder.writeKey(key, target, 0))
}

const owner = fc.integer({ min: 0, max: 0xffffffff })
const position = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: positionMax }))
const timeMs = fc.oneof(fc.nat(300), fc.double({ min: 0, max: 1e15, noNaN: true }).map(Math.abs))
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('', 'a', 'a\u0000', 'a\u0000b', 'ab'),
)

/** Keys come back as they were, and their bytes are ordered as `compare` orders the keys. */
function checkEncoder<Key>(
  encoder: KeyEncoder<Key>,
  arbitrary: fc.Arbitrary<Key>,
  compare: (a: Key, b: Key) => number,
) {
  fc.assert(
    fc.property(arbitrary, arbitrary, (left, right) => {
      const bytes = encode(encoder, left)
      expect(encoder.readKey(bytes, 0, bytes.length)).toEqual(left)
      expect(Math.sign(Buffer.compare(bytes, encode(encoder, right)))).toBe(Math.sign(compare(left, right)))
    }),
    { numRuns: 500 },
  )
}

type Part = string | number

function compareParts(left: readonly Part[], right: readonly Part[]): number {
  for (const [index, part] of left.entries()) {
    const other = right[index] ?? 0
    const order =
      typeof part === 'string' || typeof other === 'string'
        ? Buffer.compare(Buffer.from(String(part)), Buffer.from(String(other)))
        : part - other
    if (order !== 0) return order
  }
  return 0
}

test('keys come back as they were, and their bytes have the order of their parts', () => {
  checkEncoder(positionKeys, fc.tuple(owner, position), compareParts)
  checkEncoder(dueKeys, fc.tuple(owner, timeMs, position), compareParts)
  checkEncoder(laneKeys, fc.tuple(owner, text, position), compareParts)
  checkEncoder(textKeys, text, (left, right) => compareParts([left], [right]))
})
