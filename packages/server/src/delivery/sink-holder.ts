import { type AppError, type Sink, toAppError } from '@millrace/spi'
import type { SinkSpec } from '../resources/index.ts'

/** Makes sinks: what `app/compose` knows of connectors, functions and buses. */
export interface SinkResolver {
  /**
   * Opens the sink of a target or dead letter. Called again after a failure, so it may be asked for a function or bus
   * that is gone, or not there yet; then it throws an AppError, and the attempt counts as failed.
   */
  open(account: string, sink: SinkSpec, use: SinkUse): Sink
}

/** What a sink is opened for. */
export interface SinkUse {
  /** Of which target or stream. */
  readonly queue: string
  readonly part: 'sink' | 'function' | 'dead-letter'
  readonly timeoutMs: number
}

/**
 * One sink of a dispatcher, opened at its first use. When its spec changes, `retire` lets attempts that hold it
 * finish and then disposes it, while the successor already works.
 */
export class SinkHolder {
  readonly #open: () => Sink
  #sink: Sink | undefined
  #users = 0
  #isRetired = false
  readonly #disposed = Promise.withResolvers<void>()

  constructor(open: () => Sink) {
    this.#open = open
  }

  /** The sink, or why it cannot be had. Each success must be followed by one `release`. */
  acquire(): Sink | AppError {
    try {
      this.#sink ??= this.#open()
    } catch (thrown) {
      return toAppError(thrown)
    }
    this.#users++
    return this.#sink
  }

  release(): void {
    this.#users--
    if (this.#isRetired && this.#users === 0) this.#dispose()
  }

  /** Resolves when the sink is disposed, which is after its last user has released it. */
  retire(): Promise<void> {
    if (!this.#isRetired) {
      this.#isRetired = true
      if (this.#users === 0) this.#dispose()
    }
    return this.#disposed.promise
  }

  #dispose(): void {
    const sink = this.#sink
    this.#sink = undefined
    if (sink === undefined) {
      this.#disposed.resolve()
      return
    }
    // A sink that cannot be closed has nothing more to tell anyone: its attempts are all settled.
    sink[Symbol.asyncDispose]().then(this.#disposed.resolve, () => this.#disposed.resolve())
  }
}
