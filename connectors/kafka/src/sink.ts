import {
  AppError,
  type ConnectorContext,
  OpenWrites,
  type Outcome,
  type OutgoingRecord,
  type Sink,
  sinkClosed,
  toAppError,
} from '@millrace/spi'
import { Cluster, type Leaders } from './cluster.ts'
import { untilAborted } from './connection.ts'
import { recordRejected } from './errors.ts'
import type { KafkaSinkOptions } from './options.ts'
import { type PreparedRecord, RecordMaker } from './outgoing.ts'
import { partitionOfKey } from './partitioner.ts'
import { Piece, Write } from './piece.ts'
import { Producer } from './producer.ts'

/** How long the partitions of a topic are believed to be as many as they were. */
const metadataAgeMsMax = 300_000

/**
 * Writes records into topics. The records of one write go out together, one batch for each partition, and each gets the outcome of
 * its batch; a record that cannot be written fails alone.
 */
export class KafkaSink implements Sink {
  readonly #options: KafkaSinkOptions
  readonly #context: ConnectorContext
  readonly #cluster: Cluster
  readonly #producer: Producer
  readonly #maker: RecordMaker
  readonly #writes: OpenWrites
  readonly #lookedUpAtMs = new Map<string, number>()

  constructor(options: KafkaSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#context = context
    this.#writes = new OpenWrites(context.clock)
    this.#cluster = new Cluster(options, context, 'sink')
    this.#maker = new RecordMaker(options)
    this.#producer = new Producer(this.#cluster, options, context)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return await this.#writes.run(records, signal, () => this.#write(records, signal))
  }

  async #write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const write = new Write(records.length)
    const onAbort = (): void => {
      write.isAborted = true
      this.#producer.dropAborted()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await untilAborted(this.#run(write, records), signal)
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#writes.close(() => {
      this.#producer.close(sinkClosed())
      this.#cluster.close()
    })
  }

  async #run(write: Write, records: readonly OutgoingRecord[]): Promise<Outcome[]> {
    const byTopic = this.#prepare(write, records)
    for (const [topic, entries] of byTopic) {
      const leaders = this.#known(topic) ?? (await this.#lookUp(topic))
      if (write.isAborted) return await write.done
      if (leaders instanceof AppError) failAll(write, entries, leaders)
      else this.#enqueue(write, topic, entries, leaders)
    }
    this.#producer.pump()
    return await write.done
  }

  /** Makes what is to be written, by topic; what cannot be written fails at once. */
  #prepare(write: Write, records: readonly OutgoingRecord[]): Map<string, Entry[]> {
    const byTopic = new Map<string, Entry[]>()
    let byteCount = 0
    for (const [index, record] of records.entries()) {
      try {
        const prepared = this.#maker.make(record)
        byteCount += prepared.byteCount
        const entries = byTopic.get(prepared.topic)
        if (entries === undefined) byTopic.set(prepared.topic, [{ index, record: prepared }])
        else entries.push({ index, record: prepared })
      } catch (thrown) {
        write.settle(index, { status: 'failed', error: toAppError(thrown) })
      }
    }
    const { bufferedBytes } = this.#producer
    const { bufferBytesMax } = this.#options
    if (bufferedBytes > 0 && bufferedBytes + byteCount > bufferBytesMax) {
      for (const entries of byTopic.values())
        failAll(write, entries, fullError(bufferedBytes, bufferBytesMax))
      byTopic.clear()
    }
    return byTopic
  }

  #enqueue(write: Write, topic: string, entries: readonly Entry[], leaders: Leaders): void {
    const byPartition = new Map<number, Entry[]>()
    // Records without a key stay together, so that one write is one batch.
    const chance = Math.floor(this.#context.random.next() * leaders.length)
    for (const entry of entries) {
      const { key, partition } = entry.record
      const chosen = partition ?? (key === undefined ? chance : partitionOfKey(key, leaders.length))
      if (chosen >= leaders.length) {
        const error = recordRejected(
          `Topic ${topic} has ${leaders.length} partitions and none with the number ${chosen}.`,
        )
        write.settle(entry.index, { status: 'failed', error })
        continue
      }
      const group = byPartition.get(chosen)
      if (group === undefined) byPartition.set(chosen, [entry])
      else group.push(entry)
    }
    for (const [partition, group] of byPartition) {
      const prepared = group.map(({ record }) => record)
      this.#producer.add(
        topic,
        partition,
        new Piece(
          write,
          prepared,
          group.map(({ index }) => index),
        ),
      )
    }
  }

  #known(topic: string): Leaders | undefined {
    const ageMs = this.#context.clock.nowMs() - (this.#lookedUpAtMs.get(topic) ?? 0)
    return ageMs < metadataAgeMsMax ? this.#cluster.known(topic) : undefined
  }

  async #lookUp(topic: string): Promise<Leaders | AppError> {
    try {
      const leaders = await this.#cluster.leaders(topic, new AbortController().signal, true)
      this.#lookedUpAtMs.delete(topic)
      this.#lookedUpAtMs.set(topic, this.#context.clock.nowMs())
      if (this.#lookedUpAtMs.size > topicsMax)
        this.#lookedUpAtMs.delete(this.#lookedUpAtMs.keys().next().value ?? '')
      return leaders
    } catch (thrown) {
      return toAppError(thrown)
    }
  }
}

/** Topics whose age is remembered. */
const topicsMax = 1_000

interface Entry {
  /** Place in the write. */
  readonly index: number
  readonly record: PreparedRecord
}

function failAll(write: Write, entries: readonly Entry[], error: AppError): void {
  for (const { index } of entries) write.settle(index, { status: 'failed', error })
}

function fullError(seen: number, limit: number): AppError {
  return new AppError(
    'sink.throttled',
    `${seen} bytes wait to be sent; bufferBytesMax is ${limit}.`,
    { kind: 'uncounted' },
    { details: { limit, seen } },
  )
}
