import {
  CheckpointWriter,
  type Source,
  type SourceContext,
  sourceEvent,
  type SourceReadLimits,
  type SourceRecord,
} from '@millrace/spi'
import type { Calendar } from './calendar.ts'
import { sourceClosed } from './errors.ts'
import type { ScheduleSourceOptions } from './options.ts'

/** Name of the checkpoint. */
const checkpoint = 'fired'

/** How far the calendar has been read. */
interface Progress {
  /** Time of the last firing that was given. */
  afterMs: number
  /** Those that were given and are not committed, oldest first. */
  open: number[]
}

/** One firing. */
class Firing implements SourceRecord {
  readonly partition: string = ''
  readonly event: Uint8Array
  readonly id: string
  readonly takenAtMs: number

  constructor(atMs: number, name: string, data: string) {
    this.takenAtMs = atMs
    this.id = `${name}-${new Date(atMs).toISOString()}`
    this.event = sourceEvent({
      id: this.id,
      source: name,
      type: 'eventbridge:Events:ScheduledEvent',
      timeMs: atMs,
      data,
    })
  }
}

/**
 * Gives one record at each time of a calendar. Which ones were given is written down before they are, so that a firing whose
 * record was lost on its way comes again, and one that nobody was there for is not made up for ever after.
 */
export class ScheduleSource implements Source {
  readonly #options: Pick<ScheduleSourceOptions, 'lateMsMax'>
  readonly #context: SourceContext
  readonly #calendar: Calendar
  readonly #writer: CheckpointWriter
  /** Aborts when the source is disposed: it ends a read that waits. */
  readonly #closed = new AbortController()
  /** Set by the first read. */
  #progress: Progress | undefined
  /** Firings of an earlier life that are to be given again. */
  #again: number[] = []

  constructor(options: Pick<ScheduleSourceOptions, 'lateMsMax'>, context: SourceContext, calendar: Calendar) {
    this.#options = options
    this.#context = context
    this.#calendar = calendar
    this.#writer = new CheckpointWriter(context.checkpoints, checkpoint)
  }

  async read(_limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    const stop = AbortSignal.any([signal, this.#closed.signal])
    try {
      stop.throwIfAborted()
      const progress = await this.#begin()
      const again = this.#again.shift()
      if (again !== undefined) return [this.#firing(again)]
      const atMs = await this.#calendar.due(progress.afterMs, stop)
      progress.afterMs = atMs
      progress.open.push(atMs)
      // From here on the firing is given again if this read, or its process, ends before the record is done.
      await this.#save(progress)
      return [this.#firing(atMs)]
    } catch (thrown) {
      if (this.#closed.signal.aborted) throw sourceClosed()
      throw thrown
    }
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    const progress = this.#progress
    if (records.length === 0 || progress === undefined) return
    const done = new Set(records.map(({ takenAtMs }) => takenAtMs))
    progress.open = progress.open.filter(atMs => !done.has(atMs))
    await this.#save(progress)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await this.#writer.idle()
  }

  #firing(atMs: number): Firing {
    return new Firing(atMs, this.#context.name, this.#calendar.dataOf(atMs))
  }

  /** Loads where to go on; a second time when the first try failed. */
  async #begin(): Promise<Progress> {
    if (this.#progress !== undefined) return this.#progress
    const text = await this.#context.checkpoints.load(checkpoint)
    const nowMs = this.#context.clock.nowMs()
    const stored = text === undefined ? undefined : (JSON.parse(text) as Progress)
    const afterMs = Math.max(stored?.afterMs ?? nowMs, nowMs - this.#options.lateMsMax)
    const progress = { afterMs, open: stored?.open ?? [] }
    this.#again = [...progress.open]
    // A schedule that has never fired begins now, whenever it is opened next.
    if (stored === undefined) await this.#save(progress)
    return (this.#progress = progress)
  }

  #save(progress: Progress): Promise<void> {
    return this.#writer.save(JSON.stringify(progress))
  }
}
