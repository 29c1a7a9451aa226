import { crc32 } from 'node:zlib'
import type { LogEntry, NewEntry } from '@millrace/spi'
import { corruptError } from './errors.ts'

/** Entries of one block. */
export const blockEntriesMax = 4_096
/** Payload bytes of one block; an entry above it has a block to itself. */
export const blockBytesMax = 1_048_576

/*
 * A block is how a run of entries lies in a segment file, little-endian:
 *
 *   0  uint32  magic and version
 *   4  uint32  CRC32 of all that follows
 *   8  uint32  number of entries
 *  12  uint32  log number
 *  16  double  position of the first entry
 *  24  double  payload bytes that the log had ever been given before this block
 *  32  double  latest time of acceptance among all entries up to the end of this block
 *  40  double  base time
 *  48  double  group that must be committed for the block to count; 0 when it stands for itself
 *  56  uint32  bytes of the block, header included
 *  60  uint32  CRC32 of the block before it, so that none is taken for a part of a chain that it was not written into
 *  64  uint32  1 in the last block of a group, which makes those before it count
 *  68  uint32  0
 *  72  per entry: uint32 payload bytes, int32 time of acceptance minus base time
 *      payloads, one after the other
 */
const magic = 0x3142524d
export const blockHeaderBytes = 72
const rowBytes = 8
const timeOffsetMax = 0x7fffffff

/** What a block says of itself besides its entries. */
export interface BlockHeader {
  readonly first: number
  readonly count: number
  readonly bytesBefore: number
  readonly acceptedAtMsMax: number
  readonly group: number
  readonly chain: number
  readonly last: boolean
}

/** What follows from the header alone, without the checksum: enough to go from block to block. */
export interface BlockOutline {
  readonly first: number
  readonly count: number
  readonly size: number
}

/** Reads the outline of a block at an offset; undefined when there is none of a known format. */
export function readOutline(bytes: Buffer, offset: number): BlockOutline | undefined {
  if (offset + blockHeaderBytes > bytes.length || bytes.readUInt32LE(offset) !== magic) return undefined
  const size = bytes.readUInt32LE(offset + 56)
  if (size < blockHeaderBytes) return undefined
  return { first: bytes.readDoubleLE(offset + 16), count: bytes.readUInt32LE(offset + 8), size }
}

/** Entries from `start` that fit one block; at least one. */
export function blockEnd(entries: readonly NewEntry[], start: number): number {
  const baseMs = entries[start]?.acceptedAtMs ?? 0
  let bytes = 0
  let end = start
  for (; end < entries.length && end - start < blockEntriesMax; end++) {
    const entry = entries[end]
    if (entry === undefined) break
    bytes += entry.bytes.length
    const offset = entry.acceptedAtMs - baseMs
    const fits = bytes <= blockBytesMax && Number.isInteger(offset) && Math.abs(offset) <= timeOffsetMax
    if (end > start && !fits) break
  }
  return end
}

/** Encodes entries `start` to `end`; `header` says where they stand in the log with number `log`. */
export function encodeBlock(
  log: number,
  header: Omit<BlockHeader, 'count'>,
  entries: readonly NewEntry[],
  start: number,
  end: number,
): Buffer {
  const count = end - start
  const payload = blockHeaderBytes + count * rowBytes
  let size = payload
  for (let index = start; index < end; index++) size += entries[index]?.bytes.length ?? 0
  const block = Buffer.allocUnsafeSlow(size)
  const baseMs = entries[start]?.acceptedAtMs ?? 0
  block.writeUInt32LE(magic, 0)
  block.writeUInt32LE(count, 8)
  block.writeUInt32LE(log, 12)
  block.writeDoubleLE(header.first, 16)
  block.writeDoubleLE(header.bytesBefore, 24)
  block.writeDoubleLE(header.acceptedAtMsMax, 32)
  block.writeDoubleLE(baseMs, 40)
  block.writeDoubleLE(header.group, 48)
  block.writeUInt32LE(size, 56)
  block.writeUInt32LE(header.chain, 60)
  block.writeUInt32LE(header.last ? 1 : 0, 64)
  block.writeUInt32LE(0, 68)
  let row = blockHeaderBytes
  let at = payload
  for (let index = start; index < end; index++) {
    const entry = entries[index]
    if (entry === undefined) break
    block.writeUInt32LE(entry.bytes.length, row)
    block.writeInt32LE(entry.acceptedAtMs - baseMs, row + 4)
    block.set(entry.bytes, at)
    row += rowBytes
    at += entry.bytes.length
  }
  block.writeUInt32LE(crc32(block.subarray(8)), 4)
  return block
}

