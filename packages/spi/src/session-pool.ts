import { Places } from './places.ts'

/** A connection that work can be done with, until it ends. */
export interface PooledSession {
  /** It broke, or was given up: it is of no use any more. */
  readonly isEnded: boolean
  /** Has the server give up what is under way, and closes; never rejects, and ends within a limit of its own. */
  abandon(): Promise<void>
  /** Closes; never rejects, and ends within a limit of its own. */
  close(): Promise<void>
}

/**
 * Connections of one sink, opened when they are needed and kept until the pool is disposed. At most `size` are lent at a
 * time; whoever comes then waits for its turn.
 */
export class SessionPool<Session extends PooledSession> implements AsyncDisposable {
  readonly #openSession: (signal: AbortSignal) => Promise<Session>
  readonly #places: Places
  readonly #idle: Session[] = []
  readonly #lent = new Set<Session>()
  /** Connections that are being given up; each ends by a time limit of its own. */
  readonly #leaving = new Set<Promise<void>>()
  #isDisposed = false

  constructor(openSession: (signal: AbortSignal) => Promise<Session>, size: number) {
    this.#openSession = openSession
    this.#places = new Places(size)
  }

  /** Lends a connection to the work. Rejects with what that rejects with, or why none could be opened. */
  async use<Value>(work: (session: Session) => Promise<Value>, signal: AbortSignal): Promise<Value> {
    await this.#places.take(signal)
    try {
      const session = await this.#open(signal)
      const onAbort = (): void => this.#leave(session.abandon())
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        signal.throwIfAborted()
        return await work(session)
      } finally {
        signal.removeEventListener('abort', onAbort)
        this.#lent.delete(session)
        if (signal.aborted || session.isEnded || this.#isDisposed) this.#leave(session.close())
        else this.#idle.push(session)
      }
    } finally {
      this.#places.give()
    }
  }

  /** Has the server give up what is under way, and closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    for (const session of this.#lent) this.#leave(session.abandon())
    for (const session of this.#idle.splice(0)) this.#leave(session.close())
    while (this.#leaving.size > 0) await Promise.all(this.#leaving)
  }

  async #open(signal: AbortSignal): Promise<Session> {
    for (;;) {
      const idle = this.#idle.pop()
      const session = idle ?? (await this.#openSession(signal))
      if (session.isEnded) {
        this.#leave(session.close())
        // A connection that broke while nobody used it says nothing about the next.
        if (idle !== undefined) continue
      }
      this.#lent.add(session)
      return session
    }
  }

  #leave(leaving: Promise<void>): void {
    this.#leaving.add(leaving)
    void leaving.finally(() => this.#leaving.delete(leaving))
  }
}
