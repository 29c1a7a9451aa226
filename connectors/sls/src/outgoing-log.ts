import { createHash } from 'node:crypto'
import { AppError, type OutgoingRecord, retryNever, rowOf, rowParameters } from '@millrace/spi'
import { encodeLog, type Pair } from './log-group.ts'
import type { SlsSinkOptions } from './options.ts'

/** Largest value of a log, in bytes (section 2.5). */
export const valueBytesMax = 1_048_576
/** Longest topic, and longest source, in bytes. */
const labelBytesMax = 128

/** Parameters of a target that are read. */
export const parameterNames: readonly string[] = ['topic', 'source', 'time', 'shardKey', rowParameters]

/** What is sent for a record, and with whom it may share a group. */
export interface OutgoingLog {
  readonly bytes: Buffer
  readonly topic: string
  readonly source: string
  /** Where the log belongs among the shards, in hex; empty for anywhere. */
  readonly hashKey: string
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The log of a record. Throws `sink.rejected` for what the service could not take. */
export function outgoingLog(record: OutgoingRecord, options: SlsSinkOptions, nowMs: number): OutgoingLog {
  const { parameters } = record
  const topic = label('topic', parameters.topic ?? options.topic ?? '')
  const source = label('source', parameters.source ?? options.source ?? '')
  const contents = options.contentType === 'json' ? [content(record)] : fields(record)
  for (const [key, value] of contents) checkField(key, value)
  const timeMs = timeOf(parameters.time, nowMs)
  const time = Math.floor(timeMs / 1_000)
  const key = parameters.shardKey ?? ''
  return {
    bytes: encodeLog({ time, timeNs: Math.floor(timeMs - time * 1_000) * 1_000_000, contents }),
    topic,
    source,
    hashKey: key === '' ? '' : createHash('md5').update(key).digest('hex'),
  }
}

function content({ body }: OutgoingRecord): Pair {
  try {
    return ['content', decoder.decode(body)]
  } catch {
    throw rejected(`the body of ${body.length} bytes is not UTF-8, which logs are`)
  }
}

/** Values of logs are texts; null is the empty one. */
function fields(record: OutgoingRecord): Pair[] {
  const { columns, values } = rowOf(record)
  return columns.map((column, i) => [column, values[i]?.text ?? ''])
}

function checkField(key: string, value: string): void {
  // A UTF-16 unit takes three bytes at most.
  const bytes = value.length * 3 > valueBytesMax ? Buffer.byteLength(value) : 0
  if (bytes <= valueBytesMax) return
  throw rejected(`the field ${JSON.stringify(key)} has ${bytes} bytes, at most ${valueBytesMax} are allowed`)
}

function label(name: string, text: string): string {
  const bytes = Buffer.byteLength(text)
  if (bytes > labelBytesMax)
    throw rejected(`the ${name} has ${bytes} bytes, at most ${labelBytesMax} are allowed`)
  if (!text.isWellFormed()) throw rejected(`the ${name} is no well-formed text`)
  return text
}

/** A time as RFC 3339 has it, or in seconds; now where nothing is said. */
function timeOf(text: string | undefined, nowMs: number): number {
  if (text === undefined || text === '') return nowMs
  const timeMs = /^\d{1,10}(\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text)
  if (timeMs >= 0 && timeMs < 4_294_967_296_000) return timeMs
  throw rejected('the parameter time is no time: RFC 3339, or seconds since 1970')
}

function rejected(message: string): AppError {
  return new AppError('sink.rejected', message, retryNever)
}
