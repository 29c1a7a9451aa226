import type { ConnectorContext } from '@millrace/spi'
import type { Role } from './errors.ts'
import type { RedisConnection } from './options.ts'
import { openSession, type Session } from './session.ts'

/** A session that is opened when it is needed, and again when it has ended. */
export class Link {
  readonly #options: RedisConnection
  readonly #context: ConnectorContext
  readonly #role: Role
  #session: Promise<Session> | undefined
  /** A server that could not help: a replica, or one that still loads. The others are asked first. */
  #avoid: string | undefined

  constructor(options: RedisConnection, context: ConnectorContext, role: Role) {
    this.#options = options
    this.#context = context
    this.#role = role
  }

  /** The session that is open, or a new one. Rejects with an AppError of the role. */
  open(): Promise<Session> {
    this.#session ??= this.#begin()
    return this.#session
  }

  /** The session that is open or being opened, if any. */
  async current(): Promise<Session | undefined> {
    return await this.#session?.catch(() => undefined)
  }

  /** Ends the session in good order; the next `open` makes another. */
  async close(): Promise<void> {
    const session = await this.current()
    await session?.close()
  }

  #begin(): Promise<Session> {
    const settings = {
      role: this.#role,
      context: this.#context,
      onEnd: ({ isUseless, place }: Session) => {
        if (this.#session === opening) this.#session = undefined
        if (isUseless) this.#avoid = place
      },
    }
    const opening: Promise<Session> = openSession(this.#options, settings, this.#avoid).then(
      session => {
        // It may have ended between its first answer and this turn.
        if (session.ended !== undefined && this.#session === opening) this.#session = undefined
        return session
      },
      (thrown: unknown) => {
        if (this.#session === opening) this.#session = undefined
        throw thrown
      },
    )
    return opening
  }
}
