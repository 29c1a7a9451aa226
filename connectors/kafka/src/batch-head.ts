/** Bytes before the length of a batch ends: base offset and length. */
const lengthEnd = 12
/** Bytes of a batch before its records. */
export const batchHeadBytes = 61
/** Where the part begins that the checksum is about. */
export const checkedFrom = 21

/** What stands at the beginning of a batch of records (KIP-98). */
export interface BatchHead {
  readonly baseOffset: number
  /** Offset of the last record that the batch was written with; compaction may have taken it away since. */
  readonly lastOffset: number
  /** Where the batch ends, in the bytes that it was read from. */
  readonly end: number
  /** 2 for the form that is read here; older brokers may hold older ones. */
  readonly magic: number
  readonly checksum: number
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly compression: number
  /** The time is when the broker took the batch in, and is the same for all its records. */
  readonly isAppendTime: boolean
  readonly isTransactional: boolean
  /** The batch is no data, but the end of a transaction. */
  readonly isControl: boolean
  readonly baseTimestampMs: number
  readonly maxTimestampMs: number
  readonly producerId: bigint
  readonly recordCount: number
}

/** Reads the head of the batch at `at`; undefined when the bytes end before the batch does: brokers cut answers off. */
export function readBatchHead(bytes: Buffer, at: number): BatchHead | undefined {
  if (at + lengthEnd > bytes.length) return undefined
  const end = at + lengthEnd + bytes.readInt32BE(at + 8)
  if (end > bytes.length || end < at + lengthEnd + 5) return undefined
  const baseOffset = readLong(bytes, at)
  const magic = bytes[at + 16] ?? 0
  if (magic !== 2 || end < at + batchHeadBytes) return unreadable(baseOffset, end, magic)
  const attributes = bytes.readInt16BE(at + 21)
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(at + 23),
    end,
    magic,
    checksum: bytes.readUInt32BE(at + 17),
    compression: attributes & 0b111,
    isAppendTime: (attributes & 0b1000) !== 0,
    isTransactional: (attributes & 0b1_0000) !== 0,
    isControl: (attributes & 0b10_0000) !== 0,
    baseTimestampMs: readLong(bytes, at + 27),
    maxTimestampMs: readLong(bytes, at + 35),
    producerId: bytes.readBigInt64BE(at + 43),
    recordCount: bytes.readInt32BE(at + 57),
  }
}

/** A whole number of 64 bits; exact up to 53, which is as far as offsets and times get. */
export function readLong(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
}

/** Stands for what is not in the form that is read here. The base offset of old forms is that of the last record. */
function unreadable(offset: number, end: number, magic: number): BatchHead {
  return {
    baseOffset: offset,
    lastOffset: offset,
    end,
    magic,
    checksum: 0,
    compression: 0,
    isAppendTime: false,
    isTransactional: false,
    isControl: false,
    baseTimestampMs: 0,
    maxTimestampMs: 0,
    producerId: -1n,
    recordCount: 0,
  }
}
