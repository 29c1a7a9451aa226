import { AppError, retryBackoff } from '@millrace/spi'

/** A field of a log, or a tag of a group. */
export type Pair = readonly [key: string, value: string]

/** Logs that share a topic, a source and tags (section 2.4). */
export interface LogGroup {
  readonly topic: string
  readonly source: string
  readonly tags: readonly Pair[]
  readonly logs: readonly Log[]
}

export interface Log {
  /** In seconds since the epoch. */
  readonly time: number
  /** Beyond the second; 0 where nobody says it. */
  readonly timeNs: number
  readonly contents: readonly Pair[]
}

/** Encodes one log. Bytes of logs one after the other, each in a field of its own, are the logs of a group. */
export function encodeLog({ time, timeNs, contents }: Log): Buffer {
  const sizes = contents.map(([key, value]) => {
    const keyBytes = Buffer.byteLength(key)
    const valueBytes = Buffer.byteLength(value)
    return { keyBytes, valueBytes, bytes: blockSize(keyBytes) + blockSize(valueBytes) }
  })
  const size =
    1 +
    varintSize(time) +
    sizes.reduce((sum, { bytes }) => sum + blockSize(bytes), 0) +
    (timeNs === 0 ? 0 : 5)
  const out = Buffer.allocUnsafe(size)
  let at = writeVarint(out, time, writeByte(out, 0x08, 0))
  for (const [i, [key, value]] of contents.entries()) {
    const { keyBytes, valueBytes, bytes } = sizes[i]!
    at = writeVarint(out, bytes, writeByte(out, 0x12, at))
    at = writeText(out, 0x0a, key, keyBytes, at)
    at = writeText(out, 0x12, value, valueBytes, at)
  }
  if (timeNs !== 0) out.writeUInt32LE(timeNs, writeByte(out, 0x25, at))
  return out
}

/** Bytes that a log of so many bytes takes in a group. */
export function sizeInGroup(log: Buffer): number {
  return blockSize(log.length)
}

/** Encodes a group of logs that are encoded already. */
export function encodeLogGroup(logs: readonly Buffer[], topic: string, source: string): Buffer {
  const topicBytes = Buffer.byteLength(topic)
  const sourceBytes = Buffer.byteLength(source)
  const labels =
    (topicBytes === 0 ? 0 : blockSize(topicBytes)) + (sourceBytes === 0 ? 0 : blockSize(sourceBytes))
  const out = Buffer.allocUnsafe(logs.reduce((sum, log) => sum + sizeInGroup(log), labels))
  let at = 0
  for (const log of logs) {
    at = writeVarint(out, log.length, writeByte(out, 0x0a, at))
    at += log.copy(out, at)
  }
  if (topicBytes > 0) at = writeText(out, 0x1a, topic, topicBytes, at)
  if (sourceBytes > 0) writeText(out, 0x22, source, sourceBytes, at)
  return out
}

/** Decodes a `LogGroupList`. Throws `source.failed` for bytes that are none. Unknown fields are passed over. */
export function decodeLogGroupList(bytes: Buffer): LogGroup[] {
  const reader = new Reader(bytes, 0, bytes.length)
  const groups: LogGroup[] = []
  while (reader.next()) {
    if (reader.tag === 0x0a) groups.push(readGroup(reader.message()))
    else reader.skip()
  }
  return groups
}

function readGroup(reader: Reader): LogGroup {
  const logs: Log[] = []
  const tags: Pair[] = []
  let topic = ''
  let source = ''
  while (reader.next()) {
    if (reader.tag === 0x0a) logs.push(readLog(reader.message()))
    else if (reader.tag === 0x1a) topic = reader.text()
    else if (reader.tag === 0x22) source = reader.text()
    else if (reader.tag === 0x32) tags.push(readPair(reader.message()))
    else reader.skip()
  }
  return { topic, source, tags, logs }
}

function readLog(reader: Reader): Log {
  const contents: Pair[] = []
  let time = 0
  let timeNs = 0
  while (reader.next()) {
    if (reader.tag === 0x08) time = reader.varint()
    else if (reader.tag === 0x12) contents.push(readPair(reader.message()))
    else if (reader.tag === 0x25) timeNs = reader.fixed32()
    else reader.skip()
  }
  return { time, timeNs, contents }
}

function readPair(reader: Reader): Pair {
  let key = ''
  let value = ''
  while (reader.next()) {
    if (reader.tag === 0x0a) key = reader.text()
    else if (reader.tag === 0x12) value = reader.text()
    else reader.skip()
  }
  return [key, value]
}

/** Reads the fields of one message. */
class Reader {
  tag = 0
  readonly #bytes: Buffer
  readonly #end: number
  #at: number

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  next(): boolean {
    if (this.#at === this.#end) return false
    this.tag = this.varint()
    return true
  }

  /** The low 32 bits. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) break
      const byte = this.#bytes[this.#at++]!
      if (shift < 32) value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
    throw malformed()
  }

  fixed32(): number {
    this.#pass(4)
    return this.#bytes.readUInt32LE(this.#at - 4)
  }

  text(): string {
    const start = this.#block()
    return this.#bytes.toString('utf8', start, this.#at)
  }

  message(): Reader {
    const start = this.#block()
    return new Reader(this.#bytes, start, this.#at)
  }

  skip(): void {
    const wireType = this.tag & 7
    if (wireType === 0) this.varint()
    else if (wireType === 1) this.#pass(8)
    else if (wireType === 2) this.#block()
    else if (wireType === 5) this.#pass(4)
    else throw malformed()
  }

  #block(): number {
    const length = this.varint()
    const start = this.#at
    this.#pass(length)
    return start
  }

  #pass(length: number): void {
    if (this.#end - this.#at < length) throw malformed()
    this.#at += length
  }
}

function malformed(): AppError {
  return new AppError(
    'source.failed',
    'the service answered with something that is no list of log groups',
    retryBackoff,
  )
}

function varintSize(value: number): number {
  let size = 1
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) size++
  return size
}

/** Bytes of a field with a tag of one byte, a length, and so many bytes. */
function blockSize(length: number): number {
  return 1 + varintSize(length) + length
}

function writeByte(out: Buffer, byte: number, at: number): number {
  out[at] = byte
  return at + 1
}

function writeVarint(out: Buffer, value: number, start: number): number {
  let at = start
  let rest = value
  for (; rest > 127; rest >>>= 7) out[at++] = (rest & 127) | 128
  out[at++] = rest
  return at
}

function writeText(out: Buffer, tag: number, text: string, bytes: number, start: number): number {
  const at = writeVarint(out, bytes, writeByte(out, tag, start))
  return at + out.write(text, at, 'utf8')
}
