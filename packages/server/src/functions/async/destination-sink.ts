import { readAttributes } from '@millrace/cloudevents'
import { type Outcome, type OutgoingRecord, type Sink, toAppError } from '@millrace/spi'
import { busKey } from '../../resources/index.ts'
import type { CallObserver } from './observer.ts'
import type { TaskStore } from './task-store.ts'

/** Writes outcomes to a destination, and tells the task and the counters how it took them. */
export class DestinationSink implements Sink {
  readonly #account: string
  readonly #sink: Sink
  readonly #store: TaskStore
  readonly #observer: CallObserver

  constructor(account: string, sink: Sink, store: TaskStore, observer: CallObserver) {
    this.#account = account
    this.#sink = sink
    this.#store = store
    this.#observer = observer
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const outcomes = await this.#sink.write(records, signal)
    for (const [index, record] of records.entries()) {
      const outcome = outcomes[index]
      if (outcome !== undefined) await this.#told(record, outcome.status === 'ok')
    }
    return outcomes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sink[Symbol.asyncDispose]()
  }

  async #told(record: OutgoingRecord, succeeded: boolean): Promise<void> {
    const { millracefunction: name, millracetask: taskId } = readAttributes(record.event)
    this.#observer.destination(busKey(this.#account, String(name)), succeeded)
    if (taskId === undefined) return
    const destinationStatus = succeeded ? 'Succeeded' : 'Failed'
    // The outcome has arrived or not, whatever the record says: a record that cannot be written does not repeat it.
    await this.#store
      .change(this.#account, String(name), String(taskId), task =>
        task.destinationStatus === destinationStatus ? task : { ...task, destinationStatus },
      )
      .catch(() => {})
  }
}

/** Calls a function with each record's body, asynchronously: the destination of outcomes that is a function. */
export class EnqueueSink implements Sink {
  readonly #call: (payload: Uint8Array) => Promise<unknown>

  constructor(call: (payload: Uint8Array) => Promise<unknown>) {
    this.#call = call
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    signal.throwIfAborted()
    // Side by side: they are queued in their order, and share one flush of the log.
    return await Promise.all(records.map(({ body }) => this.#writeOne(body)))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }

  async #writeOne(body: Uint8Array): Promise<Outcome> {
    try {
      await this.#call(body)
      return { status: 'ok' }
    } catch (thrown) {
      return { status: 'failed', error: toAppError(thrown) }
    }
  }
}
