import type { Msg, Subscription } from '@nats-io/transport-node'
import type { AppError, Clock } from '@millrace/spi'
import { endingError, lostConnection, natsError } from './errors.ts'
import type { Session } from './session.ts'

export interface PullSettings {
  readonly session: Session
  readonly clock: Clock
  readonly nextSubject: string
  readonly inboxPrefix: string
  /** Messages at most. */
  readonly countMax: number
  /** How long the request waits at the server. */
  readonly waitMs: number
  /** The connection is given up when the server is silent for so long after that. */
  readonly answerTimeoutMs: number
  /** For messages. */
  readonly place: string
  readonly onMessage: (message: Msg) => void
  /** Told once, when no more messages come by this request; with the reason when it did not end in good order. */
  readonly onEnd: (error: AppError | undefined) => void
}

/**
 * One request for messages. They come as they are there, until the number is reached or the time is over, which the server
 * says. It cannot be taken back: messages that were handed out to a request that nobody listens to would be missing for as
 * long as the consumer waits for their acknowledgement. Hence requests are short, and listened to until they end.
 */
export class Pull {
  /** Resolves when no more messages come by this request. */
  readonly ended: Promise<void>
  readonly #settings: PullSettings
  readonly #subscription: Subscription
  readonly #tellEnd: () => void
  #left: number
  #heardMs: number
  #watch: Disposable
  #hasEnded = false

  constructor(settings: PullSettings) {
    const { session, clock, nextSubject, countMax, waitMs, inboxPrefix } = settings
    this.#settings = settings
    this.#left = countMax
    this.#heardMs = clock.nowMs()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#tellEnd = resolve
    const inbox = session.library.createInbox(inboxPrefix)
    this.#subscription = session.client.subscribe(inbox, {
      callback: (error, message) => {
        if (error === null) this.#receive(message)
        else this.#end(natsError(error, 'source', settings.place))
      },
    })
    const request = { batch: countMax, expires: waitMs * 1_000_000 }
    session.client.publish(nextSubject, JSON.stringify(request), { reply: inbox })
    this.#watch = this.#watchOver(this.#silenceMsMax)
  }

  /** Ends it at once, without a word: its connection is gone. */
  abandon(): void {
    this.#hasEnded = true
    this.#watch[Symbol.dispose]()
    this.#tellEnd()
  }

  get #silenceMsMax(): number {
    return this.#settings.waitMs + this.#settings.answerTimeoutMs
  }

  #receive(message: Msg): void {
    this.#heardMs = this.#settings.clock.nowMs()
    // What has a reply subject is a message of the stream; what has none is the server's word on the request.
    if (message.reply === undefined || message.reply === '') {
      const { code = 0, description = '' } = message.headers ?? {}
      this.#end(endingError(code, description, this.#settings.place))
      return
    }
    this.#settings.onMessage(message)
    this.#left--
    if (this.#left === 0) this.#end(undefined)
  }

  #end(error: AppError | undefined): void {
    if (this.#hasEnded) return
    this.abandon()
    if (!this.#subscription.isClosed()) this.#subscription.unsubscribe()
    this.#settings.onEnd(error)
  }

  /** One timer for all messages, which looks again when something was heard meanwhile. */
  #watchOver(delayMs: number): Disposable {
    const { clock, session, place, answerTimeoutMs } = this.#settings
    return clock.timer(delayMs, () => {
      const leftMs = this.#heardMs + this.#silenceMsMax - clock.nowMs()
      if (leftMs > 0) {
        this.#watch = this.#watchOver(leftMs)
        return
      }
      session.end(lostConnection('source', place, `did not answer within ${answerTimeoutMs} milliseconds`))
    })
  }
}
