import type { ConnectorContext } from '@millrace/spi'
import type { Role } from './errors.ts'
import type { NatsConnection } from './options.ts'
import { openSession, type Session } from './session.ts'

/** A session that is opened when it is needed, and again when it has ended. */
export class Link {
  readonly #options: NatsConnection
  readonly #context: ConnectorContext
  readonly #role: Role
  #session: Promise<Session> | undefined

  constructor(options: NatsConnection, context: ConnectorContext, role: Role) {
    this.#options = options
    this.#context = context
    this.#role = role
  }

  /** The session that is open, or a new one. Rejects with an AppError of the role. */
  open(): Promise<Session> {
    this.#session ??= this.#begin()
    return this.#session
  }

  /** Ends the session in good order; the next `open` makes another. */
  async close(): Promise<void> {
    const session = await this.#session?.catch(() => undefined)
    this.#session = undefined
    await session?.close()
  }

  #begin(): Promise<Session> {
    const forget = (): void => {
      if (this.#session === opening) this.#session = undefined
    }
    const opening: Promise<Session> = openSession(this.#options, this.#context, this.#role).then(
      session => {
        session.onEnd(forget)
        return session
      },
      (thrown: unknown) => {
        forget()
        throw thrown
      },
    )
    return opening
  }
}
