import {
  AppError,
  retryBackoff,
  retryNever,
  type Source,
  type SourceContext,
  type SourceLag,
  type SourceReadLimits,
  type SourceRecord,
  takeRecords,
  untilAborted,
} from '@millrace/spi'
import type { ConsumeMessage } from 'amqplib'
import { lostConnection, rabbitError } from './errors.ts'
import { messageEvent, takenAtMs } from './message-event.ts'
import type { RabbitSourceOptions } from './options.ts'
import { openSession, type Session } from './session.ts'

/** A message that was read, with what is needed to acknowledge it: its tag means something in its session alone. */
class RabbitRecord implements SourceRecord {
  readonly partition: string = ''
  readonly event: Uint8Array
  readonly id: string
  readonly fault?: AppError
  readonly takenAtMs?: number
  readonly session: Session
  readonly message: ConsumeMessage

  constructor(session: Session, message: ConsumeMessage, id: string, made: ReturnType<typeof messageEvent>) {
    this.session = session
    this.message = message
    this.id = id
    this.event = made.event
    if (made.fault !== undefined) this.fault = made.fault
    const atMs = takenAtMs(message.properties.timestamp)
    if (atMs !== undefined) this.takenAtMs = atMs
  }
}

/**
 * Reads one queue. The server sends `prefetch` messages ahead and no more until some are acknowledged, so a reader that
 * stops reading stops fetching. A lost connection gives everything back; the next read connects again.
 */
export class RabbitSource implements Source {
  readonly #options: RabbitSourceOptions
  readonly #context: SourceContext
  #session: Promise<Session> | undefined
  #waiting: RabbitRecord[] = []
  #held = 0
  #isDisposed = false
  /** Told when there is something to read, or a reason why there is not. */
  #wake: (() => void) | undefined
  #failure: Error | undefined

  constructor(options: RabbitSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    signal.throwIfAborted()
    for (;;) {
      if (this.#isDisposed) throw closed()
      if (this.#waiting.length > 0) return takeRecords(this.#waiting, limits)
      const failure = this.#failure
      this.#failure = undefined
      if (failure !== undefined) throw failure
      const woken = new Promise<void>(resolve => (this.#wake = resolve))
      this.#consume()
      await untilAborted(woken, signal)
    }
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    const sessions = new Set<Session>()
    let lost = 0
    for (const record of records) {
      if (!(record instanceof RabbitRecord)) continue
      if (record.session.ended !== undefined) {
        lost++
        continue
      }
      record.session.channel.ack(record.message)
      this.#held--
      sessions.add(record.session)
    }
    // Acknowledgements have no answer. What the channel is asked next is answered after it has seen them.
    for (const session of sessions) {
      try {
        await session.channel.prefetch(this.#options.prefetch)
      } catch (cause) {
        throw lostRecords(session, cause)
      }
    }
    if (lost > 0) throw lostRecords(undefined, undefined)
  }

  /** Ready messages of the queue, and those held here; what other readers hold, the server does not tell. */
  async lag(signal: AbortSignal): Promise<SourceLag> {
    const session = await untilAborted(this.#open(), signal)
    const channel = await session.sideChannel()
    channel.on('error', () => {})
    try {
      const { messageCount } = await untilAborted(channel.checkQueue(this.#options.queue), signal)
      return { records: messageCount + this.#held }
    } catch (thrown) {
      if (signal.aborted) throw thrown
      throw rabbitError(thrown, 'source', session.place)
    } finally {
      await channel.close().catch(() => {})
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    this.#waiting = []
    this.#wake?.()
    const session = await this.#session?.catch(() => undefined)
    await session?.close()
  }

  #consume(): void {
    this.#open().catch((thrown: unknown) =>
      this.#fail(thrown instanceof Error ? thrown : new Error(String(thrown))),
    )
  }

  #fail(reason: Error): void {
    this.#failure = reason
    this.#wake?.()
  }

  #open(): Promise<Session> {
    this.#session ??= this.#begin().catch((thrown: unknown) => {
      this.#session = undefined
      throw thrown
    })
    return this.#session
  }

  async #begin(): Promise<Session> {
    const { queue, prefetch, exclusive } = this.#options
    const session = await openSession(this.#options, this.#context, 'source')
    try {
      await session.channel.prefetch(prefetch)
      await session.channel.consume(queue, message => this.#receive(session, message), { exclusive })
    } catch (thrown) {
      await session.close()
      throw rabbitError(thrown, 'source', `queue ${queue}: ${session.place}`)
    }
    session.onEnd(reason => this.#lose(reason))
    if (this.#isDisposed) await session.close()
    return session
  }

  #receive(session: Session, message: ConsumeMessage | null): void {
    if (message === null) {
      // The queue was deleted, or its server went away: the connection lives on, the reading does not.
      const { queue } = this.#options
      session.end(
        new AppError(
          'source.not-found',
          `queue ${queue}: ${session.place} ended the reading; is the queue still there?`,
          retryNever,
        ),
      )
      return
    }
    const id = this.#idOf(message)
    const origin = { ...this.#options, context: this.#context }
    const made = messageEvent(message, origin, id, this.#context.clock.nowMs())
    this.#held++
    this.#waiting.push(new RabbitRecord(session, message, id, made))
    this.#wake?.()
  }

  /** The publisher's id. Without one there is nothing to know a message by, and equal ones are no duplicates. */
  #idOf({ properties }: ConsumeMessage): string {
    const given: unknown = properties.messageId
    return typeof given === 'string' && given !== '' ? given : this.#context.random.id()
  }

  #lose(reason: Error): void {
    this.#session = undefined
    this.#waiting = []
    this.#held = 0
    if (!this.#isDisposed) this.#fail(reason)
  }
}

function closed(): AppError {
  return new AppError('source.closed', 'the source is closed; nothing is read', retryBackoff)
}

function lostRecords(session: Session | undefined, cause: unknown): AppError {
  const { message } = lostConnection('source', session?.place ?? 'the RabbitMQ server', cause)
  return new AppError('source.lost', `${message}; its messages come again`, retryBackoff, { cause })
}
