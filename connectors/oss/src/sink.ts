import { promisify } from 'node:util'
import { gzip as gzipWithCallback } from 'node:zlib'
import {
  assert,
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
import { S3Client } from './client.ts'
import { type NewObject, objectsOf } from './objects.ts'
import type { OssSinkOptions } from './options.ts'
import { compilePath, type PathFormat } from './path-format.ts'

const gzip = promisify(gzipWithCallback)

/** Writes each batch as one object for each path that its records have; an object is there as a whole or not at all. */
export class OssSink implements Sink {
  readonly #options: OssSinkOptions
  readonly #context: ConnectorContext
  readonly #client: S3Client
  readonly #path: PathFormat
  readonly #writes: OpenWrites
  /** For objects under way. */
  readonly #places: Places

  constructor(options: OssSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#context = context
    this.#writes = new OpenWrites(context.clock)
    this.#client = new S3Client(options, options.bucket, context, 'sink')
    this.#path = compilePath(options.pathFormat, options.timeZone)
    this.#places = new Places(options.requestsMax)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return await this.#writes.run(records, signal, () => this.#write(records, signal))
  }

  async #write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const nowMs = this.#context.clock.nowMs()
    const { objects, refused } = objectsOf(records, this.#options, this.#path, nowMs)
    const outcomes = new Map<number, Outcome>()
    for (const [index, error] of refused) outcomes.set(index, failed(error))
    await Promise.all(
      objects.map(async object => {
        const outcome = await this.#store(object, signal)
        for (const index of object.indexes) outcomes.set(index, outcome)
      }),
    )
    return records.map((_record, index) => {
      const outcome = outcomes.get(index)
      assert(outcome !== undefined, 'each record is in one object, or refused')
      return outcome
    })
  }

  async #store(object: NewObject, signal: AbortSignal): Promise<Outcome> {
    const ended = AbortSignal.any([signal, this.#writes.cut])
    try {
      if (!this.#places.tryTake()) await this.#places.take(ended)
      try {
        await this.#put(object, ended)
        return ok
      } finally {
        this.#places.give()
      }
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      return failed(this.#writes.cut.aborted ? sinkClosed() : toAppError(thrown))
    }
  }

  async #put({ key, parts, contentType }: NewObject, signal: AbortSignal): Promise<void> {
    const { compression, format } = this.#options
    const plain = Buffer.concat(parts)
    const isSmall = compression === 'gzip'
    // Lines carry their compression in their name, so that a download is the file that it says to be.
    const encoding = isSmall && format === 'raw' ? { 'content-encoding': 'gzip' } : {}
    const body = isSmall ? await gzip(plain) : plain
    await this.#client.put(key, body, { 'content-type': contentType, ...encoding }, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writes.close()
    await this.#client[Symbol.asyncDispose]()
  }
}
