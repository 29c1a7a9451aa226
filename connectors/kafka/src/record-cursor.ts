import type { BatchHead } from './batch-head.ts'

/**
 * Steps through the records of one batch (KIP-98) without making an object for each: what stands here is that of
 * the record that `next` has come to. Places are offsets into `bytes`; a length of -1 stands for null.
 *
 * Reading past the end of a malformed batch throws a RangeError.
 */
export class RecordCursor {
  /** The records of the batch, decompressed. */
  readonly bytes: Buffer
  offset = 0
  timestampMs = 0
  keyStart = 0
  keyLength = -1
  valueStart = 0
  valueLength = -1
  headerCount = 0
  /** Where the first header begins. */
  headersStart = 0
  /** Where the last one ends. */
  headersEnd = 0
  readonly #head: BatchHead
  readonly #end: number
  #left: number
  #at: number

  constructor(bytes: Buffer, start: number, end: number, head: BatchHead) {
    this.bytes = bytes
    this.#head = head
    this.#left = head.recordCount
    this.#at = start
    this.#end = end
  }

  /** Goes to the next record; false behind the last one. */
  next(): boolean {
    if (this.#left === 0) return false
    this.#left--
    const head = this.#head
    const length = this.#varint()
    const end = this.#at + length
    if (length < 0 || end > this.#end) throw new RangeError('a record reaches beyond its batch')
    this.#at++
    const timestampDelta = this.#varlong()
    this.timestampMs = head.isAppendTime ? head.maxTimestampMs : head.baseTimestampMs + timestampDelta
    this.offset = head.baseOffset + this.#varint()
    this.keyLength = this.#varint()
    this.keyStart = this.#at
    if (this.keyLength > 0) this.#at += this.keyLength
    this.valueLength = this.#varint()
    this.valueStart = this.#at
    if (this.valueLength > 0) this.#at += this.valueLength
    this.headerCount = this.#varint()
    this.headersStart = this.#at
    if (this.#at > end || this.headerCount < 0) throw new RangeError('a record is longer than it says')
    this.#at = end
    this.headersEnd = end
    return true
  }

  /** The headers of the record: names are text; values are bytes, or null. */
  headers(): [string, Buffer | null][] {
    const next = this.headersEnd
    // Stands at the next record again whatever happens.
    this.#at = this.headersStart
    try {
      return this.#readHeaders(next)
    } finally {
      this.#at = next
    }
  }

  #readHeaders(end: number): [string, Buffer | null][] {
    const { bytes } = this
    const headers: [string, Buffer | null][] = []
    for (let i = 0; i < this.headerCount; i++) {
      const nameLength = this.#varint()
      const nameStart = this.#at
      this.#at += nameLength
      const length = this.#varint()
      const start = this.#at
      if (length > 0) this.#at += length
      if (nameLength < 0 || this.#at > end) throw new RangeError('a header is longer than its record')
      const name = bytes.toString('utf8', nameStart, nameStart + nameLength)
      headers.push([name, length < 0 ? null : bytes.subarray(start, start + length)])
    }
    return headers
  }

  /** A zigzag number of at most 32 bits. */
  #varint(): number {
    const { bytes } = this
    let byte = this.#byte(bytes)
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let value = byte & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      byte = this.#byte(bytes)
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    throw new RangeError('a number has more than 32 bits')
  }

  /** A zigzag number of at most 64 bits; exact up to 53. */
  #varlong(): number {
    const { bytes } = this
    let byte = this.#byte(bytes)
    const isNegative = (byte & 1) === 1
    let value = (byte & 0x7f) >>> 1
    for (let weight = 64, count = 1; byte >= 0x80; weight *= 128, count++) {
      if (count === 10) throw new RangeError('a number has more than 64 bits')
      byte = this.#byte(bytes)
      value += (byte & 0x7f) * weight
    }
    return isNegative ? -value - 1 : value
  }

  #byte(bytes: Buffer): number {
    const byte = bytes[this.#at++]
    if (byte === undefined) throw new RangeError('a record is cut off')
    return byte
  }
}
