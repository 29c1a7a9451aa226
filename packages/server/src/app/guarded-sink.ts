import type { AppError, Outcome, OutgoingRecord, Sink } from '@millrace/spi'

/** A sink that is asked anew at each write whether it may be used: roles and policies change while it is open. */
export class GuardedSink implements Sink {
  readonly #sink: Sink
  readonly #refusal: () => AppError | undefined

  constructor(sink: Sink, refusal: () => AppError | undefined) {
    this.#sink = sink
    this.#refusal = refusal
  }

  write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const error = this.#refusal()
    if (error === undefined) return this.#sink.write(records, signal)
    return Promise.resolve(records.map(() => ({ status: 'failed', error })))
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#sink[Symbol.asyncDispose]()
  }
}
