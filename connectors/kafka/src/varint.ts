/** Bytes of a count or length in zigzag form; -1 stands for null. */
export function zigzagBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x20_0000) return 3
  return zigzag < 0x1000_0000 ? 4 : 5
}

/** Writes a number of 32 bits in zigzag form; the result is the place behind it. */
export function writeZigzag(bytes: Uint8Array, at: number, value: number): number {
  let left = ((value << 1) ^ (value >> 31)) >>> 0
  let next = at
  while (left >= 0x80) {
    bytes[next++] = (left & 0x7f) | 0x80
    left >>>= 7
  }
  bytes[next++] = left
  return next
}
