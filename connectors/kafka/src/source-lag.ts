import type { SourceLag } from '@millrace/spi'
import type { Cluster } from './cluster.ts'
import { fetchRequest, fetchVersionMax } from './fetch-request.ts'
import { FetchedRecords } from './fetched-records.ts'
import { earliest, latest, listOffsets } from './offsets.ts'
import type { KafkaSourceOptions } from './options.ts'
import { RecordCursor } from './record-cursor.ts'
import { sendRequest } from './wire.ts'

/** Of so many partitions the oldest record is looked at; they are those that are furthest behind. */
const agedPartitionsMax = 16

export interface LagQuestion {
  readonly cluster: Cluster
  readonly options: KafkaSourceOptions
  /** Committed offsets of the group, by partition. */
  readonly committed: (partitions: readonly number[], signal: AbortSignal) => Promise<Map<number, number>>
  /** Where this reader stands in partitions of which the group has no committed offset. */
  readonly positionOf: (partition: number) => number | undefined
  readonly nowMs: number
}

/**
 * How far the whole group is behind: the ends of all partitions less what is committed. The age is that of the record that
 * would be read first, in the partitions furthest behind.
 */
export async function groupLag(question: LagQuestion, signal: AbortSignal): Promise<SourceLag> {
  const { cluster, options, nowMs } = question
  const leaders = await cluster.leaders(options.topic, signal)
  const partitions = [...leaders.keys()]
  const ends = await listOffsets(cluster, { ...options, partitions, time: latest }, signal)
  const from = await whereTheGroupIs(question, partitions, ends, signal)
  const behind: { readonly partition: number; readonly position: number; readonly records: number }[] = []
  for (const [partition, position] of from) {
    const records = (ends.get(partition) ?? 0) - position
    if (records > 0) behind.push({ partition, position, records })
  }
  const records = behind.reduce((sum, lagging) => sum + lagging.records, 0)
  if (records === 0) return { records, ageMs: 0 }
  const furthest = behind.toSorted((a, b) => b.records - a.records).slice(0, agedPartitionsMax)
  const times = await Promise.all(
    furthest.map(({ partition, position }) =>
      timeAt(question, partition, position, leaders[partition] ?? -1, signal),
    ),
  )
  const oldestMs = Math.min(...times.filter(timeMs => timeMs !== undefined))
  return Number.isFinite(oldestMs) ? { records, ageMs: Math.max(0, nowMs - oldestMs) } : { records }
}

async function whereTheGroupIs(
  { cluster, options, committed, positionOf }: LagQuestion,
  partitions: readonly number[],
  ends: ReadonlyMap<number, number>,
  signal: AbortSignal,
): Promise<Map<number, number>> {
  const from = await committed(partitions, signal)
  const unknown = partitions.filter(partition => !from.has(partition))
  if (unknown.length === 0) return from
  const time = options.start === 'latest' ? latest : earliest
  const starts = await listOffsets(cluster, { ...options, partitions: unknown, time }, signal)
  for (const partition of unknown) {
    from.set(partition, positionOf(partition) ?? starts.get(partition) ?? ends.get(partition) ?? 0)
  }
  return from
}

/** When the first record at or behind an offset was taken in. */
async function timeAt(
  { cluster, options }: LagQuestion,
  partition: number,
  position: number,
  node: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const connection = await cluster.connection('offsets', node, signal)
  const request = fetchRequest(cluster.version('Fetch', fetchVersionMax), {
    topic: options.topic,
    waitMs: 0,
    bytesMax: 1,
    partitionBytesMax: 1,
    isCommittedOnly: options.isolation === 'committed',
    partitions: [{ partition, position }],
  })
  const answer = await sendRequest(cluster.client, connection.raw, request).catch(() => undefined)
  const [found] = answer?.partitions ?? []
  if (found === undefined || found.errorCode !== 0) return undefined
  const record = new FetchedRecords(cluster.client, found.records, position, found.aborted).next()
  return record instanceof RecordCursor && record.timestampMs >= 0 ? record.timestampMs : undefined
}
