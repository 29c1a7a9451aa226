import { gzipSync, zstdCompressSync } from 'node:zlib'
import { batchHeadBytes, checkedFrom } from './batch-head.ts'
import type { Client } from './client.ts'
import type { KafkaSinkOptions } from './options.ts'
import type { PreparedRecord } from './outgoing.ts'
import { writeZigzag, zigzagBytes } from './varint.ts'

/** Who writes, by the number that the cluster gave; batches are counted for each partition. */
export interface ProducerIdentity {
  readonly producerId: bigint
  readonly epoch: number
}

export interface BatchPlan {
  readonly client: Client
  readonly timestampMs: number
  readonly compression: KafkaSinkOptions['compression']
  /** Undefined when nobody counts. */
  readonly identity: ProducerIdentity | undefined
  /** Number of the first record. */
  readonly sequence: number
}

const compressionBits = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const

/** Bytes that a batch of the records may take at most; compression may make a little more of them. */
export function batchBytesMax(
  records: readonly PreparedRecord[],
  compression: BatchPlan['compression'],
): number {
  const byteCount = batchHeadBytes + recordsBytes(records)
  return compression === 'none' ? byteCount : byteCount + (byteCount >> 3) + compressionOverhead
}

/** What a compression adds to a little that it cannot compress, at most. */
const compressionOverhead = 1_024

/** Writes one batch of records (KIP-98) at a place; all have the same time. The result is the place behind it. */
export function writeBatch(
  bytes: Buffer,
  start: number,
  records: readonly PreparedRecord[],
  plan: BatchPlan,
): number {
  const { compression, identity, timestampMs } = plan
  const from = start + batchHeadBytes
  const end =
    compression === 'none' ? writeRecords(bytes, from, records) : from + pack(bytes, from, records, plan)
  bytes.writeBigInt64BE(0n, start)
  bytes.writeInt32BE(end - start - 12, start + 8)
  bytes.writeInt32BE(-1, start + 12)
  bytes.writeInt8(2, start + 16)
  bytes.writeInt16BE(compressionBits[compression], start + 21)
  bytes.writeInt32BE(records.length - 1, start + 23)
  bytes.writeBigInt64BE(BigInt(timestampMs), start + 27)
  bytes.writeBigInt64BE(BigInt(timestampMs), start + 35)
  bytes.writeBigInt64BE(identity?.producerId ?? -1n, start + 43)
  bytes.writeInt16BE(identity?.epoch ?? -1, start + 51)
  bytes.writeInt32BE(identity === undefined ? -1 : plan.sequence, start + 53)
  bytes.writeInt32BE(records.length, start + 57)
  const { dynamicBuffer } = plan.client.Writer.create().append(bytes.subarray(start + checkedFrom, end))
  bytes.writeUInt32BE(plan.client.crc32c(dynamicBuffer), start + 17)
  return end
}

/** One batch by itself. */
export function encodeBatch(records: readonly PreparedRecord[], plan: BatchPlan): Buffer {
  const bytes = Buffer.allocUnsafe(batchBytesMax(records, plan.compression))
  return bytes.subarray(0, writeBatch(bytes, 0, records, plan))
}

function recordsBytes(records: readonly PreparedRecord[]): number {
  let byteCount = 0
  for (const [index, record] of records.entries()) {
    const length = lengthOf(record, index)
    byteCount += zigzagBytes(length) + length
  }
  return byteCount
}

function writeRecords(bytes: Buffer, start: number, records: readonly PreparedRecord[]): number {
  let at = start
  for (const [index, record] of records.entries()) {
    at = writeZigzag(bytes, at, lengthOf(record, index))
    bytes[at++] = 0
    bytes[at++] = 0
    at = writeZigzag(bytes, at, index)
    at = writeBytes(bytes, at, record.key)
    at = writeBytes(bytes, at, record.value)
    bytes.set(record.headers, at)
    at += record.headers.length
  }
  return at
}

/** Writes the records compressed; the result is how many bytes they take. */
function pack(bytes: Buffer, at: number, records: readonly PreparedRecord[], plan: BatchPlan): number {
  const { compression, client } = plan
  const plain = Buffer.allocUnsafe(recordsBytes(records))
  writeRecords(plain, 0, records)
  return compression === 'none' ? 0 : compress(client, compression, plain).copy(bytes, at)
}

/** Attributes and the difference of the time take one byte each. */
function lengthOf({ key, value, headers }: PreparedRecord, index: number): number {
  return 2 + zigzagBytes(index) + bytesOf(key) + bytesOf(value) + headers.length
}

function bytesOf(part: Uint8Array | undefined): number {
  return part === undefined ? 1 : zigzagBytes(part.length) + part.length
}

function writeBytes(bytes: Buffer, at: number, part: Uint8Array | undefined): number {
  if (part === undefined) return writeZigzag(bytes, at, -1)
  const next = writeZigzag(bytes, at, part.length)
  bytes.set(part, next)
  return next + part.length
}

function compress(
  client: Client,
  compression: Exclude<KafkaSinkOptions['compression'], 'none'>,
  bytes: Buffer,
): Buffer {
  if (compression === 'gzip') return gzipSync(bytes)
  if (compression === 'zstd') return zstdCompressSync(bytes)
  return client.compressionsAlgorithms[compression].compressSync(bytes)
}
