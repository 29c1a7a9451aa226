import type { Clock } from './clock.ts'
import type { OutgoingRecord } from './connector.ts'
import { AppError, retryBackoff } from './errors.ts'
import { failed, type Outcome } from './outcome.ts'

/** Writes under way have so long to finish when their sink is disposed; then they are cut off. */
const drainMsMax = 5_000

/**
 * The writes of one sink that are under way, and their end when it is disposed. What a sink promises about disposal
 * is kept here; how a write is done, and how it is cut off, is the sink's.
 */
export class OpenWrites {
  readonly #clock: Clock
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #cut = new AbortController()
  #closing: Promise<void> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Aborts, with `sinkClosed`, when nothing that is still under way is waited for any more. */
  get cut(): AbortSignal {
    return this.#cut.signal
  }

  /**
   * Runs one write, unless there is nothing to write or `close` was called: then each record fails with `sinkClosed`.
   * Settles as the write does; rejects with the reason of the signal, without a write, when that has aborted before.
   * A write that is to be left alone when the signal aborts is wrapped in `untilAborted`: inside, the sink does not
   * wait for its end when it is closed; outside, it does.
   */
  async run(
    records: readonly OutgoingRecord[],
    signal: AbortSignal,
    write: () => Promise<Outcome[]>,
  ): Promise<Outcome[]> {
    signal.throwIfAborted()
    if (records.length === 0) return []
    if (this.#closing !== undefined) return records.map(() => failed(sinkClosed()))
    const written = write()
    this.#underWay.add(written)
    try {
      return await written
    } finally {
      this.#underWay.delete(written)
    }
  }

  /**
   * Takes no more writes and waits for those under way, for 5 seconds by the clock. Then `cut` aborts and `cutOff` is
   * called, whether or not anything is left, and what is left is waited for: one of the two must end it. Called
   * again, it returns the same promise and calls nothing.
   */
  close(cutOff: () => Promise<void> | void = () => {}): Promise<void> {
    this.#closing ??= this.#close(cutOff)
    return this.#closing
  }

  async #close(cutOff: () => Promise<void> | void): Promise<void> {
    await this.#drain()
    this.#cut.abort(sinkClosed())
    await cutOff()
    await Promise.allSettled(this.#underWay)
  }

  async #drain(): Promise<void> {
    const limit = Promise.withResolvers<void>()
    using _timer = this.#clock.timer(drainMsMax, limit.resolve)
    await Promise.race([Promise.allSettled(this.#underWay), limit.promise])
  }
}

/** For what comes, or is still under way, when a sink is closed: another sink may be able to write it. */
export function sinkClosed(): AppError {
  return new AppError('sink.unavailable', 'the sink is closed; the record was not written', retryBackoff)
}
