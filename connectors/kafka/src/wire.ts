import type { Connection, Reader, Writer } from '@platformatic/kafka'
import type { Client } from './client.ts'

/** Where reading has come to in an answer. */
export class AnswerReader {
  readonly bytes: Buffer
  at: number

  constructor(reader: Reader) {
    this.bytes = reader.buffer.buffer
    this.at = reader.position
  }

  int16(): number {
    this.at += 2
    return this.bytes.readInt16BE(this.at - 2)
  }

  int32(): number {
    this.at += 4
    return this.bytes.readInt32BE(this.at - 4)
  }

  int64(): bigint {
    this.at += 8
    return this.bytes.readBigInt64BE(this.at - 8)
  }

  /** The number that stands before what is counted in flexible versions: one more than the count, 0 for null. */
  unsignedVarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes.readUInt8(this.at++)
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new RangeError('a count has more than 32 bits')
  }

  /** A count, -1 for null. */
  count(isFlexible: boolean): number {
    return isFlexible ? this.unsignedVarint() - 1 : this.int32()
  }

  text(isFlexible: boolean): string {
    const length = isFlexible ? this.unsignedVarint() - 1 : this.int16()
    return this.take(Math.max(0, length)).toString('utf8')
  }

  take(length: number): Buffer {
    if (length < 0 || this.at + length > this.bytes.length) throw new RangeError('an answer is cut off')
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  /** Skips the fields that newer brokers append. */
  skipTags(isFlexible: boolean): void {
    if (!isFlexible) return
    for (let left = this.unsignedVarint(); left > 0; left--) {
      this.unsignedVarint()
      this.take(this.unsignedVarint())
    }
  }
}

/** One request with a codec of ours. */
export interface OwnRequest<Answer> {
  readonly key: number
  readonly version: number
  /** Whether the version has tagged fields. */
  readonly isFlexible: boolean
  /** Whether no answer comes. */
  readonly isSilent?: boolean
  /** Makes the body when its turn to be sent has come; the connection copies it at once. */
  readonly body: () => Buffer
  readonly parse: (reader: AnswerReader) => Answer
}

/** Sends a request; errors of the library come out as they are. The result of a silent one is undefined. */
export function sendRequest<Answer>(
  client: Client,
  connection: Connection,
  request: OwnRequest<Answer>,
): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const { key, version, isFlexible, body } = request
    const payload = (): Writer => {
      const writer = client.Writer.create().append(body())
      if (request.isSilent === true) Reflect.set(writer.context as object, 'noResponse', true)
      return writer
    }
    const parse = (_correlation: number, _key: number, _version: number, reader: Reader): Answer =>
      request.parse(new AnswerReader(reader))
    connection.send<Answer>(key, version, payload, parse, isFlexible, isFlexible, (error, answer) => {
      if (error === null) resolve(request.isSilent === true ? undefined : answer)
      else reject(error)
    })
  })
}
