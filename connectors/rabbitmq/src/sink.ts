import {
  AppError,
  type ConnectorContext,
  failed,
  ok,
  OpenWrites,
  type Outcome,
  type OutgoingRecord,
  Places,
  retryBackoff,
  type Sink,
  sinkClosed,
  toAppError,
  untilAborted,
} from '@millrace/spi'
import type { ConfirmChannel, Message } from 'amqplib'
import { publication } from './publication.ts'
import type { RabbitSinkOptions } from './options.ts'
import { openSession, type Session } from './session.ts'

/** Publishes with confirms: a record is written when the server has taken responsibility for it. */
export class RabbitSink implements Sink {
  readonly #options: RabbitSinkOptions
  readonly #context: ConnectorContext
  readonly #writes: OpenWrites
  /** Numbers of publications that came back because no queue is bound. */
  readonly #returned = new Set<number>()
  #session: Promise<Session<ConfirmChannel>> | undefined
  /** For messages that are not confirmed yet. */
  readonly #places: Places
  #published = 0

  constructor(options: RabbitSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#context = context
    this.#writes = new OpenWrites(context.clock)
    this.#places = new Places(options.unconfirmedMax)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return await this.#writes.run(records, signal, () =>
      untilAborted(Promise.all(records.map(record => this.#writeOne(record, signal))), signal),
    )
  }

  async #writeOne(record: OutgoingRecord, signal: AbortSignal): Promise<Outcome> {
    try {
      const session = await this.#open()
      if (!this.#places.tryTake()) await this.#places.take(signal)
      try {
        return await this.#publish(session, record)
      } finally {
        this.#places.give()
      }
    } catch (thrown) {
      return failed(toAppError(thrown))
    }
  }

  #publish(session: Session<ConfirmChannel>, record: OutgoingRecord): Promise<Outcome> {
    if (session.ended !== undefined) return Promise.resolve(failed(toAppError(session.ended)))
    const { exchange, routingKey, properties } = publication(record, this.#options)
    const number = ++this.#published
    return new Promise(resolve => {
      let isSettled = false
      const settle = (outcome: Outcome): void => {
        if (isSettled) return
        isSettled = true
        ending[Symbol.dispose]()
        this.#returned.delete(number)
        resolve(outcome)
      }
      const ending = session.onEnd(reason => settle(failed(toAppError(reason))))
      const headers = { ...properties.headers, [numberHeader]: number }
      const body = Buffer.from(record.body.buffer, record.body.byteOffset, record.body.length)
      session.channel.publish(exchange, routingKey, body, { ...properties, headers }, (nack: unknown) => {
        if (session.ended !== undefined) settle(failed(toAppError(session.ended)))
        else if (nack !== null) settle(failed(refused(session.place)))
        else if (this.#returned.has(number)) settle(failed(unroutable(session.place, exchange)))
        else settle(ok)
      })
    })
  }

  #open(): Promise<Session<ConfirmChannel>> {
    this.#session ??= this.#begin().catch((thrown: unknown) => {
      this.#session = undefined
      throw thrown
    })
    return this.#session
  }

  async #begin(): Promise<Session<ConfirmChannel>> {
    const session = await openSession(this.#options, this.#context, 'sink')
    session.channel.on('return', (message: Message) => {
      const number: unknown = message.properties.headers?.[numberHeader]
      if (typeof number === 'number') this.#returned.add(number)
    })
    session.onEnd(() => (this.#session = undefined))
    return session
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#writes.close(async () => {
      const session = await this.#session?.catch(() => undefined)
      session?.end(sinkClosed())
      await session?.close()
    })
  }
}

/** Tells publications apart when one comes back. Goes along to the reader, who has no use for it. */
const numberHeader = 'millrace-publication'

function refused(place: string): AppError {
  return new AppError(
    'sink.failed',
    `${place} did not take the message: a queue is full or has failed`,
    retryBackoff,
  )
}

function unroutable(place: string, exchange: string): AppError {
  const way =
    exchange === ''
      ? 'no queue has this name'
      : `no queue is bound to the exchange ${exchange} for its routing key`
  return new AppError('sink.failed', `${place} sent the message back: ${way}`, retryBackoff, {
    details: { exchange },
  })
}