/** A block opened for reading. The entries handed out are views into its bytes, which never change. */
export class Block implements BlockHeader {
  readonly first: number
  readonly count: number
  readonly bytesBefore: number
  readonly acceptedAtMsMax: number
  readonly group: number
  readonly chain: number
  readonly last: boolean
  /** Its checksum, which the next block names. */
  readonly sum: number
  /** Position behind the last entry. */
  readonly next: number
  readonly size: number
  readonly #bytes: Buffer
  /** Where each payload begins, and behind the last where it ends. */
  readonly #offsets: Uint32Array
  readonly #baseMs: number

  /** Checks the block against its checksum and its place; `storage.corrupt` names log and position. */
  constructor(logName: string, log: number, position: number, bytes: Buffer) {
    if (
      bytes.length < blockHeaderBytes ||
      bytes.readUInt32LE(0) !== magic ||
      bytes.readUInt32LE(56) !== bytes.length
    ) {
      throw corruptError(logName, position, 'no block of a known format')
    }
    this.sum = bytes.readUInt32LE(4)
    if (this.sum !== crc32(bytes.subarray(8))) {
      throw corruptError(logName, position, 'the checksum does not fit')
    }
    if (bytes.readUInt32LE(12) !== log || bytes.readDoubleLE(16) !== position) {
      throw corruptError(logName, position, 'the block belongs elsewhere')
    }
    this.first = position
    this.count = bytes.readUInt32LE(8)
    this.bytesBefore = bytes.readDoubleLE(24)
    this.acceptedAtMsMax = bytes.readDoubleLE(32)
    this.group = bytes.readDoubleLE(48)
    this.chain = bytes.readUInt32LE(60)
    this.last = bytes.readUInt32LE(64) === 1
    this.next = this.first + this.count
    this.size = bytes.length
    this.#bytes = bytes
    this.#baseMs = bytes.readDoubleLE(40)
    this.#offsets = payloadOffsets(bytes, this.count)
  }

  /** Payload bytes ever given to the log before a position of this block, or before its end. */
  bytesBeforePosition(position: number): number {
    return this.bytesBefore + (this.#offsets[position - this.first] ?? 0) - (this.#offsets[0] ?? 0)
  }

  entry(position: number): LogEntry | undefined {
    const index = position - this.first
    const start = this.#offsets[index]
    const end = this.#offsets[index + 1]
    if (start === undefined || end === undefined) return undefined
    return { position, bytes: this.#bytes.subarray(start, end), acceptedAtMs: this.acceptedAtMs(index) }
  }

  /** Time of acceptance of the entry with that index in the block. */
  acceptedAtMs(index: number): number {
    return this.#baseMs + this.#bytes.readInt32LE(blockHeaderBytes + index * rowBytes + 4)
  }
}

function payloadOffsets(bytes: Buffer, count: number): Uint32Array {
  const offsets = new Uint32Array(count + 1)
  let at = blockHeaderBytes + count * rowBytes
  for (let index = 0; index < count; index++) {
    offsets[index] = at
    at += bytes.readUInt32LE(blockHeaderBytes + index * rowBytes)
  }
  offsets[count] = at
  return offsets
}
