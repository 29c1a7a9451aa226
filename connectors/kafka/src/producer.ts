import { type AppError, type ConnectorContext, type Outcome, sleep, toAppError } from '@millrace/spi'
import type { Cluster } from './cluster.ts'
import type { BrokerConnection } from './connection.ts'
import { protocolError } from './errors.ts'
import type { KafkaSinkOptions } from './options.ts'
import type { Piece } from './piece.ts'
import { type ProducedPartition, produceRequest, produceVersionMax, Scratch } from './produce-request.ts'
import { batchBytesMax, type ProducerIdentity, writeBatch } from './record-batch.ts'
import { Slots } from './slots.ts'
import { type Batch, recordsOf, TopicLane } from './topic-lane.ts'
import { sendRequest } from './wire.ts'

/** Bytes of one request at most, unless one batch is larger. */
const requestBytesMax = 8_388_608

/** Partitions whose counts are kept; beyond, idle ones are forgotten and the writer gets a new number. */
const lanesMax = 10_000

const pauseMsFirst = 100
const pauseMsMax = 5_000

const acksNumbers = { all: -1, '1': 1, '0': 0 } as const

/** One request that is on its way. */
interface Sending {
  readonly batches: readonly Batch[]
  connection: BrokerConnection | undefined
}

/**
 * Sends pieces of writes to the leaders of their partitions: one batch of each partition at a time, several partitions in one
 * request, one request at a time on each connection. What comes in meanwhile goes together with the next.
 */
export class Producer {
  readonly #cluster: Cluster
  readonly #options: KafkaSinkOptions
  readonly #context: ConnectorContext
  readonly #slots: Slots
  readonly #lanes = new Map<string, TopicLane>()
  /** Lanes that may have something to send. */
  readonly #ready = new Set<TopicLane>()
  readonly #sendings = new Set<Sending>()
  readonly #timers = new Set<Disposable>()
  readonly #closing = new AbortController()
  readonly #scratch = new Scratch()
  #identity: ProducerIdentity | undefined
  #isIdentifying = false
  #bufferedBytes = 0

  constructor(cluster: Cluster, options: KafkaSinkOptions, context: ConnectorContext) {
    this.#cluster = cluster
    this.#options = options
    this.#context = context
    this.#slots = new Slots(cluster, options.connectionsMax)
  }

  /** Bytes that wait or are on their way. */
  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  /** Takes a piece in; its outcomes are told to its write. Sends nothing before `pump`. */
  add(topic: string, partition: number, piece: Piece): void {
    const { signal } = this.#closing
    if (signal.aborted) return piece.settle({ status: 'failed', error: toAppError(signal.reason) })
    const lane = this.#lane(topic, partition)
    this.#bufferedBytes += piece.byteCount
    lane.add(piece)
    this.#ready.add(lane)
  }

