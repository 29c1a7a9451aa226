import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import {
  type ConnectorContext,
  failed,
  ok,
  OpenWrites,
  type Outcome,
  type OutgoingRecord,
  Places,
  type Sink,
  sinkClosed,
  toAppError,
} from '@millrace/spi'
import { SlsClient } from './client.ts'
import { logBatches } from './log-batches.ts'
import { encodeLogGroup } from './log-group.ts'
import type { SlsSinkOptions } from './options.ts'
import { outgoingLog, type OutgoingLog } from './outgoing-log.ts'

/** Bodies below this size are not worth compressing, in bytes. */
const compressBytesMin = 256

const deflated = promisify<Buffer, Buffer>(deflate)

/** Writes logs to one log store, as groups of those that have a topic in common. */
export class SlsSink implements Sink {
  readonly #options: SlsSinkOptions
  readonly #context: ConnectorContext
  readonly #writes: OpenWrites
  /** For requests under way. */
  readonly #places: Places
  #client: SlsClient | undefined

  constructor(options: SlsSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#context = context
    this.#writes = new OpenWrites(context.clock)
    this.#places = new Places(options.requestsMax)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return await this.#writes.run(records, signal, () => this.#write(records, signal))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writes.close()
    await this.#client?.[Symbol.asyncDispose]()
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
      const error = this.#writes.cut.aborted ? sinkClosed() : toAppError(thrown)
      if (logs.length === 1 || error.code !== 'sink.rejected') return logs.map(() => failed(error))
      // The service refuses a group for the sake of one log; by halves, only that one is refused in the end.
      const middle = Math.ceil(logs.length / 2)
      const halves = [logs.slice(0, middle), logs.slice(middle)]
      return (await Promise.all(halves.map(half => this.#send(half, signal)))).flat()
    }
  }

  async #post(logs: readonly OutgoingLog[], signal: AbortSignal): Promise<void> {
    const { topic, source, hashKey } = logs[0]!
    await this.#places.take(AbortSignal.any([signal, this.#writes.cut]))
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
        AbortSignal.any([signal, this.#writes.cut]),
      )
    } finally {
      this.#places.give()
    }
  }
}
