import {
  AppError,
  retryBackoff,
  type Source,
  type SourceContext,
  type SourceLag,
  type SourceReadLimits,
  type SourceRecord,
  takeRecords,
  toAppError,
  untilAborted,
} from '@millrace/spi'
import type { Msg } from '@nats-io/transport-node'
import { consumerLag, placeOf, type ReadyConsumer, readyConsumer } from './consumer.ts'
import { parseDelivery } from './delivery.ts'
import { natsError } from './errors.ts'
import { Link } from './link.ts'
import { messageEvent } from './message-event.ts'
import type { NatsSourceOptions } from './options.ts'
import { Pull } from './pull.ts'
import type { Session } from './session.ts'

/** Messages that one request asks for at most. */
const fetchMax = 1_000

const acknowledged = '+ACK'
const notDone = '-NAK'
const inProgress = '+WPI'

/** A message that was read, with where it is acknowledged. That is good on any connection, and for every delivery of it. */
class NatsRecord implements SourceRecord {
  readonly partition: string = ''
  readonly event: Uint8Array
  readonly id: string
  readonly sequence: number
  readonly reply: string
  readonly takenAtMs: number
  readonly fault?: AppError

  constructor(reply: string, sequence: number, takenAtMs: number, made: ReturnType<typeof messageEvent>) {
    this.reply = reply
    this.sequence = sequence
    this.takenAtMs = takenAtMs
    this.event = made.event
    this.id = made.id
    if (made.fault !== undefined) this.fault = made.fault
  }
}

/**
 * Reads a stream by a durable pull consumer. What was read stays this reader's, for as long as it says in time that it is at
 * work; that outlives its connections.
 */
export class NatsSource implements Source {
  readonly #options: NatsSourceOptions
  readonly #context: SourceContext
  readonly #link: Link
  #waiting: NatsRecord[] = []
  /** Where what was read, or waits to be, is acknowledged, by its number in the stream. */
  readonly #held = new Map<number, string>()
  /** The connection that was read by last. */
  #session: Session | undefined
  /** The consumer, once it was looked at on that connection. */
  #consumer: ReadyConsumer | undefined
  #fetching: Promise<void> | undefined
  #pull: Pull | undefined
  #wake: (() => void) | undefined
  #failure: AppError | undefined
  #keeping: Disposable | undefined
  #disposal: Promise<void> | undefined

