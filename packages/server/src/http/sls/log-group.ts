import { ProtobufFault, ProtobufReader } from './protobuf-reader.ts'

/** A name and its value; names may occur twice. */
export interface LogPair {
  readonly key: string
  readonly value: string
}

export interface Log {
  /** In seconds since the epoch. */
  readonly time: number
  /** Nanoseconds beyond the second, where they are known. */
  readonly timeNs: number | undefined
  readonly contents: readonly LogPair[]
}

/** What one request writes: logs that share a topic, a source and tags (section 2.4). */
export interface LogGroup {
  readonly logs: readonly Log[]
  readonly topic: string
  readonly source: string
  readonly tags: readonly LogPair[]
}

/**
 * Decodes a `LogGroup`. Throws `ProtobufFault` for what is none, a log without a time, and a pair without key or value.
 * Unknown fields are passed over.
 */
export function decodeLogGroup(bytes: Buffer): LogGroup {
  const reader = new ProtobufReader(bytes)
  const logs: Log[] = []
  const tags: LogPair[] = []
  let topic = ''
  let source = ''
  while (reader.next()) {
    if (reader.is(1, 2)) logs.push(readLog(reader.message()))
    else if (reader.is(3, 2)) topic = reader.text()
    else if (reader.is(4, 2)) source = reader.text()
    else if (reader.is(6, 2)) tags.push(readPair(reader.message()))
    else reader.skip()
  }
  return { logs, topic, source, tags }
}

function readLog(reader: ProtobufReader): Log {
  const contents: LogPair[] = []
  let time: number | undefined
  let timeNs: number | undefined
  while (reader.next()) {
    if (reader.is(1, 0)) time = reader.uint32()
    else if (reader.is(2, 2)) contents.push(readPair(reader.message()))
    else if (reader.is(4, 5)) timeNs = reader.fixed32()
    else reader.skip()
  }
  if (time === undefined) throw new ProtobufFault('a log has no Time')
  return { time, timeNs, contents }
}

function readPair(reader: ProtobufReader): LogPair {
  let key: string | undefined
  let value: string | undefined
  while (reader.next()) {
    if (reader.is(1, 2)) key = reader.text()
    else if (reader.is(2, 2)) value = reader.text()
    else reader.skip()
  }
  if (key === undefined || value === undefined) throw new ProtobufFault('a pair has no Key or no Value')
  return { key, value }
}

/** Bytes that, put behind a `LogGroup`, give it another tag: messages are merged field by field. */
export function encodeTag(key: string, value: string): Buffer {
  return block(0x32, Buffer.concat([block(0x0a, Buffer.from(key)), block(0x12, Buffer.from(value))]))
}

/** A `LogGroupList` of groups that are encoded already. */
export function encodeLogGroupList(groups: readonly Uint8Array[]): Buffer {
  return Buffer.concat(groups.flatMap(group => [blockHead(0x0a, group.length), group]))
}

function block(tag: number, bytes: Buffer): Buffer {
  return Buffer.concat([blockHead(tag, bytes.length), bytes])
}

function blockHead(tag: number, length: number): Buffer {
  const head = [tag]
  let rest = length
  for (; rest > 127; rest >>>= 7) head.push((rest & 127) | 128)
  head.push(rest)
  return Buffer.from(head)
}
