/** Bytes that are no LZ4 block of the size that was said. */
export class Lz4Fault extends Error {
  override readonly name: string = 'Lz4Fault'
}

/** Shortest match of the format. */
const matchMin = 4

/** Undoes a raw LZ4 block (no frame) that must yield exactly so many bytes. Throws `Lz4Fault`. */
export function decodeLz4Block(block: Uint8Array, size: number): Buffer {
  const out = Buffer.allocUnsafe(size)
  let at = 0
  let written = 0

  function lengthOf(nibble: number): number {
    if (nibble < 15) return nibble
    let length = 15
    for (;;) {
      const byte = block[at++]
      if (byte === undefined) throw new Lz4Fault('a length is cut off')
      length += byte
      if (byte < 255) return length
    }
  }

  while (at < block.length) {
    const token = block[at++]!
    const literals = lengthOf(token >> 4)
    if (at + literals > block.length || written + literals > size) throw new Lz4Fault('literals are too long')
    out.set(block.subarray(at, at + literals), written)
    at += literals
    written += literals
    // The last sequence has no match.
    if (at === block.length) break
    if (at + 2 > block.length) throw new Lz4Fault('an offset is cut off')
    const offset = block[at]! | (block[at + 1]! << 8)
    at += 2
    const length = lengthOf(token & 15) + matchMin
    if (offset === 0 || offset > written || written + length > size)
      throw new Lz4Fault('a match leads outside')
    // A match may overlap what it writes: then it repeats itself.
    if (offset >= length) out.copyWithin(written, written - offset, written - offset + length)
    else for (let i = 0; i < length; i++) out[written + i] = out[written + i - offset]!
    written += length
  }
  if (written !== size) throw new Lz4Fault(`the block has ${written} bytes, not ${size}`)
  return out
}

/** A valid block of any bytes, without compressing them: the protocol has clients that take nothing else. */
export function encodeLz4Literals(bytes: Uint8Array): Buffer {
  const head: number[] = [Math.min(bytes.length, 15) << 4]
  if (bytes.length >= 15) {
    let rest = bytes.length - 15
    for (; rest >= 255; rest -= 255) head.push(255)
    head.push(rest)
  }
  return Buffer.concat([Buffer.from(head), bytes])
}
