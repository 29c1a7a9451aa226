/** Keys by which entries are spread are MD5 digests: numbers of so many bits. */
const hashKeyBits = 128

const keysCount = 1n << BigInt(hashKeyBits)
const digits = hashKeyBits / 4

/** The keys that belong to one shard, in hex: from the first up to the second, which is the next one's, or the greatest key. */
export interface HashRange {
  readonly begin: string
  readonly end: string
}

/** The part of all keys that belongs to one of so many shards. */
export function hashRange(shard: number, shards: number): HashRange {
  const end = shard + 1 === shards ? keysCount - 1n : boundary(shard + 1, shards)
  return { begin: hex(boundary(shard, shards)), end: hex(end) }
}

/** The shard to which a key of 32 hex digits belongs. */
export function shardOfKey(key: string, shards: number): number {
  const value = BigInt(`0x${key}`)
  let shard = Number((value * BigInt(shards)) / keysCount)
  // Boundaries are rounded down, so a key just above one may be computed a shard too low.
  while (shard + 1 < shards && value >= boundary(shard + 1, shards)) shard++
  return shard
}

function boundary(shard: number, shards: number): bigint {
  return (keysCount * BigInt(shard)) / BigInt(shards)
}

function hex(value: bigint): string {
  return value.toString(16).padStart(digits, '0')
}
