import {
  type ConnectorContext,
  type Outcome,
  type OutgoingRecord,
  type Sink,
  toAppError,
} from '@millrace/spi'
import { sinkClosed } from './errors.ts'
import type { ConsoleSinkOptions } from './options.ts'
import type { Output } from './output.ts'
import { readableLine } from './readable-line.ts'

/** Writes under way have so long to finish when the sink is disposed, in milliseconds. */
const drainTimeoutMs = 5_000

/** Shows records, a line each. */
export class ConsoleSink implements Sink {
  readonly #options: ConsoleSinkOptions
  readonly #context: ConnectorContext
  readonly #output: Output
  readonly #underWay = new Set<Promise<unknown>>()
  /** Aborts when the sink stops waiting for what is under way. */
  readonly #cut = new AbortController()
  #disposal: Promise<void> | undefined

  constructor(options: ConsoleSinkOptions, context: ConnectorContext, output: Output) {
    this.#options = options
    this.#context = context
    this.#output = output
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    signal.throwIfAborted()
    if (records.length === 0) return []
    const outcome = await this.#show(records, signal)
    return records.map(() => outcome)
  }

  async #show(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome> {
    if (this.#disposal !== undefined) return { status: 'failed', error: sinkClosed() }
    const nowMs = this.#context.clock.nowMs()
    const shown = this.#output(records.map(record => readableLine(record, nowMs, this.#options)))
    this.#underWay.add(shown)
    try {
      await unlessAborted(shown, AbortSignal.any([signal, this.#cut.signal]))
      return { status: 'ok', detail: 'shown' }
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      return { status: 'failed', error: this.#cut.signal.aborted ? sinkClosed() : toAppError(thrown) }
    } finally {
      this.#underWay.delete(shown)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    using _deadline = this.#context.clock.timer(drainTimeoutMs, () => this.#cut.abort())
    await unlessAborted(Promise.allSettled(this.#underWay), this.#cut.signal).catch(() => {})
  }
}

/** A reader of standard output that takes nothing cannot be made to: only the waiting ends. */
function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
