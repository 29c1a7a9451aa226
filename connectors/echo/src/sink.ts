import { type ConnectorContext, type Outcome, type OutgoingRecord, type Sink, sleep } from '@millrace/spi'
import { aborted } from './aborted.ts'
import { echoError } from './errors.ts'
import type { EchoSinkOptions } from './options.ts'

/** Writes under way have so long to finish when the sink is disposed. */
const drainTimeoutMs = 5_000

/** Keeps the last records in memory. They are gone with the sink. */
export class EchoSink implements Sink {
  readonly #options: EchoSinkOptions
  readonly #context: ConnectorContext
  readonly #records: OutgoingRecord[] = []
  readonly #waiting = new Set<string>()
  readonly #underWay = new Set<Promise<Outcome>>()
  /** Aborts when the sink stops waiting for what is under way. */
  readonly #cut = new AbortController()
  #taken = 0
  #disposal: Promise<void> | undefined

  constructor(options: EchoSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#context = context
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
    signal.throwIfAborted()
    return await Promise.all(records.map(record => this.#track(this.#take(record, signal))))
  }

  async #take(record: OutgoingRecord, signal: AbortSignal): Promise<Outcome> {
    if (this.#disposal !== undefined) return { status: 'failed', error: echoError('sink-closed') }
    try {
      await this.#pause(record, signal)
    } catch {
      if (signal.aborted) throw signal.reason
      return { status: 'failed', error: echoError('sink-closed') }
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
    const signal = AbortSignal.any([timeUp, this.#cut.signal])
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

  async #track(write: Promise<Outcome>): Promise<Outcome> {
    this.#underWay.add(write)
    try {
      return await write
    } finally {
      this.#underWay.delete(write)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    using _deadline = this.#context.clock.timer(drainTimeoutMs, () => this.#cut.abort())
    await Promise.allSettled(this.#underWay)
  }
}
