/**
 * Keys as LMDB compares them: bytes, unsigned, from the left. Numbers are therefore written high byte first. Each table
 * has one of these encoders; they write straight into lmdb's key memory, so that a key costs no buffer of its own.
 */
export interface KeyEncoder<Key> {
  /** Writes the key at an offset and returns the offset behind it. */
  writeKey(key: Key, target: Uint8Array, offset: number): number
  readKey(source: Uint8Array, start: number, end: number): Key
}

/** [number of a log or queue, position]. */
export type PositionKey = readonly [owner: number, position: number]
/** [queue, due time, position]. */
export type DueKey = readonly [queue: number, dueAtMs: number, position: number]
/** [queue, lane, position]. */
export type LaneKey = readonly [queue: number, lane: string, position: number]

/** Above every position; the end of ranges. */
export const positionMax = Number.MAX_SAFE_INTEGER

export const positionKeys: KeyEncoder<PositionKey> = {
  writeKey(key, target, offset) {
    writeUint32(target, offset, key[0])
    return writePosition(target, offset + 4, key[1])
  },
  readKey(source, start) {
    return [readUint32(source, start), readPosition(source, start + 4)]
  },
}

export const dueKeys: KeyEncoder<DueKey> = {
  writeKey(key, target, offset) {
    writeUint32(target, offset, key[0])
    writeTime(target, offset + 4, key[1])
    return writePosition(target, offset + 12, key[2])
  },
  readKey(source, start) {
    return [readUint32(source, start), readTime(source, start + 4), readPosition(source, start + 12)]
  },
}

/** A lane's bytes end with 0 0; a zero byte within is written as 0 255, so that the order is that of the names. */
export const laneKeys: KeyEncoder<LaneKey> = {
  writeKey(key, target, offset) {
    writeUint32(target, offset, key[0])
    let at = offset + 4
    for (const byte of Buffer.from(key[1])) {
      target[at++] = byte
      if (byte === 0) target[at++] = 255
    }
    target[at++] = 0
    target[at++] = 0
    return writePosition(target, at, key[2])
  },
  readKey(source, start, end) {
    const name: number[] = []
    for (let at = start + 4; at < end - 10; at++) {
      const byte = source[at] ?? 0
      name.push(byte)
      if (byte === 0) at++
    }
    return [readUint32(source, start), Buffer.from(name).toString(), readPosition(source, end - 8)]
  },
}

export const numberKeys: KeyEncoder<number> = {
  writeKey(key, target, offset) {
    writeUint32(target, offset, key)
    return offset + 4
  },
  readKey: readUint32,
}

/** UTF-8 names; ordered by code point. A byte of 1 goes before them because LMDB has no empty keys. */
export const textKeys: KeyEncoder<string> = {
  writeKey(key, target, offset) {
    target[offset] = 1
    const bytes = Buffer.from(key)
    target.set(bytes, offset + 1)
    return offset + 1 + bytes.length
  },
  readKey(source, start, end) {
    return Buffer.from(source.subarray(start + 1, end)).toString()
  },
}

function writeUint32(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value >>> 24
  target[offset + 1] = value >>> 16
  target[offset + 2] = value >>> 8
  target[offset + 3] = value
}

function readUint32(source: Uint8Array, offset: number): number {
  return (
    ((source[offset] ?? 0) * 0x1000000 +
      (((source[offset + 1] ?? 0) << 16) | ((source[offset + 2] ?? 0) << 8) | (source[offset + 3] ?? 0))) >>>
    0
  )
}

function writePosition(target: Uint8Array, offset: number, position: number): number {
  writeUint32(target, offset, Math.floor(position / 0x100000000))
  writeUint32(target, offset + 4, position >>> 0)
  return offset + 8
}

function readPosition(source: Uint8Array, offset: number): number {
  return readUint32(source, offset) * 0x100000000 + readUint32(source, offset + 4)
}

/** The bits of a double that is not negative sort as the number does. */
function writeTime(target: Uint8Array, offset: number, timeMs: number): void {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeDoubleBE(timeMs)
  target.set(bytes, offset)
}

function readTime(source: Uint8Array, offset: number): number {
  return Buffer.from(source.subarray(offset, offset + 8)).readDoubleBE()
}
