import type { AnswerReader, OwnRequest } from './wire.ts'

/** Versions of the request that are written here: 7 (Kafka 2.1), and 8 (2.4), which tells which record is at fault. */
export const produceVersionMax = 8

export interface ProducePlan {
  /** -1 for all replicas in sync. */
  readonly acks: -1 | 0 | 1
  readonly timeoutMs: number
  readonly batches: readonly { readonly topic: string; readonly partition: number; readonly bytes: Buffer }[]
}

export interface ProducedPartition {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  readonly baseOffset: number
  /** Which records of the batch are at fault, where the broker says so. */
  readonly faultyIndexes: readonly number[]
}

/** The request that writes batches into partitions. The codec is our own, so that batches of any number are copied once. */
export function produceRequest(version: number, plan: ProducePlan): OwnRequest<readonly ProducedPartition[]> {
  return {
    key: 0,
    version,
    isFlexible: false,
    isSilent: plan.acks === 0,
    body: encode(plan),
    parse: reader => parse(reader, version),
  }
}

function encode({ acks, timeoutMs, batches }: ProducePlan): Buffer {
  const topics = Map.groupBy(batches, ({ topic }) => topic)
  let byteCount = 2 + 2 + 4 + 4
  for (const [topic, parts] of topics) {
    byteCount += 2 + Buffer.byteLength(topic) + 4
    for (const { bytes } of parts) byteCount += 8 + bytes.length
  }
  const body = Buffer.allocUnsafe(byteCount)
  let at = body.writeInt16BE(-1, 0)
  at = body.writeInt16BE(acks, at)
  at = body.writeInt32BE(timeoutMs, at)
  at = body.writeInt32BE(topics.size, at)
  for (const [topic, parts] of topics) {
    at = body.writeInt16BE(Buffer.byteLength(topic), at)
    at += body.write(topic, at, 'utf8')
    at = body.writeInt32BE(parts.length, at)
    for (const { partition, bytes } of parts) {
      at = body.writeInt32BE(partition, at)
      at = body.writeInt32BE(bytes.length, at)
      at += bytes.copy(body, at)
    }
  }
  return body
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
