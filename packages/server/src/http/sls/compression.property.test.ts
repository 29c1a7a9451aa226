import { deflateSync, gzipSync, inflateSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { compressSync } from 'lz4-napi'
import { expect, test } from 'vitest'
import { compressed, decompressed, rawBytesMax } from './compression.ts'
import { decodeLz4Block, encodeLz4Literals } from './lz4-block.ts'

/** Bytes with much that repeats, and bytes with nothing. */
const bodies = fc
  .oneof(
    fc.uint8Array({ maxLength: 700 }),
    fc
      .array(fc.constantFrom('level=info ', 'abcabcabc', 'x', '\u0000'), { maxLength: 300 })
      .map(parts => Buffer.from(parts.join(''))),
  )
  .map(bytes => Buffer.from(bytes))

/** A raw block by a library, which puts the size in front of it. */
function lz4(bytes: Buffer): Buffer {
  return Buffer.from(compressSync(bytes)).subarray(4)
}

test('a body comes back, whatever it was compressed with', async () => {
  await fc.assert(
    fc.asyncProperty(bodies, async body => {
      const size = String(body.length)
      for (const [type, bytes] of [
        ['lz4', lz4(body)],
        ['lz4', encodeLz4Literals(body)],
        ['deflate', deflateSync(body)],
        ['gzip', gzipSync(body)],
        ['gzip', deflateSync(body)],
        ['zstd', zstdCompressSync(body)],
        ['', body],
      ] as const) {
        expect(Buffer.compare(await decompressed(bytes, type, size), body), type).toBe(0)
      }
    }),
    { numRuns: 60 },
  )
})

test('what is cut off, changed, or longer than it says is refused and never read beyond its size', () => {
  fc.assert(
    fc.property(bodies, fc.uint8Array({ maxLength: 60 }), fc.nat(100), (body, rubbish, cut) => {
      for (const block of [lz4(body).subarray(0, cut), Buffer.concat([lz4(body), rubbish]), rubbish]) {
        try {
          expect(decodeLz4Block(block, body.length)).toHaveLength(body.length)
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: 'Lz4Fault' })
        }
      }
    }),
  )
})

test('an answer is in an encoding that the client takes', async () => {
  const body = Buffer.from('level=info '.repeat(100))
  const as = async (accepted: string) => await compressed(body, accepted)
  const zstd = await as('lz4, zstd')
  expect(zstd.headers).toEqual({ 'x-log-bodyrawsize': '1100', 'x-log-compresstype': 'zstd' })
  expect(zstdDecompressSync(zstd.bytes)).toEqual(body)
  expect(inflateSync((await as('deflate')).bytes)).toEqual(body)
  const block = await as('lz4')
  expect(block.headers).toMatchObject({ 'x-log-compresstype': 'lz4' })
  expect(decodeLz4Block(block.bytes, 1_100)).toEqual(body)
  expect((await as('br')).headers).toEqual({ 'x-log-bodyrawsize': '1100' })
})

test.each([
  ['InvalidCompressType', 'snappy', '1'],
  ['MissingBodyRawSize', 'deflate', ''],
  ['InvalidBodyRawSize', 'deflate', 'many'],
  ['PostBodyTooLarge', 'deflate', String(rawBytesMax + 1)],
  ['PostBodyUncompressError', 'deflate', '4'],
  ['PostBodyUncompressError', 'deflate', '2000000'],
  ['PostBodyUncompressError', 'zstd', '3'],
])('%s for what the headers say of a body: %s, %s', async (code, type, size) => {
  await expect(decompressed(deflateSync(Buffer.alloc(1_000_000)), type, size)).rejects.toMatchObject({ code })
})