  constructor(options: NatsSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
    this.#link = new Link(options, context, 'source')
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    signal.throwIfAborted()
    for (;;) {
      if (this.#disposal !== undefined) throw closed()
      if (this.#waiting.length > 0) return takeRecords(this.#waiting, limits)
      const failure = this.#failure
      this.#failure = undefined
      if (failure !== undefined) throw failure
      const woken = new Promise<void>(resolve => (this.#wake = resolve))
      this.#fetch()
      await untilAborted(woken, signal)
    }
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    const own = records.filter(record => record instanceof NatsRecord)
    const last = own.at(-1)
    if (last === undefined) return
    const session = await this.#link.open()
    try {
      for (const { reply } of own.slice(0, -1)) session.client.publish(reply, acknowledged)
      // The consumer takes acknowledgements in their order: when it answers to the last, it has them all.
      const { answerTimeoutMs: timeout } = this.#options
      await session.client.request(last.reply, acknowledged, { timeout })
    } catch (thrown) {
      const error = natsError(thrown, 'source', placeOf(session, this.#options))
      // Nobody is there to take it: the consumer is gone, and with it what it knew of its readers.
      if (error.code === 'source.failed')
        throw new AppError('source.lost', error.message, retryBackoff, { cause: error })
      throw session.ended ?? error
    }
    for (const { sequence } of own) this.#held.delete(sequence)
    // A reader that waits for room has it now.
    this.#wake?.()
  }

  async lag(signal: AbortSignal): Promise<SourceLag> {
    const ask = async (): Promise<SourceLag> => {
      return { records: await consumerLag(await this.#link.open(), this.#options) }
    }
    return await untilAborted(ask(), signal)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    this.#waiting = []
    this.#wake?.()
    await this.#fetching
    await this.#pull?.ended
    // Something may have come in meanwhile, and have begun to be kept.
    this.#keeping?.[Symbol.dispose]()
    const session = this.#session
    if (session !== undefined && session.ended === undefined) {
      for (const reply of this.#held.values()) session.client.publish(reply, notDone)
      const { answerTimeoutMs } = this.#options
      await this.#within(
        answerTimeoutMs,
        session.client.flush().catch(() => {}),
      )
    }
    await this.#link.close()
  }

  /** Asks for messages in the background, unless a request is open: a reader that gives up waiting loses nothing by it. */
  #fetch(): void {
    const room = Math.min(fetchMax, this.#options.prefetch - this.#held.size)
    if (room <= 0 || this.#pull !== undefined) return
    this.#fetching ??= this.#begin(room)
      .catch((thrown: unknown) => this.#fail(toAppError(thrown)))
      .finally(() => (this.#fetching = undefined))
  }

  async #begin(countMax: number): Promise<void> {
    const session = await this.#link.open()
    const ready = await this.#ready(session)
    if (this.#disposal !== undefined) return
    const { waitMs, answerTimeoutMs, inboxPrefix } = this.#options
    const pull = new Pull({
      session,
      clock: this.#context.clock,
      nextSubject: ready.nextSubject,
      inboxPrefix,
      countMax,
      waitMs,
      answerTimeoutMs,
      place: placeOf(session, this.#options),
      onMessage: message => this.#receive(message, ready),
      onEnd: error => {
        ending[Symbol.dispose]()
        this.#pull = undefined
        if (error === undefined) this.#wake?.()
        else this.#fail(error)
      },
    })
    this.#pull = pull
    const ending = session.onEnd(reason => {
      pull.abandon()
      this.#pull = undefined
      this.#fail(reason)
    })
  }

  /** The consumer is looked at once for each connection, and after each failure. */
  async #ready(session: Session): Promise<ReadyConsumer> {
    if (this.#session !== session) this.#consumer = undefined
    this.#session = session
    this.#consumer ??= await readyConsumer(session, this.#options)
    return this.#consumer
  }

  #fail(error: AppError): void {
    this.#consumer = undefined
    this.#failure = error
    this.#wake?.()
  }

  #receive(message: Msg, { ackWaitMs }: ReadyConsumer): void {
    const { reply = '' } = message
    const delivery = parseDelivery(reply)
    if (delivery === undefined) return
    const { sequence, takenAtMs } = delivery
    // Handed out again because the server heard nothing for too long: it is in good hands.
    if (this.#held.has(sequence)) {
      this.#held.set(sequence, reply)
      return
    }
    const { subject, data, headers } = message
    const made = messageEvent({ subject, data, headers }, delivery, {
      ...this.#options,
      context: this.#context,
    })
    this.#held.set(sequence, reply)
    this.#waiting.push(new NatsRecord(reply, sequence, takenAtMs, made))
    this.#keeping ??= this.#keepLater(ackWaitMs / 3)
    this.#wake?.()
  }

  /** Asks for more time for what is held, for as long as something is. */
  #keepLater(delayMs: number): Disposable {
    return this.#context.clock.timer(delayMs, () => {
      this.#keeping = undefined
      if (this.#disposal !== undefined || this.#held.size === 0) return
      this.#keeping = this.#keepLater(delayMs)
      this.#keep().catch((thrown: unknown) =>
        this.#context.log.warn('a nats source could not say that it is at work', {
          reason: toAppError(thrown).message,
        }),
      )
    })
  }

  async #keep(): Promise<void> {
    const session = await this.#link.open()
    for (const reply of this.#held.values()) session.client.publish(reply, inProgress)
  }

  async #within(limitMs: number, work: Promise<void>): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = this.#context.clock.timer(limitMs, resolve)
      void work.then(() => {
        timer[Symbol.dispose]()
        resolve()
      })
    })
  }
}

function closed(): AppError {
  return new AppError('source.closed', 'the source is closed; nothing is read', retryBackoff)
}
