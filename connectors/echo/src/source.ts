import {
  assert,
  CheckpointWriter,
  type Source,
  type SourceContext,
  type SourceLag,
  type SourceReadLimits,
  type SourceRecord,
  sleep,
} from '@millrace/spi'
import { echoError } from './errors.ts'
import { cyclicFeed, type EchoFeed } from './feed.ts'
import type { EchoSourceOptions } from './options.ts'
import { Position } from './position.ts'
import { recordOf } from './record.ts'

/** Name of the checkpoint. */
const checkpoint = 'position'

/** Makes records out of its options. How far it has come is kept by its host, since there is no system that would. */
export class EchoSource implements Source {
  readonly #options: EchoSourceOptions
  readonly #context: SourceContext
  readonly #feed: EchoFeed
  readonly #writer: CheckpointWriter
  readonly #indexes = new WeakMap<SourceRecord, number>()
  /** Aborts when the source is disposed: it ends a read that waits. */
  readonly #closed = new AbortController()
  /** Set by the first read. */
  #begun: { readonly position: Position; readonly atMs: number } | undefined
  /** Index of the next record to read. */
  #next = 0
  /** Records that were given, which the rate counts. */
  #given = 0

  constructor(options: EchoSourceOptions, context: SourceContext, feed = cyclicFeed(options)) {
    this.#options = options
    this.#context = context
    this.#feed = feed
    this.#writer = new CheckpointWriter(context.checkpoints, checkpoint)
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    const stop = AbortSignal.any([signal, this.#closed.signal])
    try {
      stop.throwIfAborted()
      const { position, atMs } = await this.#begin()
      await this.#waitForNext(position, atMs, stop)
      return this.#take(position, atMs, limits)
    } catch (thrown) {
      if (this.#closed.signal.aborted) throw echoError('source-closed')
      throw thrown
    }
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    const position = this.#begun?.position
    if (records.length === 0 || position === undefined) return
    for (const record of records) {
      const index = this.#indexes.get(record)
      assert(index !== undefined, 'a record is committed where it was read')
      position.finish(index)
    }
    await this.#writer.save(position.text)
  }

  async lag(): Promise<SourceLag> {
    if (this.#feed.length === Number.POSITIVE_INFINITY) return {}
    const { position } = await this.#begin()
    return { records: this.#feed.length - position.count }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await this.#writer.idle()
  }

  /** Loads where to go on; a second time when the first try failed. */
  async #begin(): Promise<{ readonly position: Position; readonly atMs: number }> {
    if (this.#begun !== undefined) return this.#begun
    const text = await this.#context.checkpoints.load(checkpoint)
    const position = Position.parse(text, this.#options.partitions)
    this.#next = position.first
    return (this.#begun = { position, atMs: this.#context.clock.nowMs() })
  }

  async #waitForNext(position: Position, atMs: number, signal: AbortSignal): Promise<void> {
    while (position.isDone(this.#next)) this.#next++
    if (this.#next >= this.#feed.length) await this.#feed.more(this.#next, signal)
    const waitMs = this.#dueMs(atMs) - this.#context.clock.nowMs()
    if (waitMs > 0) await sleep(this.#context.clock, waitMs, signal)
  }

  /** When the next record may come at the earliest. */
  #dueMs(atMs: number): number {
    const { ratePerSecond } = this.#options
    return ratePerSecond === 0 ? atMs : atMs + (this.#given * 1_000) / ratePerSecond
  }

  #take(position: Position, atMs: number, { recordsMax, bytesMax }: SourceReadLimits): SourceRecord[] {
    const nowMs = this.#context.clock.nowMs()
    const records: SourceRecord[] = []
    let bytes = 0
    while (records.length < recordsMax && this.#next < this.#feed.length && this.#dueMs(atMs) <= nowMs) {
      const index = this.#next
      if (!position.isDone(index)) {
        const partition = position.partitionOf(index)
        const place = { stream: this.#context.name, partition, index, nowMs }
        const record = recordOf(this.#feed.at(index), place)
        bytes += record.event.length
        if (records.length > 0 && bytes > bytesMax) break
        this.#indexes.set(record, index)
        records.push(record)
        this.#given++
      }
      this.#next++
    }
    return records
  }
}
