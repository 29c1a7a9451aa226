import { type Outcome, type OutgoingRecord, type Sink, toAppError } from '@millrace/spi'
import type { InstanceSpec, NamedView } from '../resources/index.ts'

export interface InstanceSinkParts {
  /** The instance as it is now; `undefined` when it is gone. The same object as long as nothing of it changes. */
  readonly instance: () => NamedView<InstanceSpec> | undefined
  /** Opens the sink with the options that the instance has now. Throws an AppError when it cannot be had. */
  readonly open: () => Sink
}

/** One opening, with the writes that it is busy with. */
interface Opening {
  readonly instance: NamedView<InstanceSpec> | undefined
  readonly sink: Sink
  users: number
  isRetired: boolean
}

/**
 * A sink at an instance: once the instance has changed, the next write goes by its new options, while writes that are
 * under way end by the old ones. So nothing is sent with credentials that were replaced longer than it takes to write.
 */
export class InstanceSink implements Sink {
  readonly #parts: InstanceSinkParts
  readonly #closing: Promise<void>[] = []
  #opening: Opening

  /** Throws an AppError when the sink cannot be had. */
  constructor(parts: InstanceSinkParts) {
    this.#parts = parts
    this.#opening = this.#open()
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    let opening: Opening
    try {
      opening = this.#current()
    } catch (thrown) {
      const error = toAppError(thrown)
      return records.map(() => ({ status: 'failed', error }))
    }
    opening.users++
    try {
      return await opening.sink.write(records, signal)
    } finally {
      opening.users--
      this.#closeIfUnused(opening)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#retire(this.#opening)
    await Promise.all(this.#closing)
  }

  #current(): Opening {
    if (this.#parts.instance() === this.#opening.instance) return this.#opening
    const next = this.#open()
    this.#retire(this.#opening)
    this.#opening = next
    return next
  }

  #open(): Opening {
    return { instance: this.#parts.instance(), sink: this.#parts.open(), users: 0, isRetired: false }
  }

  #retire(opening: Opening): void {
    if (opening.isRetired) return
    opening.isRetired = true
    this.#closeIfUnused(opening)
  }

  #closeIfUnused({ isRetired, users, sink }: Opening): void {
    if (!isRetired || users > 0) return
    // A sink that cannot be closed has nothing more to tell anyone: its writes are all settled.
    const closing = Promise.resolve(sink[Symbol.asyncDispose]()).catch(() => {})
    this.#closing.push(closing)
    void closing.then(() => this.#closing.splice(this.#closing.indexOf(closing), 1))
  }
}
