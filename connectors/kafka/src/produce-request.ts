import type { AnswerReader, OwnRequest } from './wire.ts'

/** Versions of the request that are written here: 7 (Kafka 2.1), and 8 (2.4), which tells which record is at fault. */
export const produceVersionMax = 8

export interface ProducePlan {
  /** -1 for all replicas in sync. */
  readonly acks: -1 | 0 | 1
  readonly timeoutMs: number
  readonly batches: readonly ProducedBatch[]
}

export interface ProducedBatch {
  readonly topic: string
  readonly partition: number
  readonly bytesMax: number
  /** Writes the batch at a place; the result is the place behind it. */
  readonly write: (bytes: Buffer, at: number) => number
}

/** A larger request gets memory of its own. */
const scratchBytesMax = 16_777_216

/** Memory that one request after the other is written into: what has been handed to a connection was copied by it. */
export class Scratch {
  #bytes = Buffer.alloc(0)

  take(byteCount: number): Buffer {
    if (byteCount > scratchBytesMax) return Buffer.allocUnsafe(byteCount)
    if (this.#bytes.length < byteCount) this.#bytes = Buffer.allocUnsafeSlow(byteCount)
    return this.#bytes
  }
}

export interface ProducedPartition {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  readonly baseOffset: number
  /** Which records of the batch are at fault, where the broker says so. */
  readonly faultyIndexes: readonly number[]
}

/** The request that writes batches into partitions. The codec is our own, so that records are copied once, when they are written into it. */
export function produceRequest(
  version: number,
  plan: ProducePlan,
  scratch: Scratch,
): OwnRequest<readonly ProducedPartition[]> {
  return {
    key: 0,
    version,
    isFlexible: false,
    isSilent: plan.acks === 0,
    body: () => encode(plan, scratch),
    parse: reader => parse(reader, version),
  }
}

function encode({ acks, timeoutMs, batches }: ProducePlan, scratch: Scratch): Buffer {
  const topics = Map.groupBy(batches, ({ topic }) => topic)
  let byteCount = 2 + 2 + 4 + 4
  for (const [topic, parts] of topics) {
    byteCount += 2 + Buffer.byteLength(topic) + 4
    for (const { bytesMax } of parts) byteCount += 8 + bytesMax
  }
  const body = scratch.take(byteCount)
  let at = body.writeInt16BE(-1, 0)
  at = body.writeInt16BE(acks, at)
  at = body.writeInt32BE(timeoutMs, at)
  at = body.writeInt32BE(topics.size, at)
  for (const [topic, parts] of topics) {
    at = body.writeInt16BE(Buffer.byteLength(topic), at)
    at += body.write(topic, at, 'utf8')
    at = body.writeInt32BE(parts.length, at)
    for (const { partition, write } of parts) {
      at = body.writeInt32BE(partition, at)
      const end = write(body, at + 4)
      body.writeInt32BE(end - at - 4, at)
      at = end
    }
  }
  return body.subarray(0, at)
}

function parse(reader: AnswerReader, version: number): readonly ProducedPartition[] {
  const found: ProducedPartition[] = []
  for (let topics = reader.count(false); topics > 0; topics--) {
    const topic = reader.text(false)
    for (let left = reader.count(false); left > 0; left--) {
      const partition = reader.int32()
      const errorCode = reader.int16()
      const baseOffset = Number(reader.int64())
      reader.int64()
      reader.int64()
      const faultyIndexes: number[] = []
      if (version >= 8) {
        for (let errors = reader.count(false); errors > 0; errors--) {
          faultyIndexes.push(reader.int32())
          reader.text(false)
        }
        reader.text(false)
      }
      found.push({ topic, partition, errorCode, baseOffset, faultyIndexes })
    }
  }
  return found
}
