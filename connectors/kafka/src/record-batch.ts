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

/** Encodes one batch of records (KIP-98); all have the same time. */
export function encodeBatch(records: readonly PreparedRecord[], plan: BatchPlan): Buffer {
  const { compression, identity, timestampMs } = plan
  const bytes = encodeRecords(records, compression === 'none' ? batchHeadBytes : 0)
  const batch =
    compression === 'none'
      ? bytes
      : Buffer.concat([Buffer.alloc(batchHeadBytes), compress(plan.client, compression, bytes)])
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt32BE(-1, 12)
  batch.writeInt8(2, 16)
  batch.writeInt16BE(compressionBits[compression], 21)
  batch.writeInt32BE(records.length - 1, 23)
  batch.writeBigInt64BE(BigInt(timestampMs), 27)
  batch.writeBigInt64BE(BigInt(timestampMs), 35)
  batch.writeBigInt64BE(identity?.producerId ?? -1n, 43)
  batch.writeInt16BE(identity?.epoch ?? -1, 51)
  batch.writeInt32BE(identity === undefined ? -1 : plan.sequence, 53)
  batch.writeInt32BE(records.length, 57)
  const { dynamicBuffer } = plan.client.Writer.create().append(batch.subarray(checkedFrom))
  batch.writeUInt32BE(plan.client.crc32c(dynamicBuffer), 17)
  return batch
}

/** The records behind so many bytes that are left free. */
function encodeRecords(records: readonly PreparedRecord[], free: number): Buffer {
  let byteCount = free
  for (const [index, record] of records.entries()) {
    const length = lengthOf(record, index)
    byteCount += zigzagBytes(length) + length
  }
  const bytes = Buffer.allocUnsafe(byteCount)
  let at = free
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
  return bytes
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
