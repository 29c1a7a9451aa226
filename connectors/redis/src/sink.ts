import {
  type ConnectorContext,
  failed,
  ok,
  OpenWrites,
  type Outcome,
  type OutgoingRecord,
  Places,
  type Sink,
  toAppError,
  untilAborted,
} from '@millrace/spi'
import { commandsOf } from './commands.ts'
import { Link } from './link.ts'
import type { RedisSinkOptions } from './options.ts'

/** Writes with pipelined commands: a record is written when the server has answered to all of its own. */
export class RedisSink implements Sink {
  readonly #options: RedisSinkOptions
  readonly #link: Link
  readonly #writes: OpenWrites
  /** For records that are not answered yet. */
  readonly #places: Places

  constructor(options: RedisSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#writes = new OpenWrites(context.clock)
    this.#link = new Link(options, context, 'sink')
    this.#places = new Places(options.unconfirmedMax)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return await this.#writes.run(records, signal, () =>
      untilAborted(Promise.all(records.map(record => this.#writeOne(record, signal))), signal),
    )
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
    return this.#writes.close(() => this.#link.close())
  }
}
