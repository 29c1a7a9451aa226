import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { type BatchHead, batchHeadBytes, checkedFrom, readBatchHead } from './batch-head.ts'
import type { Client } from './client.ts'
import { RecordCursor } from './record-cursor.ts'

/** A batch may grow to so many bytes when it is decompressed. */
export const decompressedBytesMax = 268_435_456

/** A transaction whose records are not to be read, from its first record on. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

/** A part of the batch log that cannot be read, such as one with a wrong checksum. */
export interface UnreadableBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly fault: string
}

/**
 * The records that one answer of a broker brought from one partition; they are decompressed and looked at when they are
 * asked for, so that what waits takes no more room than it took on the wire.
 */
export class FetchedRecords {
  readonly byteCount: number
  /** Offset behind the last complete batch; undefined when there is none. */
  readonly endOffset: number | undefined
  readonly #bytes: Buffer
  readonly #from: number
  readonly #aborted: AbortedTransaction[]
  readonly #client: Client
  readonly #abortedNow = new Set<bigint>()
  #at = 0
  #cursor: RecordCursor | undefined
  #head: BatchHead | undefined

  /** `from` is the offset that was asked for: the first batch may begin before it. */
  constructor(client: Client, bytes: Buffer, from: number, aborted: readonly AbortedTransaction[]) {
    this.#client = client
    this.#bytes = bytes
    this.byteCount = bytes.length
    this.#from = from
    this.#aborted = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
    this.endOffset = findEndOffset(bytes)
  }

  /** The cursor at the next record, a batch that cannot be read, or undefined when all is read. */
  next(): RecordCursor | UnreadableBatch | undefined {
    for (;;) {
      const cursor = this.#cursor ?? this.#nextBatch()
      if (!(cursor instanceof RecordCursor)) return cursor
      this.#cursor = cursor
      try {
        while (cursor.next()) if (cursor.offset >= this.#from) return cursor
        this.#cursor = undefined
      } catch (thrown) {
        this.#cursor = undefined
        const { lastOffset } = this.#head ?? { lastOffset: cursor.offset }
        return { firstOffset: cursor.offset, lastOffset, fault: faultOf(thrown) }
      }
    }
  }

  /** The next batch of data; the ends of transactions, and batches of aborted ones, are none. */
  #nextBatch(): RecordCursor | UnreadableBatch | undefined {
    for (;;) {
      const head = readBatchHead(this.#bytes, this.#at)
      if (head === undefined) return undefined
      const start = this.#at
      this.#at = head.end
      this.#head = head
      try {
        if (head.magic !== 2) throw new RangeError(`has the old form ${head.magic}`)
        // Before anything in it is believed.
        this.#check(head, start)
        if (head.lastOffset < this.#from) continue
        if (!this.#isLeftOut(head, start)) return this.#open(head, start)
      } catch (thrown) {
        const firstOffset = Math.max(head.baseOffset, this.#from)
        // What the last offset is stands in the part that may be damaged.
        const lastOffset = Math.max(head.lastOffset, firstOffset)
        return { firstOffset, lastOffset, fault: faultOf(thrown) }
      }
    }
  }

  #check(head: BatchHead, start: number): void {
    const checked = this.#bytes.subarray(start + checkedFrom, head.end)
    const { dynamicBuffer } = this.#client.Writer.create().append(checked)
    if (this.#client.crc32c(dynamicBuffer) !== head.checksum) throw new RangeError('has a wrong checksum')
  }

  #isLeftOut(head: BatchHead, start: number): boolean {
    while (this.#aborted[0] !== undefined && this.#aborted[0].firstOffset <= head.lastOffset) {
      this.#abortedNow.add(this.#aborted.shift()?.producerId ?? -1n)
    }
    if (head.isControl) {
      if (isAbortMarker(this.#bytes, head, start)) this.#abortedNow.delete(head.producerId)
      return true
    }
    return head.isTransactional && this.#abortedNow.has(head.producerId)
  }

  #open(head: BatchHead, start: number): RecordCursor {
    const from = start + batchHeadBytes
    if (head.compression === 0) return new RecordCursor(this.#bytes, from, head.end, head)
    const bytes = decompress(this.#client, head.compression, this.#bytes.subarray(from, head.end))
    return new RecordCursor(bytes, 0, bytes.length, head)
  }
}

function findEndOffset(bytes: Buffer): number | undefined {
  let end: number | undefined
  for (let head = readBatchHead(bytes, 0); head !== undefined; head = readBatchHead(bytes, head.end)) {
    end = head.lastOffset + 1
  }
  return end
}

/** The key of the only record of a control batch is its version and its type; type 0 is an abort. */
function isAbortMarker(bytes: Buffer, head: BatchHead, start: number): boolean {
  const cursor = new RecordCursor(bytes, start + batchHeadBytes, head.end, head)
  return cursor.next() && cursor.keyLength >= 4 && bytes.readInt16BE(cursor.keyStart + 2) === 0
}

function decompress(client: Client, compression: number, bytes: Buffer): Buffer {
  const limit = { maxOutputLength: decompressedBytesMax }
  if (compression === 1) return gunzipSync(bytes, limit)
  if (compression === 4) return zstdDecompressSync(bytes, limit)
  const { snappy, lz4 } = client.compressionsAlgorithms
  if (compression === 2) return snappy.decompressSync(bytes)
  if (compression === 3) return lz4.decompressSync(bytes)
  throw new RangeError(`has the unknown compression ${compression}`)
}

function faultOf(thrown: unknown): string {
  if (thrown instanceof RangeError && thrown.message.startsWith('has ')) return thrown.message
  return 'cannot be taken apart'
}
