import type { AbortedTransaction } from './fetched-records.ts'
import type { AnswerReader, OwnRequest } from './wire.ts'

/** Versions of the request that are written here: 10 (Kafka 2.1) without racks, 12 (2.7) with tagged fields. */
export const fetchVersionMax = 12

export interface FetchPlan {
  readonly topic: string
  readonly waitMs: number
  readonly bytesMax: number
  readonly partitionBytesMax: number
  /** Whether records of open transactions are left out, and those of aborted ones named. */
  readonly isCommittedOnly: boolean
  readonly partitions: readonly { readonly partition: number; readonly position: number }[]
}

export interface FetchedPartition {
  readonly partition: number
  readonly errorCode: number
  /** Offset behind the last record that may be read. */
  readonly endOffset: number
  /** Offset of the first record that is still there. */
  readonly startOffset: number
  readonly aborted: readonly AbortedTransaction[]
  readonly records: Buffer
}

export interface FetchAnswer {
  readonly errorCode: number
  readonly partitions: readonly FetchedPartition[]
}

/**
 * The request for the next records of partitions of one topic, without a session. The codec is our own, because that of the
 * library makes an object with a bigint of each record before anybody asks for it.
 */
export function fetchRequest(version: number, plan: FetchPlan): OwnRequest<FetchAnswer> {
  const isFlexible = version >= 12
  return {
    key: 1,
    version,
    isFlexible,
    body: () => encode(version, isFlexible, plan),
    parse: reader => parse(reader, version, isFlexible, plan.isCommittedOnly),
  }
}

const head = 4 + 4 + 4 + 4 + 1 + 4 + 4
const partitionBytes = 4 + 4 + 8 + 4 + 8 + 4 + 1

function encode(version: number, isFlexible: boolean, plan: FetchPlan): Buffer {
  const topic = Buffer.from(plan.topic, 'utf8')
  const bytes = Buffer.alloc(head + 64 + topic.length + plan.partitions.length * partitionBytes)
  let at = bytes.writeInt32BE(-1, 0)
  at = bytes.writeInt32BE(plan.waitMs, at)
  at = bytes.writeInt32BE(1, at)
  at = bytes.writeInt32BE(plan.bytesMax, at)
  at = bytes.writeInt8(plan.isCommittedOnly ? 1 : 0, at)
  // No session: id 0, epoch -1.
  at = bytes.writeInt32BE(0, at)
  at = bytes.writeInt32BE(-1, at)
  at = writeCount(bytes, at, 1, isFlexible)
  at = isFlexible ? writeVarint(bytes, at, topic.length + 1) : bytes.writeInt16BE(topic.length, at)
  at += topic.copy(bytes, at)
  at = writeCount(bytes, at, plan.partitions.length, isFlexible)
  for (const { partition, position } of plan.partitions) {
    at = bytes.writeInt32BE(partition, at)
    at = bytes.writeInt32BE(-1, at)
    at = bytes.writeBigInt64BE(BigInt(position), at)
    if (isFlexible) at = bytes.writeInt32BE(-1, at)
    at = bytes.writeBigInt64BE(-1n, at)
    at = bytes.writeInt32BE(plan.partitionBytesMax, at)
    if (isFlexible) at = bytes.writeUInt8(0, at)
  }
  if (isFlexible) at = bytes.writeUInt8(0, at)
  // No forgotten topics; no rack.
  at = writeCount(bytes, at, 0, isFlexible)
  if (version >= 11) at = isFlexible ? writeVarint(bytes, at, 1) : bytes.writeInt16BE(0, at)
  if (isFlexible) at = bytes.writeUInt8(0, at)
  return bytes.subarray(0, at)
}

function parse(
  reader: AnswerReader,
  version: number,
  isFlexible: boolean,
  isCommittedOnly: boolean,
): FetchAnswer {
  reader.int32()
  const errorCode = reader.int16()
  reader.int32()
  const partitions: FetchedPartition[] = []
  for (let topics = reader.count(isFlexible); topics > 0; topics--) {
    reader.text(isFlexible)
    for (let left = reader.count(isFlexible); left > 0; left--) {
      partitions.push(parsePartition(reader, version, isFlexible, isCommittedOnly))
    }
    reader.skipTags(isFlexible)
  }
  return { errorCode, partitions }
}

function parsePartition(
  reader: AnswerReader,
  version: number,
  isFlexible: boolean,
  isCommittedOnly: boolean,
): FetchedPartition {
  const partition = reader.int32()
  const errorCode = reader.int16()
  const highWatermark = Number(reader.int64())
  const lastStableOffset = Number(reader.int64())
  const startOffset = Number(reader.int64())
  const aborted: AbortedTransaction[] = []
  for (let left = reader.count(isFlexible); left > 0; left--) {
    aborted.push({ producerId: reader.int64(), firstOffset: Number(reader.int64()) })
    reader.skipTags(isFlexible)
  }
  if (version >= 11) reader.int32()
  const records = reader.take(Math.max(0, reader.count(isFlexible)))
  reader.skipTags(isFlexible)
  const endOffset = isCommittedOnly && lastStableOffset >= 0 ? lastStableOffset : highWatermark
  return { partition, errorCode, endOffset, startOffset, aborted, records }
}

function writeCount(bytes: Buffer, at: number, count: number, isFlexible: boolean): number {
  return isFlexible ? writeVarint(bytes, at, count + 1) : bytes.writeInt32BE(count, at)
}

function writeVarint(bytes: Buffer, at: number, value: number): number {
  let next = at
  let left = value
  while (left >= 0x80) {
    next = bytes.writeUInt8((left & 0x7f) | 0x80, next)
    left >>>= 7
  }
  return bytes.writeUInt8(left, next)
}
