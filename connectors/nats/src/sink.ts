import type { JetStreamClient } from '@nats-io/jetstream'
import {
  AppError,
  type ConnectorContext,
  failed,
  ok,
  OpenWrites,
  type Outcome,
  type OutgoingRecord,
  Places,
  retryNever,
  type Sink,
  toAppError,
  untilAborted,
} from '@millrace/spi'
import { natsError } from './errors.ts'
import { Link } from './link.ts'
import type { NatsSinkOptions } from './options.ts'
import { publication } from './publication.ts'
import type { Session } from './session.ts'

const duplicate: Outcome = { status: 'ok', detail: 'the stream has it already' }

interface Open {
  readonly session: Session
  readonly stream: JetStreamClient
}

/** Publishes to JetStream: a record is written when its stream has acknowledged it. */
export class NatsSink implements Sink {
  readonly #options: NatsSinkOptions
  readonly #link: Link
  readonly #writes: OpenWrites
  /** For messages that are not acknowledged yet. */
  readonly #places: Places
  #open: Promise<Open> | undefined

  constructor(options: NatsSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#writes = new OpenWrites(context.clock)
    this.#link = new Link(options, context, 'sink')
    this.#places = new Places(options.unconfirmedMax)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return await this.#writes.run(records, signal, () =>
      untilAborted(Promise.all(records.map(record => this.#writeOne(record, signal))), signal),
    )
  }

  async #writeOne(record: OutgoingRecord, signal: AbortSignal): Promise<Outcome> {
    try {
      const open = await this.#opened()
      if (!this.#places.tryTake()) await this.#places.take(signal)
      try {
        // A write that was given up before its turn is not sent.
        signal.throwIfAborted()
        return await this.#publish(open, record)
      } finally {
        this.#places.give()
      }
    } catch (thrown) {
      return failed(toAppError(thrown))
    }
  }

  async #publish({ session, stream: client }: Open, record: OutgoingRecord): Promise<Outcome> {
    const { subject, data, headers: named, messageId } = publication(record, this.#options)
    const limit = session.client.info?.max_payload
    if (limit !== undefined && data.length > limit) throw tooLarge(data.length, limit, session.place)
    const headers = session.library.headers()
    const { stream, answerTimeoutMs: timeout } = this.#options
    try {
      for (const [name, value] of named) headers.append(name, value)
      const settings = {
        headers,
        timeout,
        ...(messageId === undefined ? {} : { msgID: messageId }),
        ...(stream === undefined ? {} : { expect: { streamName: stream } }),
      }
      const answer = await client.publish(subject, data, settings)
      return answer.duplicate ? duplicate : ok
    } catch (thrown) {
      throw session.ended ?? natsError(thrown, 'sink', `subject ${subject.slice(0, 200)}: ${session.place}`)
    }
  }

  /** Without a turn between connections: a promise that is kept, for the many records of a batch. */
  #opened(): Promise<Open> {
    this.#open ??= this.#connect().catch((thrown: unknown) => {
      this.#open = undefined
      throw thrown
    })
    return this.#open
  }

  async #connect(): Promise<Open> {
    const session = await this.#link.open()
    session.onEnd(() => (this.#open = undefined))
    const { jetstream } = await import('@nats-io/jetstream')
    const { domain, answerTimeoutMs: timeout } = this.#options
    const stream = jetstream(session.client, { timeout, ...(domain === undefined ? {} : { domain }) })
    return { session, stream }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#writes.close(() => this.#link.close())
  }
}

function tooLarge(seen: number, limit: number, place: string): AppError {
  return new AppError(
    'sink.rejected',
    `${place} takes messages of at most ${limit} bytes; this one has ${seen}`,
    retryNever,
    { details: { limit, seen } },
  )
}
