import {
  AppError,
  type Source,
  type SourceContext,
  type SourceLag,
  type SourceReadLimits,
  type SourceRecord,
  retryBackoff,
  sleep,
} from '@millrace/spi'
import { Cluster } from './cluster.ts'
import { Committer } from './committer.ts'
import { untilAborted } from './connection.ts'
import { Fetcher } from './fetcher.ts'
import { Lane } from './lane.ts'
import { codeOf, Membership } from './membership.ts'
import { MessageEvents } from './message-event.ts'
import { earliest, latest, listOffsets } from './offsets.ts'
import type { KafkaSourceOptions } from './options.ts'
import { Slab } from './slab.ts'
import { groupLag } from './source-lag.ts'
import { startTimeMs } from './start.ts'

/** Commits under way have so long to end when the source is disposed. */
const drainTimeoutMs = 5_000

const pauseMsFirst = 200
const pauseMsMax = 10_000

/** What a cluster answers while it sorts itself out, which passes by itself. */
const settling: ReadonlySet<string> = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'LEADER_NOT_AVAILABLE',
  'UNRELEASED_INSTANCE_ID',
])

/** So many failures of that kind in a row are not told to the reader; they take about ten seconds. */
const settlingFailuresMax = 5

/**
 * Reads a topic as a member of a consumer group. The first read joins; from then on the membership, the fetching and the
 * commits run by themselves, and a read takes what lies here.
 */
export class KafkaSource implements Source {
  readonly #options: KafkaSourceOptions
  readonly #context: SourceContext
  readonly #cluster: Cluster
  readonly #membership: Membership
  readonly #committer: Committer
  readonly #fetcher: Fetcher
  readonly #closing = new AbortController()
  readonly #slab = new Slab()
  readonly #lanes = new Map<number, Lane>()
  #running: Promise<void> | undefined
  #disposal: Promise<void> | undefined
  /** Between being told to let go and the next assignment nothing is handed out. */
  #isHalted = false
  #turn = 0
  #failures = 0
  #waiting: PromiseWithResolvers<void> | undefined
  #reader: PromiseWithResolvers<void> | undefined

