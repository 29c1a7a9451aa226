import {
  type ConnectorContext,
  OpenWrites,
  type Outcome,
  type OutgoingRecord,
  type Sink,
  sinkClosed,
  sleep,
} from '@millrace/spi'
import { aborted } from './aborted.ts'
import { echoError } from './errors.ts'
import type { EchoSinkOptions } from './options.ts'

/** Keeps the last records in memory. They are gone with the sink. */
export class EchoSink implements Sink {
  readonly #options: EchoSinkOptions
  readonly #context: ConnectorContext
  readonly #records: OutgoingRecord[] = []
  readonly #waiting = new Set<string>()
  readonly #writes: OpenWrites
  #taken = 0

  constructor(options: EchoSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#context = context
    this.#writes = new OpenWrites(context.clock)
  }

  /** The records that were taken, oldest first. */
  get records(): readonly OutgoingRecord[] {
    return this.#records
  }

  /** Ids of the records that wait at this moment. */
  get waiting(): ReadonlySet<string> {
    return this.#waiting
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return await this.#writes.run(records, signal, () =>
      Promise.all(records.map(record => this.#take(record, signal))),
    )
  }

  async #take(record: OutgoingRecord, signal: AbortSignal): Promise<Outcome> {
    try {
      await this.#pause(record, signal)
    } catch {
      if (signal.aborted) throw signal.reason
      return { status: 'failed', error: sinkClosed() }
    }
    this.#taken++
    const { failEvery, failIds } = this.#options
    if (failIds.includes(record.id) || (failEvery > 0 && this.#taken % failEvery === 0)) {
      return { status: 'failed', error: echoError('wanted') }
    }
    this.#keep(record)
    return { status: 'ok', detail: `kept, attempt ${record.attempt}` }
  }

  async #pause(record: OutgoingRecord, timeUp: AbortSignal): Promise<void> {
    const hangs = this.#options.hangIds.includes(record.id)
    if (!hangs && this.#options.delayMs === 0) return
    const signal = AbortSignal.any([timeUp, this.#writes.cut])
    this.#waiting.add(record.id)
    try {
      if (hangs) await aborted(signal)
      else await sleep(this.#context.clock, this.#options.delayMs, signal)
    } finally {
      this.#waiting.delete(record.id)
    }
  }

  #keep(record: OutgoingRecord): void {
    this.#records.push(record)
    if (this.#records.length > this.#options.capacity) this.#records.shift()
    if (!this.#options.log) return
    const { id, type, source, attempt } = record
    this.#context.log.info('record kept', { target: this.#context.name, id, type, source, attempt })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#writes.close()
  }
}