  /** Sends what can be sent. */
  pump(): void {
    if (this.#closing.signal.aborted) return
    if (this.#isCounted && this.#identity === undefined) {
      if (!this.#isIdentifying && this.#ready.size > 0) void this.#identify()
      return
    }
    const byNode = new Map<number, TopicLane[]>()
    for (const lane of this.#ready) {
      if (lane.isIdle) this.#ready.delete(lane)
      if (lane.isIdle || lane.state !== 'due') continue
      const node = this.#cluster.knownLeader(lane.topic, lane.partition)
      const group = byNode.get(node)
      if (group === undefined) byNode.set(node, [lane])
      else group.push(lane)
    }
    for (const [node, lanes] of byNode) {
      if (node < 0) for (const lane of lanes) this.#retry(lane, this.#error('LEADER_NOT_AVAILABLE', lane))
      else this.#fill(node, lanes)
    }
  }

  /** Gives up what belongs to aborted writes: what waits is dropped, and a request with nothing else is cut off. */
  dropAborted(): void {
    for (const lane of this.#ready) this.#bufferedBytes -= lane.dropAborted()
    for (const { batches, connection } of this.#sendings) {
      const isWanted = batches.some(({ pieces }) => pieces.some(({ write }) => !write.isAborted))
      if (!isWanted) connection?.close()
    }
  }

  /** Fails what was not written yet with the error, and sends nothing any more. */
  close(error: AppError): void {
    this.#closing.abort(error)
    for (const timer of this.#timers) timer[Symbol.dispose]()
    this.#timers.clear()
    for (const lane of this.#lanes.values()) this.#fail(lane, error)
    this.#ready.clear()
  }

  get #isCounted(): boolean {
    return this.#options.acks === 'all' && this.#options.idempotent
  }

  #lane(topic: string, partition: number): TopicLane {
    const key = `${topic}-${partition}`
    const known = this.#lanes.get(key)
    if (known !== undefined) return known
    if (this.#lanes.size >= lanesMax) {
      for (const [name, idle] of this.#lanes) if (idle.isIdle) this.#lanes.delete(name)
      // A lane that comes back would count from 0 under the old number.
      this.#identity = undefined
    }
    const lane = new TopicLane(topic, partition, this.#options.batchBytesMax)
    this.#lanes.set(key, lane)
    return lane
  }

  /** Puts the batches of the lanes into requests, as long as there are connections for them. */
  #fill(node: number, lanes: readonly TopicLane[]): void {
    let batches: Batch[] = []
    let byteCount = 0
    for (const lane of lanes) {
      if (batches.length === 0 && !this.#slots.isFree(node)) return
      const batch = lane.next(this.#isCounted ? this.#identity : undefined)
      if (batch === undefined) continue
      lane.state = 'sending'
      batches.push(batch)
      byteCount += batch.byteCount
      if (byteCount < requestBytesMax) continue
      void this.#send(node, batches)
      batches = []
      byteCount = 0
    }
    if (batches.length > 0) void this.#send(node, batches)
  }

  async #send(node: number, batches: readonly Batch[]): Promise<void> {
    const sending: Sending = { batches, connection: undefined }
    this.#sendings.add(sending)
    try {
      const answered = await this.#exchange(node, sending)
      for (const batch of batches) this.#settle(batch, answered)
    } catch (thrown) {
      const error = toAppError(thrown)
      for (const { lane } of batches) {
        this.#cluster.forget(lane.topic)
        this.#retry(lane, error)
      }
    } finally {
      this.#sendings.delete(sending)
      this.#slots.release(node, sending.connection)
      this.pump()
    }
  }

  async #exchange(node: number, sending: Sending): Promise<readonly ProducedPartition[] | undefined> {
    const { acks, compression, requestTimeoutMs } = this.#options
    sending.connection = await this.#slots.take(node, this.#closing.signal)
    const { client } = this.#cluster
    const timestampMs = this.#context.clock.nowMs()
    const batches = sending.batches.map(batch => {
      const { identity, sequence, lane } = batch
      const plan = { client, timestampMs, compression, identity, sequence }
      const records = recordsOf(batch)
      batch.isUncertain = true
      return {
        topic: lane.topic,
        partition: lane.partition,
        bytesMax: batchBytesMax(records, compression),
        write: (bytes: Buffer, at: number) => writeBatch(bytes, at, records, plan),
      }
    })
    const plan = { acks: acksNumbers[acks], timeoutMs: requestTimeoutMs, batches }
    const request = produceRequest(this.#cluster.version('Produce', produceVersionMax), plan, this.#scratch)
    return await sendRequest(client, sending.connection.raw, request).catch(thrown => {
      throw this.#cluster.errorOf(thrown, `Broker ${node}`)
    })
  }

  /** Does what the broker's answer about a batch asks for. Without an answer (`acks` `0`) all went well. */
  #settle(batch: Batch, answered: readonly ProducedPartition[] | undefined): void {
    const { lane } = batch
    if (lane.batch !== batch) return
    const found = answered?.find(
      ({ topic, partition }) => topic === lane.topic && partition === lane.partition,
    )
    if (answered !== undefined && found === undefined)
      return this.#retry(lane, this.#error('NETWORK_EXCEPTION', lane))
    const code = found === undefined ? 'NONE' : this.#codeOf(found.errorCode)
    if (code === 'NONE' || code === 'DUPLICATE_SEQUENCE_NUMBER') {
      const at = found === undefined ? '' : `@${found.baseOffset}`
      return this.#finish(lane, { status: 'ok', detail: `${lane.topic}-${lane.partition}${at}` })
    }
    batch.isUncertain = code === 'REQUEST_TIMED_OUT' || code === 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'
    const error = this.#error(code, lane)
    const count = recordsOf(batch).length
    if ((code === 'MESSAGE_TOO_LARGE' || code === 'RECORD_LIST_TOO_LARGE') && count > 1) {
      lane.halve(batch.byteCount)
      lane.putBack(batch.pieces)
    } else if (code === 'INVALID_RECORD' && found !== undefined && found.faultyIndexes.length < count) {
      this.#rejectSome(batch, new Set(found.faultyIndexes), error)
    } else if (forgotten.has(code)) {
      this.#forgetIdentity(batch)
      if (++lane.failures >= this.#options.attemptsMax) this.#finish(lane, { status: 'failed', error })
      else lane.putBack(batch.pieces)
    } else if (passing.has(code)) {
      this.#cluster.forget(lane.topic)
      this.#retry(lane, error)
    } else {
      // The number of the batch was not used up, so the next one gets it.
      this.#count(batch)
      lane.putBack([])
      for (const piece of batch.pieces) piece.settle({ status: 'failed', error })
    }
  }

  /** The broker took none of the batch because of some of its records; the others come again without them. */
  #rejectSome(batch: Batch, faulty: ReadonlySet<number>, error: AppError): void {
    const { lane } = batch
    const rest: Piece[] = []
    let at = 0
    for (const piece of batch.pieces) {
      const from = at
      at += piece.records.length
      // An answer that names no record at fault means all of them.
      const isFaulty = (index: number): boolean => faulty.size === 0 || faulty.has(from + index)
      const bad = piece.only((_record, index) => isFaulty(index))
      this.#bufferedBytes -= bad.byteCount
      bad.settle({ status: 'failed', error })
      if (bad.records.length < piece.records.length)
        rest.push(piece.only((_record, index) => !isFaulty(index)))
    }
    lane.putBack(rest)
  }

  /** Sends the batch of a lane again after a pause, unless it was tried often enough or nobody wants it any more. */
  #retry(lane: TopicLane, error: AppError): void {
    const { batch } = lane
    const isWorthIt = error.retry.kind !== 'never' && ++lane.failures < this.#options.attemptsMax
    if (this.#closing.signal.aborted || (batch === undefined && !isWorthIt)) return this.#fail(lane, error)
    if (batch === undefined) return this.#pause(lane, error)
    if (!isWorthIt) {
      if (batch.isUncertain) this.#forgetIdentity(batch)
      return this.#finish(lane, { status: 'failed', error })
    }
    const wanted = batch.pieces.filter(({ write }) => !write.isAborted)
    if (wanted.length < batch.pieces.length) {
      // A batch without them is another one, and may not have the number of what was perhaps stored.
      if (batch.isUncertain) this.#forgetIdentity(batch)
      for (const { byteCount, write } of batch.pieces) if (write.isAborted) this.#bufferedBytes -= byteCount
      lane.putBack(wanted)
    }
    if (!lane.isIdle) this.#pause(lane, error)
  }

  #pause(lane: TopicLane, error: AppError): void {
    lane.state = 'waiting'
    const timer = this.#context.clock.timer(this.#pauseMs(lane.failures), () => {
      this.#timers.delete(timer)
      void this.#resume(lane, error)
    })
    this.#timers.add(timer)
  }

  /** Looks where the partition is now, then lets it go on. */
  async #resume(lane: TopicLane, error: AppError): Promise<void> {
    try {
      const leaders = await this.#cluster.leaders(lane.topic, this.#closing.signal, true)
      if ((leaders[lane.partition] ?? -1) < 0) throw error
      lane.state = 'due'
      this.pump()
    } catch (thrown) {
      const failure = toAppError(thrown)
      // A topic that is not there does not come by waiting a little.
      if (failure.code === 'sink.failed') this.#fail(lane, failure)
      else this.#retry(lane, failure)
    }
  }

