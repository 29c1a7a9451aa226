import { createHash } from 'node:crypto'
import { AppError, type OutgoingRecord, retryNever, toAppError } from '@millrace/spi'
import type { OssSinkOptions } from './options.ts'
import type { PathFormat } from './path-format.ts'

/** Parameters of a target that are read. */
export const parameterNames: readonly string[] = ['path', 'key']

/** An object to write, with the places in the batch of the records that it holds. */
export interface NewObject {
  readonly key: string
  readonly indexes: readonly number[]
  readonly parts: readonly Uint8Array[]
  readonly contentType: string
}

/** What a batch becomes. */
export interface Objects {
  readonly objects: readonly NewObject[]
  /** Records that no object can hold, by their places in the batch. */
  readonly refused: ReadonlyMap<number, AppError>
}

interface Group {
  readonly path: string
  readonly indexes: number[]
  readonly parts: Uint8Array[]
  readonly firstMs: number
  bytes: number
}

type Settings = Pick<OssSinkOptions, 'format' | 'compression' | 'partitionBy' | 'objectBytesMax'>

const lineFeed = Buffer.from('\n')

/**
 * Decides what is written where. The key of an object follows from its records alone (and, where the options say so, from the
 * time of writing): the same records written again are the same object again.
 */
export function objectsOf(
  records: readonly OutgoingRecord[],
  options: Settings,
  path: PathFormat,
  nowMs: number,
): Objects {
  const refused = new Map<number, AppError>()
  const objects: NewObject[] = []
  const groups = new Map<string, Group>()
  for (const [index, record] of records.entries()) {
    try {
      const timeMs = eventTimeMs(record) ?? nowMs
      const place =
        record.parameters['path'] ?? path(record, options.partitionBy === 'event' ? timeMs : nowMs)
      if (options.format === 'raw') {
        objects.push(rawObject(record, index, place, options))
        continue
      }
      const line = jsonLine(record)
      checkSize(line.length + 1, options)
      const group = groups.get(place)
      const isFull = group !== undefined && group.bytes + line.length + 1 > options.objectBytesMax
      if (group !== undefined && isFull) objects.push(linesObject(group, records, options))
      const fits = group === undefined || isFull ? newGroup(place, timeMs) : group
      groups.set(place, fits)
      fits.indexes.push(index)
      fits.parts.push(line, lineFeed)
      fits.bytes += line.length + 1
    } catch (thrown) {
      refused.set(index, toAppError(thrown))
    }
  }
  for (const group of groups.values()) objects.push(linesObject(group, records, options))
  return { objects, refused }
}

function newGroup(path: string, firstMs: number): Group {
  return { path, indexes: [], parts: [], firstMs, bytes: 0 }
}

/** Named so that objects sort by the time of their first event, and equal batches have equal names. */
function linesObject(group: Group, records: readonly OutgoingRecord[], { compression }: Settings): NewObject {
  const hash = createHash('sha256')
  for (const index of group.indexes) {
    const { source, id } = records[index]!
    hash.update(JSON.stringify([source, id]))
  }
  const time = new Date(group.firstMs).toISOString().replaceAll(/[-:]/g, '')
  const name = `${time}-${group.indexes.length}-${hash.digest('hex').slice(0, 16)}.jsonl`
  const isSmall = compression === 'gzip'
  return {
    key: join(group.path, isSmall ? `${name}.gz` : name),
    indexes: group.indexes,
    parts: group.parts,
    contentType: isSmall ? 'application/gzip' : 'application/x-ndjson',
  }
}

function rawObject(record: OutgoingRecord, index: number, path: string, options: Settings): NewObject {
  checkSize(record.body.length, options)
  const { id, body, contentType = 'application/octet-stream', parameters } = record
  const key = parameters['key'] ?? join(path, id.replaceAll('/', '-'))
  return { key, indexes: [index], parts: [body], contentType }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`
}

function checkSize(bytes: number, { objectBytesMax }: Settings): void {
  if (bytes <= objectBytesMax) return
  throw new AppError(
    'sink.rejected',
    `the record has ${bytes} bytes, an object at most ${objectBytesMax} (objectBytesMax)`,
    retryNever,
  )
}

/** The body on one line: in JSON line breaks stand between values only, where a space says the same. */
function jsonLine({ body, event }: OutgoingRecord): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  if (body !== event) {
    try {
      JSON.parse(bytes.toString())
    } catch (cause) {
      // The parser's own message quotes the text, which is not ours to show.
      throw new AppError(
        'sink.rejected',
        `the body of ${body.length} bytes is not JSON; format "raw" takes any`,
        retryNever,
        { cause },
      )
    }
  }
  if (!bytes.includes(0x0a) && !bytes.includes(0x0d)) return bytes
  return Uint8Array.from(bytes, byte => (byte === 0x0a || byte === 0x0d ? 0x20 : byte))
}

/** When the event happened, where it says so in a way that is understood. */
function eventTimeMs({ event }: OutgoingRecord): number | undefined {
  const { time } = JSON.parse(Buffer.from(event.buffer, event.byteOffset, event.length).toString()) as {
    time?: unknown
  }
  const timeMs = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isFinite(timeMs) ? timeMs : undefined
}
