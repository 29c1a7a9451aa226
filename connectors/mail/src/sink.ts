import {
  AppError,
  type ConnectorContext,
  failed,
  MinuteRate,
  ok,
  OpenWrites,
  type Outcome,
  type OutgoingRecord,
  type Sink,
} from '@millrace/spi'
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import { Connections, portOf } from './connections.ts'
import { mailError } from './errors.ts'
import { type MailMessage, mailMessage } from './message.ts'
import type { MailSinkOptions } from './options.ts'

/** Sends each record as one message. It is written when the server has taken it in for one recipient at least. */
export class MailSink implements Sink {
  readonly #options: MailSinkOptions
  readonly #context: ConnectorContext
  readonly #place: string
  readonly #connections: Connections
  readonly #rate: MinuteRate | undefined
  readonly #writes: OpenWrites

  constructor(options: MailSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#context = context
    this.#writes = new OpenWrites(context.clock)
    this.#place = `the mail server ${options.host}:${portOf(options)}`
    this.#connections = new Connections(options, context)
    const { ratePerMinute } = options
    this.#rate = ratePerMinute === undefined ? undefined : new MinuteRate(ratePerMinute)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return await this.#writes.run(records, signal, () =>
      Promise.all(records.map(record => this.#deliver(record, signal))),
    )
  }

  async #deliver(record: OutgoingRecord, signal: AbortSignal): Promise<Outcome> {
    try {
      const message = await mailMessage(record, this.#options, this.#context.clock.nowMs())
      signal.throwIfAborted()
      const waitMs = this.#rate?.take(this.#context.clock.nowMs()) ?? 0
      if (waitMs > 0) throw this.#tooEarly(waitMs)
      return await this.#connections.use(connection => send(connection, message), signal)
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      return failed(mailError(thrown, this.#place))
    }
  }

  /** Nothing has failed: the record comes again when there is room, and no attempt is counted. */
  #tooEarly(delayMs: number): AppError {
    const limit = this.#options.ratePerMinute
    return new AppError(
      'sink.throttled',
      `${this.#place} is sent ${limit} messages a minute at most; the message waits`,
      { kind: 'uncounted', delayMs },
      { details: { limit } },
    )
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#writes.close(() => this.#connections.destroy())
  }
}

async function send(connection: SMTPConnection, { envelope, bytes }: MailMessage): Promise<Outcome> {
  const { accepted, rejected } = await new Promise<SMTPConnection.SentMessageInfo>((resolve, reject) => {
    // A connection that breaks while nothing is asked tells nobody but its listeners.
    connection.once('error', reject)
    connection.send(envelope, bytes, (error, info) => {
      connection.off('error', reject)
      if (error === null || error === undefined) resolve(info)
      else reject(error)
    })
  })
  if (rejected.length === 0) return ok
  // Sending it again would reach those a second time who have it. Addresses are not shown.
  const count = accepted.length + rejected.length
  return { status: 'ok', detail: `${rejected.length} of ${count} recipients were refused` }
}
