import type { Cluster } from './cluster.ts'
import { protocolError } from './errors.ts'
import type { KafkaSourceOptions } from './options.ts'

/** Stands for the first record that is there. */
export const earliest = -2
/** Stands for the end. */
export const latest = -1

export interface OffsetQuestion extends Pick<KafkaSourceOptions, 'topic' | 'isolation'> {
  readonly partitions: readonly number[]
  /** {@link earliest}, {@link latest}, or milliseconds since the epoch: the first record at or after that time. */
  readonly time: number
}

/** Offsets by partition; -1 where no record is as late as the time. Rejects when a partition has no leader. */
export async function listOffsets(
  cluster: Cluster,
  { topic, partitions, time, isolation }: OffsetQuestion,
  signal: AbortSignal,
): Promise<Map<number, number>> {
  const place = `Topic ${topic}`
  const leaders = await cluster.leaders(topic, signal)
  const byNode = new Map<number, number[]>()
  for (const partition of partitions) {
    const node = leaders[partition] ?? -1
    if (node === -1) {
      cluster.forget(topic)
      throw protocolError('LEADER_NOT_AVAILABLE', 'source', place)
    }
    byNode.set(node, [...(byNode.get(node) ?? []), partition])
  }
  const offsets = new Map<number, number>()
  const ask = async ([node, asked]: [number, number[]]): Promise<void> => {
    const connection = await cluster.connection('offsets', node, signal)
    const request = asked.map(partitionIndex => ({
      partitionIndex,
      currentLeaderEpoch: -1,
      timestamp: BigInt(time),
    }))
    const level = isolation === 'committed' ? 1 : 0
    const args: [number, number, { name: string; partitions: typeof request }[]] = [
      -1,
      level,
      [{ name: topic, partitions: request }],
    ]
    const answer = await cluster.call(connection, cluster.api('listOffsets'), args, place, signal)
    for (const { partitionIndex, offset } of answer.topics[0]?.partitions ?? []) {
      offsets.set(partitionIndex, Number(offset))
    }
  }
  try {
    await Promise.all([...byNode].map(ask))
  } catch (thrown) {
    cluster.forget(topic)
    throw thrown
  }
  return offsets
}
