import { isUtf8 } from 'node:buffer'

/** Bytes that are no message. */
export class ProtobufFault extends Error {
  override readonly name: string = 'ProtobufFault'
  /** Whether a text is not UTF-8; the structure is right then. */
  readonly isEncoding: boolean

  constructor(message: string, isEncoding: boolean = false) {
    super(message)
    this.isEncoding = isEncoding
  }
}

/** Reads the fields of one protobuf message, one after the other. Throws `ProtobufFault` for what is cut off or impossible. */
export class ProtobufReader {
  /** Number and wire type of the field whose value is next. */
  field = 0
  wireType = 0
  readonly #bytes: Buffer
  readonly #end: number
  #at: number

  constructor(bytes: Buffer, start: number = 0, end: number = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  /** Goes on to the next field; false when there is none. The value before must have been read or skipped. */
  next(): boolean {
    if (this.#at === this.#end) return false
    const tag = this.uint32()
    this.field = tag >>> 3
    this.wireType = tag & 7
    if (this.field === 0) throw new ProtobufFault('a field has the number 0')
    return true
  }

  /** A varint; of a longer one the low 32 bits, as the format says. */
  uint32(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) break
      const byte = this.#bytes[this.#at++]!
      if (shift < 32) value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
    throw new ProtobufFault('a number is cut off or too long')
  }

  fixed32(): number {
    this.#skip(4)
    return this.#bytes.readUInt32LE(this.#at - 4)
  }

  text(): string {
    const start = this.#block()
    const bytes = this.#bytes.subarray(start, this.#at)
    if (!isUtf8(bytes)) throw new ProtobufFault('a text is not UTF-8', true)
    return bytes.toString('utf8')
  }

  /** The message in this field. */
  message(): ProtobufReader {
    const start = this.#block()
    return new ProtobufReader(this.#bytes, start, this.#at)
  }

  /** Passes over the value of a field that nobody knows. */
  skip(): void {
    if (this.wireType === 0) this.uint32()
    else if (this.wireType === 1) this.#skip(8)
    else if (this.wireType === 2) this.#block()
    else if (this.wireType === 5) this.#skip(4)
    else throw new ProtobufFault(`a field has the wire type ${this.wireType}`)
  }

  /** Whether the next value is the field with this wire type; another type under a known number is an unknown field. */
  is(field: number, wireType: number): boolean {
    return this.field === field && this.wireType === wireType
  }

  #block(): number {
    const length = this.uint32()
    const start = this.#at
    this.#skip(length)
    return start
  }

  #skip(length: number): void {
    if (this.#end - this.#at < length) throw new ProtobufFault('a value is cut off')
    this.#at += length
  }
}
