/**
 * The partition that Kafka's own clients choose for a key, so that a topic written by both keeps each key in one place:
 * murmur2 of the key, without its sign, modulo the count of partitions.
 */
export function partitionOfKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fff_ffff) % partitionCount
}

/** MurmurHash2 of 32 bits with the seed of Kafka's clients; signed. */
export function murmur2(bytes: Uint8Array): number {
  const factor = 0x5bd1_e995
  const length = bytes.length
  let hash = 0x9747_b28c ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    let word =
      byteAt(bytes, at) |
      (byteAt(bytes, at + 1) << 8) |
      (byteAt(bytes, at + 2) << 16) |
      (byteAt(bytes, at + 3) << 24)
    word = Math.imul(word, factor)
    word = Math.imul(word ^ (word >>> 24), factor)
    hash = Math.imul(hash, factor) ^ word
  }
  const left = length - at
  if (left === 3) hash ^= byteAt(bytes, at + 2) << 16
  if (left >= 2) hash ^= byteAt(bytes, at + 1) << 8
  if (left >= 1) hash = Math.imul(hash ^ byteAt(bytes, at), factor)
  hash = Math.imul(hash ^ (hash >>> 13), factor)
  return hash ^ (hash >>> 15)
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0
}