  /** Gives up all that waits for a lane. */
  #fail(lane: TopicLane, error: AppError): void {
    const outcome: Outcome = { status: 'failed', error }
    if (lane.batch?.isUncertain === true) this.#forgetIdentity(lane.batch)
    for (const piece of lane.drain()) {
      this.#bufferedBytes -= piece.byteCount
      piece.settle(outcome)
    }
    this.#finish(lane, outcome)
  }

  #finish(lane: TopicLane, outcome: Outcome): void {
    if (lane.batch !== undefined) this.#count(lane.batch)
    lane.finish(outcome)
  }

  /** A batch leaves. */
  #count({ byteCount }: Batch): void {
    this.#bufferedBytes -= byteCount
  }

  async #identify(): Promise<void> {
    this.#isIdentifying = true
    const { clock } = this.#context
    for (let attempt = 1; this.#identity === undefined && this.#ready.size > 0; attempt++) {
      try {
        this.#identity = await this.#askForIdentity()
      } catch (thrown) {
        const error = toAppError(thrown)
        if (this.#closing.signal.aborted) return
        if (
          error.retry.kind !== 'never' &&
          error.code === 'sink.unavailable' &&
          attempt < this.#options.attemptsMax
        ) {
          await sleep(clock, this.#pauseMs(attempt), this.#closing.signal).catch(() => undefined)
        } else {
          for (const lane of this.#ready) if (lane.state === 'due') this.#fail(lane, error)
        }
      }
    }
    this.#isIdentifying = false
    this.pump()
  }

  async #askForIdentity(): Promise<ProducerIdentity> {
    const { signal } = this.#closing
    const connection = await this.#cluster.anyConnection(signal)
    const api = this.#cluster.api('initProducerId')
    const args: [null, number, bigint, number] = [null, this.#options.requestTimeoutMs, -1n, -1]
    const { producerId, producerEpoch } = await this.#cluster.call(
      connection,
      api,
      args,
      'The cluster',
      signal,
    )
    return { producerId, epoch: producerEpoch }
  }

  #pauseMs(failures: number): number {
    const pauseMs = Math.min(pauseMsMax, pauseMsFirst * 2 ** (failures - 1))
    return pauseMs * (0.5 + this.#context.random.next() / 2)
  }

  #forgetIdentity({ identity }: Batch): void {
    if (this.#identity === identity) this.#identity = undefined
  }

  #codeOf(errorCode: number): string {
    return this.#cluster.client.protocolErrorsCodesById[errorCode as 0] ?? String(errorCode)
  }

  #error(code: string, { topic, partition }: TopicLane): AppError {
    return protocolError(
      code,
      'sink',
      code === 'UNKNOWN_TOPIC_OR_PARTITION' ? `Topic ${topic}` : `Partition ${partition} of topic ${topic}`,
    )
  }
}

/** Answers after which the same batch may be sent again, as it is. */
const passing: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NETWORK_EXCEPTION',
  'KAFKA_STORAGE_ERROR',
  'CORRUPT_MESSAGE',
])

/** Answers after which the writer needs a new number. */
const forgotten: ReadonlySet<string> = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
])
