import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc64 } from './crc64.ts'

test('the sum of the digits 1 to 9 is the check value of the algorithm', async () => {
  expect(await crc64(Buffer.from('123456789'))).toBe(0x995dc9bbdf1939fan.toString())
  expect(await crc64(Buffer.alloc(0))).toBe('0')
})

test('any bytes have the sum that the slow way finds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async bytes => {
      expect(await crc64(bytes)).toBe(slowly(bytes).toString())
    }),
  )
})

test('a sum over several slices is the same as over one', async () => {
  const bytes = Buffer.alloc(9 * 1_024 * 1_024, 'slice')
  const flipped = Buffer.from(bytes)
  flipped[flipped.length - 1] = 0
  const sum = await crc64(bytes)
  expect(await crc64(flipped)).not.toBe(sum)
  expect(sum).toMatch(/^\d{10,20}$/)
})

/** Bit by bit on one large number. */
function slowly(bytes: Uint8Array): bigint {
  const ones = 0xffffffffffffffffn
  let sum = ones
  for (const byte of bytes) {
    sum ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) sum = sum & 1n ? (sum >> 1n) ^ 0xc96c5795d7870f42n : sum >> 1n
  }
  return sum ^ ones
}
