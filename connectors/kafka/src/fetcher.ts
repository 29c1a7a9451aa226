import { AppError, type Clock, type PluginLog, sleep, toAppError } from '@millrace/spi'
import type { Cluster, Leaders } from './cluster.ts'
import { protocolError } from './errors.ts'
import { type FetchedPartition, fetchRequest, fetchVersionMax } from './fetch-request.ts'
import { FetchedRecords } from './fetched-records.ts'
import type { Lane } from './lane.ts'
import { earliest, latest, listOffsets } from './offsets.ts'
import type { KafkaSourceOptions } from './options.ts'
import { sendRequest } from './wire.ts'

export interface FetchHost {
  readonly cluster: Cluster
  readonly options: KafkaSourceOptions
  readonly clock: Clock
  readonly log: PluginLog
  /** The partitions to fetch. */
  readonly lanes: () => Iterable<Lane>
  /** Called when records have come. */
  readonly onArrival: () => void
  /** Something failed; resolves when it is time to try again. */
  readonly onFailure: (error: AppError, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
}

/** Refusals that a look at who leads now puts right. */
const leaderMoves: ReadonlySet<string> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'REPLICA_NOT_AVAILABLE',
])

/** How long a partition that has no leader is left alone. */
const leaderPauseMs = 200

/**
 * Fetches ahead of the reader: one request at a time to each broker, for all partitions that it leads, as long as less than
 * `prefetchBytesMax` lies unread.
 */
export class Fetcher {
  readonly #host: FetchHost
  readonly #busy = new Set<number>()
  #leaders: Leaders = []
  #areLeadersStale = false

  constructor(host: FetchHost) {
    this.#host = host
  }

  /** The leaders are known: fetching may go on. */
  lead(leaders: Leaders): void {
    this.#leaders = leaders
    this.#areLeadersStale = false
    this.kick()
  }

  /** Asks the brokers for more that are not being asked, unless enough lies here. */
  kick(): void {
    const { options, signal, lanes } = this.#host
    if (signal.aborted) return
    let buffered = 0
    for (const lane of lanes()) buffered += lane.bufferedBytes
    if (buffered >= options.prefetchBytesMax) return
    const byNode = new Map<number, Lane[]>()
    for (const lane of lanes()) {
      const node = this.#areLeadersStale ? -1 : (this.#leaders[lane.partition] ?? -1)
      if (this.#busy.has(node)) continue
      const group = byNode.get(node)
      if (group === undefined) byNode.set(node, [lane])
      else group.push(lane)
    }
    for (const [node, group] of byNode) {
      this.#busy.add(node)
      void this.#run(node, group)
    }
  }

  async #run(node: number, lanes: readonly Lane[]): Promise<void> {
    const { signal, onFailure } = this.#host
    try {
      if (node === -1) await this.#findLeaders()
      else await this.#fetch(node, lanes)
    } catch (thrown) {
      this.#areLeadersStale = true
      if (!signal.aborted) await onFailure(toAppError(thrown), signal).catch(() => undefined)
    }
    this.#busy.delete(node)
    this.kick()
  }

  async #findLeaders(): Promise<void> {
    const { cluster, options, clock, signal } = this.#host
    await sleep(clock, leaderPauseMs, signal)
    this.#leaders = await cluster.leaders(options.topic, signal, true)
    this.#areLeadersStale = false
  }

  async #fetch(node: number, lanes: readonly Lane[]): Promise<void> {
    const { cluster, options, signal } = this.#host
    const connection = await cluster.connection('fetch', node, signal)
    const asked = new Map(lanes.map(lane => [lane.partition, { lane, position: lane.position }]))
    const request = fetchRequest(cluster.version('Fetch', fetchVersionMax), {
      topic: options.topic,
      waitMs: options.fetchWaitMs,
      bytesMax: options.fetchBytesMax,
      partitionBytesMax: options.fetchPartitionBytesMax,
      isCommittedOnly: options.isolation === 'committed',
      partitions: lanes.map(({ partition, position }) => ({ partition, position })),
    })
    const place = `Topic ${options.topic}`
    const answer = await sendRequest(cluster.client, connection.raw, request).catch(thrown => {
      signal.throwIfAborted()
      throw cluster.errorOf(thrown, `Broker ${node}`)
    })
    if (answer === undefined) return
    if (answer.errorCode !== 0) throw this.#errorOf(answer.errorCode, place)
    let failure: AppError | undefined
    for (const found of answer.partitions) {
      const { lane, position } = asked.get(found.partition) ?? {}
      // A lane that was lost, or moved, while the answer was on its way has no use for it.
      if (lane === undefined || lane.isLost || lane.position !== position) continue
      if (found.errorCode !== 0) failure = (await this.#recover(lane, found.errorCode, place)) ?? failure
      else this.#take(lane, found)
    }
    if (failure !== undefined) throw failure
  }

  #take(lane: Lane, { records, aborted }: FetchedPartition): void {
    if (records.length === 0) return
    lane.add(new FetchedRecords(this.#host.cluster.client, records, lane.position, aborted))
    this.#host.onArrival()
  }

  /** Does what the broker's error asks for; the result is an error that is left. */
  async #recover(lane: Lane, errorCode: number, place: string): Promise<AppError | undefined> {
    const error = this.#errorOf(errorCode, place)
    const code = String(error.details?.['cause'])
    if (leaderMoves.has(code)) {
      this.#areLeadersStale = true
      return undefined
    }
    if (code !== 'OFFSET_OUT_OF_RANGE') return error
    // What retention has removed cannot be read; nothing else is left out.
    const { cluster, options, signal, log } = this.#host
    const { partition } = lane
    const edge = async (time: number): Promise<number> =>
      (await listOffsets(cluster, { ...options, partitions: [partition], time }, signal)).get(partition) ?? 0
    const first = await edge(earliest)
    const position = lane.position < first ? first : Math.min(lane.position, await edge(latest))
    log.warn('kafka: the offset is not there any more', {
      partition: lane.text,
      offset: lane.position,
      continuedAt: position,
    })
    lane.position = position
    return undefined
  }

  #errorOf(errorCode: number, place: string): AppError {
    const code = this.#host.cluster.client.protocolErrorsCodesById[errorCode as 0] ?? String(errorCode)
    return protocolError(code, 'source', place)
  }
}
