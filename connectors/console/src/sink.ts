import {
  type ConnectorContext,
  failed,
  OpenWrites,
  type Outcome,
  type OutgoingRecord,
  type Sink,
  toAppError,
  untilAborted,
} from '@millrace/spi'
import type { ConsoleSinkOptions } from './options.ts'
import type { Output } from './output.ts'
import { readableLine } from './readable-line.ts'

/** Shows records, a line each. */
export class ConsoleSink implements Sink {
  readonly #options: ConsoleSinkOptions
  readonly #context: ConnectorContext
  readonly #output: Output
  readonly #writes: OpenWrites

  constructor(options: ConsoleSinkOptions, context: ConnectorContext, output: Output) {
    this.#options = options
    this.#context = context
    this.#writes = new OpenWrites(context.clock)
    this.#output = output
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return await this.#writes.run(records, signal, () => this.#show(records, signal))
  }

  async #show(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const nowMs = this.#context.clock.nowMs()
    const shown = this.#output(records.map(record => readableLine(record, nowMs, this.#options)))
    try {
      // A reader of standard output that takes nothing cannot be made to: only the waiting ends.
      await untilAborted(shown, AbortSignal.any([signal, this.#writes.cut]))
      return records.map(() => ({ status: 'ok', detail: 'shown' }))
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      return records.map(() => failed(toAppError(thrown)))
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#writes.close()
  }
}
