import {
  AppError,
  type Outcome,
  type OutgoingRecord,
  retryBackoff,
  type Sink,
  toAppError,
} from '@millrace/spi'

/**
 * A sink whose connector is loaded with the first write. When that fails, every record fails with the reason, and may
 * be tried again: a broken plug-in holds up its own targets and nobody else's.
 */
export class LazySink implements Sink {
  readonly #open: () => Promise<Sink>
  #sink: Promise<Sink> | undefined
  #isDisposed = false

  /** `open` is called once, with the first write. */
  constructor(open: () => Promise<Sink>) {
    this.#open = open
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    signal.throwIfAborted()
    let sink: Sink
    try {
      if (this.#sink === undefined && this.#isDisposed) throw closed()
      this.#sink ??= this.#open()
      sink = await this.#sink
    } catch (thrown) {
      const error = toAppError(thrown)
      return records.map(() => ({ status: 'failed', error }))
    }
    return await sink.write(records, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    const sink = await this.#sink?.catch(() => undefined)
    await sink?.[Symbol.asyncDispose]()
  }
}

function closed(): AppError {
  return new AppError('sink.unavailable', 'The sink is closed; nothing was written.', retryBackoff)
}
