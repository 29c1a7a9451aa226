import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import {
  AppError,
  type ConnectorContext,
  failed,
  ok,
  type Outcome,
  type OutgoingRecord,
  Places,
  retryBackoff,
  type Sink,
  toAppError,
} from '@millrace/spi'
import { SlsClient } from './client.ts'
import { logBatches } from './log-batches.ts'
import { encodeLogGroup } from './log-group.ts'
import type { SlsSinkOptions } from './options.ts'
import { outgoingLog, type OutgoingLog } from './outgoing-log.ts'

/** Writes under way have so long to be answered when the sink is disposed. */
const drainTimeoutMs = 5_000

/** Bodies below this size are not worth compressing, in bytes. */
const compressBytesMin = 256

const deflated = promisify<Buffer, Buffer>(deflate)

/** Writes logs to one log store, as groups of those that have a topic in common. */
export class SlsSink implements Sink {
  readonly #options: SlsSinkOptions
  readonly #context: ConnectorContext
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #cut = new AbortController()
  /** For requests under way. */
  readonly #places: Places
  #client: SlsClient | undefined
  #disposal: Promise<void> | undefined

  constructor(options: SlsSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#context = context
    this.#places = new Places(options.requestsMax)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    signal.throwIfAborted()
    if (this.#disposal !== undefined) return records.map(() => failed(closed()))
    const written = this.#write(records, signal)
    this.#underWay.add(written)
    try {
      return await written
    } finally {
      this.#underWay.delete(written)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const outcomes: Outcome[] = Array.from({ length: records.length }, () => ok)
    const places: number[] = []
    const logs: OutgoingLog[] = []
    const nowMs = this.#context.clock.nowMs()
    for (const [index, record] of records.entries()) {
      try {
        logs.push(outgoingLog(record, this.#options, nowMs))
        places.push(index)
      } catch (thrown) {
        outcomes[index] = failed(toAppError(thrown))
      }
    }
    await Promise.all(
      logBatches(logs).map(async batch => {
        const sent = await this.#send(
          batch.map(index => logs[index]!),
          signal,
        )
        for (const [i, index] of batch.entries()) outcomes[places[index]!] = sent[i]!
      }),
    )
    return outcomes
  }

  /** One outcome for each log of a group. */
  async #send(logs: readonly OutgoingLog[], signal: AbortSignal): Promise<Outcome[]> {
    try {
      await this.#post(logs, signal)
      return logs.map(() => ok)
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      const error = this.#cut.signal.aborted ? closed() : toAppError(thrown)
      if (logs.length === 1 || error.code !== 'sink.rejected') return logs.map(() => failed(error))
      // The service refuses a group for the sake of one log; by halves, only that one is refused in the end.
      const middle = Math.ceil(logs.length / 2)
      const halves = [logs.slice(0, middle), logs.slice(middle)]
      return (await Promise.all(halves.map(half => this.#send(half, signal)))).flat()
    }
  }

  async #post(logs: readonly OutgoingLog[], signal: AbortSignal): Promise<void> {
    const { topic, source, hashKey } = logs[0]!
    await this.#places.take(AbortSignal.any([signal, this.#cut.signal]))
    try {
      const group = encodeLogGroup(
        logs.map(({ bytes }) => bytes),
        topic,
        source,
      )
      const isCompressed = this.#options.compression === 'deflate' && group.length >= compressBytesMin
      this.#client ??= new SlsClient(this.#options, this.#context, 'sink')
      await this.#client.request(
        {
          method: 'POST',
          path: hashKey === '' ? '/shards/lb' : '/shards/route',
          query: hashKey === '' ? {} : { key: hashKey },
          headers: {
            'content-type': 'application/x-protobuf',
            'x-log-bodyrawsize': String(group.length),
            ...(isCompressed ? { 'x-log-compresstype': 'deflate' } : {}),
          },
          body: isCompressed ? await deflated(group) : group,
        },
        AbortSignal.any([signal, this.#cut.signal]),
      )
    } finally {
      this.#places.give()
    }
  }

  async #dispose(): Promise<void> {
    using _deadline = this.#context.clock.timer(drainTimeoutMs, () => this.#cut.abort(closed()))
    await Promise.allSettled(this.#underWay)
    await this.#client?.[Symbol.asyncDispose]()
  }
}

function closed(): AppError {
  return new AppError('sink.unavailable', 'the sink is closed; the record was not written', retryBackoff)
}