  constructor(options: KafkaSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
    this.#cluster = new Cluster(options, context, 'source')
    const lanes = (): Iterable<Lane> => this.#lanes.values()
    const onFailure = (error: AppError, signal: AbortSignal): Promise<void> => this.#onFailure(error, signal)
    this.#membership = new Membership(this.#cluster, options, context.clock, {
      onRevoking: signal => this.#onRevoking(signal),
      onAssigned: (partitions, isContinuous, signal) => this.#onAssigned(partitions, isContinuous, signal),
      onLost: () => this.#keepOnly(new Set()),
      onAlive: () => this.#onAlive(),
      onFailure: async (error, signal) => {
        this.#committer.fail(error)
        await onFailure(error, signal)
      },
    })
    this.#committer = new Committer(this.#membership, lanes, this.#closing.signal)
    this.#fetcher = new Fetcher({
      cluster: this.#cluster,
      options,
      clock: context.clock,
      log: context.log,
      lanes,
      onArrival: () => this.#onArrival(),
      onFailure,
      signal: this.#closing.signal,
    })
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    signal.throwIfAborted()
    if (this.#disposal !== undefined) throw closedError()
    this.#running ??= this.#membership.run(this.#closing.signal)
    this.#reader?.resolve()
    for (;;) {
      const records = this.#isHalted ? [] : this.#take(limits)
      this.#fetcher.kick()
      if (records.length > 0) return records
      this.#committer.kick()
      this.#waiting = Promise.withResolvers<void>()
      try {
        await untilAborted(this.#waiting.promise, signal)
      } finally {
        this.#waiting = undefined
      }
    }
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    if (this.#disposal !== undefined && records.length > 0) throw closedError()
    await this.#committer.commit(records)
  }

  async lag(signal: AbortSignal): Promise<SourceLag> {
    if (this.#disposal !== undefined) throw closedError()
    const question = {
      cluster: this.#cluster,
      options: this.#options,
      committed: (partitions: readonly number[], until: AbortSignal) =>
        this.#membership.committed(partitions, until),
      positionOf: (partition: number) => this.#lanes.get(partition)?.acknowledged,
      nowMs: this.#context.clock.nowMs(),
    }
    return await groupLag(question, AbortSignal.any([signal, this.#closing.signal]))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    this.#waiting?.reject(closedError())
    if (this.#membership.isStable) {
      await this.#committer.idle(this.#context.clock, drainTimeoutMs, this.#closing.signal)
    }
    this.#closing.abort(closedError())
    this.#committer.fail(closedError())
    await this.#running
    if (this.#running !== undefined) await this.#membership.leave()
    this.#cluster.close()
    this.#lanes.clear()
  }

  /** Takes from the partitions in turn, as much of each as the limits allow. */
  #take({ recordsMax, bytesMax }: SourceReadLimits): SourceRecord[] {
    const records: SourceRecord[] = []
    const lanes = [...this.#lanes.values()]
    let bytesLeft = bytesMax
    for (let i = 0; i < lanes.length && bytesLeft > 0 && records.length < recordsMax; i++) {
      const lane = lanes[(this.#turn + i) % lanes.length]
      if (lane !== undefined) bytesLeft = takeFrom(lane, records, recordsMax, bytesLeft)
    }
    this.#turn++
    return records
  }

  #onArrival(): void {
    this.#failures = 0
    this.#waiting?.resolve()
  }

  #onAlive(): void {
    this.#failures = 0
    this.#committer.kick()
    this.#fetcher.kick()
  }

  /**
   * Tells the reader, then waits: ever longer, or, when trying again cannot help without a change, until somebody
   * reads again.
   */
  async #onFailure(error: AppError, signal: AbortSignal): Promise<void> {
    this.#context.log.warn('kafka: reading failed', {
      stream: this.#context.name,
      code: error.code,
      reason: error.message,
    })
    if (!settling.has(codeOf(error) ?? '') || this.#failures > settlingFailuresMax)
      this.#waiting?.reject(error)
    const pauseMs = Math.min(pauseMsMax, pauseMsFirst * 2 ** Math.min(this.#failures++, 10))
    await sleep(this.#context.clock, pauseMs * (0.5 + this.#context.random.next() / 2), signal)
    if (error.retry.kind !== 'never' || this.#waiting !== undefined) return
    this.#reader ??= Promise.withResolvers<void>()
    await untilAborted(this.#reader.promise, signal)
    this.#reader = undefined
  }

  async #onRevoking(signal: AbortSignal): Promise<void> {
    this.#isHalted = true
    const { rebalanceDrainMs, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    const drainMs = Math.min(rebalanceDrainMs, sessionTimeoutMs / 3, rebalanceTimeoutMs / 3)
    await this.#committer.drain(this.#context.clock, drainMs, signal)
  }

  async #onAssigned(
    partitions: readonly number[],
    isContinuous: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const leaders = await this.#cluster.leaders(this.#options.topic, signal)
    const committed =
      partitions.length === 0
        ? new Map<number, number>()
        : await this.#membership.committed(partitions, signal)
    const kept = partitions.filter(partition => {
      const lane = this.#lanes.get(partition)
      return isContinuous && lane !== undefined && lane.acknowledged >= (committed.get(partition) ?? 0)
    })
    this.#keepOnly(new Set(kept))
    const fresh = partitions.filter(partition => !this.#lanes.has(partition))
    const unknown = fresh.filter(partition => !committed.has(partition))
    const starts = await this.#starts(unknown, signal)
    for (const partition of fresh) {
      const position = committed.get(partition) ?? starts.get(partition) ?? 0
      this.#lanes.set(partition, this.#newLane(partition, position))
    }
    await this.#pin(starts, signal)
    this.#isHalted = false
    this.#fetcher.lead(leaders)
    this.#waiting?.resolve()
  }

  /** Where the options say to begin in partitions of which the group has no committed offset. */
  async #starts(partitions: readonly number[], signal: AbortSignal): Promise<Map<number, number>> {
    if (partitions.length === 0) return new Map()
    const { start } = this.#options
    const ask = (time: number): Promise<Map<number, number>> =>
      listOffsets(this.#cluster, { ...this.#options, partitions, time }, signal)
    if (typeof start === 'string') return await ask(start === 'earliest' ? earliest : latest)
    const offsets = await ask(startTimeMs(start.time) ?? latest)
    if (![...offsets.values()].includes(-1)) return offsets
    const ends = await ask(latest)
    for (const [partition, offset] of offsets)
      if (offset === -1) offsets.set(partition, ends.get(partition) ?? 0)
    return offsets
  }

  /**
   * Commits where a group begins, unless that is the beginning: what comes in from now on is then read even when this reader ends
   * before it has committed anything.
   */
  async #pin(starts: ReadonlyMap<number, number>, signal: AbortSignal): Promise<void> {
    if (starts.size === 0 || this.#options.start === 'earliest') return
    const refused = await this.#membership.commit(starts, signal)
    for (const error of refused.values()) throw error
  }

  #newLane(partition: number, position: number): Lane {
    const { topic, mode, recordBytesMax } = this.#options
    const events = new MessageEvents(this.#context.instance, topic, partition, this.#options, this.#slab)
    return new Lane(
      { topic, partition, events, isCloudEvents: mode === 'cloudevents', recordBytesMax },
      position,
    )
  }

  #keepOnly(partitions: ReadonlySet<number>): void {
    for (const [partition, lane] of this.#lanes) {
      if (partitions.has(partition)) continue
      lane.isLost = true
      this.#lanes.delete(partition)
    }
    this.#committer.settle()
  }
}

/** The result is the bytes that are left; 0 when the next record would be too many. The first of all comes in any case. */
function takeFrom(lane: Lane, into: SourceRecord[], recordsMax: number, bytesMax: number): number {
  let bytesLeft = bytesMax
  while (into.length < recordsMax) {
    const before = lane.readTo
    const record = lane.take()
    if (record === undefined) return bytesLeft
    bytesLeft -= record.event.length
    if (bytesLeft < 0 && into.length > 0) {
      lane.hold(record, before)
      return 0
    }
    into.push(record)
    if (bytesLeft <= 0) return 0
  }
  return bytesLeft
}

function closedError(): AppError {
  return new AppError('source.closed', 'The source is closed.', retryBackoff)
}
