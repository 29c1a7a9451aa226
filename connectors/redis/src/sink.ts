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
  untilAborted,
} from '@millrace/spi'
import { commandsOf } from './commands.ts'
import { Link } from './link.ts'
import type { RedisSinkOptions } from './options.ts'

/** Writes under way have so long to be answered when the sink is disposed. */
const drainTimeoutMs = 5_000

/** Writes with pipelined commands: a record is written when the server has answered to all of its own. */
export class RedisSink implements Sink {
  readonly #options: RedisSinkOptions
  readonly #context: ConnectorContext
  readonly #link: Link
  readonly #underWay = new Set<Promise<unknown>>()
  /** For records that are not answered yet. */
  readonly #places: Places
  #disposal: Promise<void> | undefined

  constructor(options: RedisSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#context = context
    this.#link = new Link(options, context, 'sink')
    this.#places = new Places(options.unconfirmedMax)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    signal.throwIfAborted()
    if (records.length === 0) return []
    if (this.#disposal !== undefined) return records.map(() => failed(closed()))
    const written = Promise.all(records.map(record => this.#writeOne(record, signal)))
    this.#underWay.add(written)
    try {
      return await untilAborted(written, signal)
    } finally {
      this.#underWay.delete(written)
    }
  }

  async #writeOne(record: OutgoingRecord, signal: AbortSignal): Promise<Outcome> {
    try {
      const commands = commandsOf(record, this.#options)
      const session = await this.#link.open()
      if (!this.#places.tryTake()) await this.#places.take(signal)
      try {
        // A write that was given up before its turn is not sent.
        signal.throwIfAborted()
        await Promise.all(commands.map(words => session.send(words)))
        return ok
      } finally {
        this.#places.give()
      }
    } catch (thrown) {
      return failed(toAppError(thrown))
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = this.#context.clock.timer(drainTimeoutMs, resolve)
      void Promise.allSettled(this.#underWay).then(() => {
        timer[Symbol.dispose]()
        resolve()
      })
    })
    await this.#link.close()
  }
}

function closed(): AppError {
  return new AppError('sink.unavailable', 'the sink is closed; the record was not written', retryBackoff)
}
