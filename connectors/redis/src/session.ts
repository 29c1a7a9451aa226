import { addressGuard, type ConnectorContext, retryNever, AppError, tlsSettings } from '@millrace/spi'
import type { createClient, RedisClientOptions } from 'redis'
import { isElsewhere, lostConnection, redisError, replyWord, type Role } from './errors.ts'
import { type Address, parseEndpoint, type RedisConnection } from './options.ts'

type Client = ReturnType<typeof createClient>

/** An answer of RESP 2: texts are bytes. */
export type Reply = Buffer | string | number | null | readonly Reply[]

/** The type of RESP that is a text of any bytes, `$`. */
const bulkText = 36

/** A closing connection that still waits for answers is cut after so many milliseconds. */
const closeTimeoutMs = 3_000

/** One connection. It ends once and for all; who still needs one opens another. */
export class Session {
  /** Where it leads, for messages. */
  readonly place: string
  readonly #client: Client
  readonly #context: ConnectorContext
  readonly #role: Role
  readonly #answerTimeoutMs: number
  readonly #onEnd: (session: Session) => void
  #ended: AppError | undefined
  #isUseless = false
  /** Commands that wait for an answer, and until when the next of them must have come. */
  #waiting = 0
  #dueMs = 0
  #watch: Disposable | undefined

  constructor(
    client: Client,
    place: string,
    { role, answerTimeoutMs, context, onEnd }: SessionSettings & { readonly answerTimeoutMs: number },
  ) {
    this.#client = client
    this.place = place
    this.#role = role
    this.#answerTimeoutMs = answerTimeoutMs
    this.#context = context
    this.#onEnd = onEnd
    client.on('error', (error: unknown) => this.end(redisError(error, role, place)))
    client.on('terminated', (error: unknown) => this.end(redisError(error, role, place)))
  }

  /** Why it is over; `undefined` while it is not. */
  get ended(): AppError | undefined {
    return this.#ended
  }

  /** Whether it ended because this server cannot help, and another one of the endpoint may: a replica, or one that still loads. */
  get isUseless(): boolean {
    return this.#isUseless
  }

  /**
   * Sends one command; commands of the same turn go out together. Rejects with an AppError, or with the error reply that
   * begins with `expected`. `waitsMs`: how long the server may take on purpose.
   */
  async send(
    words: readonly (string | Buffer)[],
    { waitsMs = 0, expected, about }: { waitsMs?: number; expected?: string; about?: string } = {},
  ): Promise<Reply> {
    if (this.#ended !== undefined) throw this.#ended
    const place = about === undefined ? this.place : `${about}: ${this.place}`
    this.#expect(waitsMs)
    try {
      return await this.#client.sendCommand<Reply>(words, { typeMapping: { [bulkText]: Buffer } })
    } catch (thrown) {
      if (expected !== undefined && replyWord(thrown) === expected) throw thrown
      const error = redisError(thrown, this.#role, place)
      if (isElsewhere(thrown)) {
        this.#isUseless = true
        this.end(error)
      }
      throw this.#ended ?? error
    } finally {
      this.#answered()
    }
  }

  /** Ends it at once: what waits for an answer fails with the reason. */
  end(reason: AppError): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    this.#watch?.[Symbol.dispose]()
    // Also when it is closing, or has given up by itself: the library keeps a list of clients that were not destroyed.
    this.#client.destroy()
    this.#onEnd(this)
  }

  /** Waits for the answers that are due, for a while, and ends it. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return
    await new Promise<void>(resolve => {
      const timer = this.#context.clock.timer(closeTimeoutMs, resolve)
      void this.#client
        .close()
        .catch(() => {})
        .then(() => {
          timer[Symbol.dispose]()
          resolve()
        })
    })
    this.end(lostConnection(this.#role, this.place, 'is no longer connected to'))
  }

  #expect(waitsMs: number): void {
    this.#waiting++
    this.#dueMs = Math.max(this.#dueMs, this.#context.clock.nowMs() + waitsMs + this.#answerTimeoutMs)
    this.#watch ??= this.#watchOver(waitsMs + this.#answerTimeoutMs)
  }

  #answered(): void {
    this.#waiting--
    if (this.#waiting > 0) {
      // Answers come in order: as long as they come, the rest is not overdue.
      this.#dueMs = this.#context.clock.nowMs() + this.#answerTimeoutMs
      return
    }
    this.#watch?.[Symbol.dispose]()
    this.#watch = undefined
  }

  /** One timer for all commands, which looks again when it was too early. */
  #watchOver(delayMs: number): Disposable {
    return this.#context.clock.timer(delayMs, () => {
      const leftMs = this.#dueMs - this.#context.clock.nowMs()
      if (leftMs > 0) this.#watch = this.#watchOver(leftMs)
      else {
        this.end(
          lostConnection(
            this.#role,
            this.place,
            `did not answer within ${this.#answerTimeoutMs} milliseconds`,
          ),
        )
      }
    })
  }
}

/** What a session is for. */
export interface SessionSettings {
  readonly role: Role
  readonly context: ConnectorContext
  /** Told once, when it is over. */
  readonly onEnd: (session: Session) => void
}

/** Connects to the servers of an endpoint in turn, `avoid` last. Rejects with an AppError of the role. */
export async function openSession(
  options: RedisConnection,
  settings: SessionSettings,
  avoid?: string,
): Promise<Session> {
  const { role } = settings
  const { answerTimeoutMs } = options
  const servers = parseEndpoint(options.endpoint).map(address => ({
    address,
    place: `the Redis server ${address.host}:${address.port}`,
  }))
  servers.sort((one, other) => Number(one.place === avoid) - Number(other.place === avoid))
  let failure: AppError | undefined
  for (const { address, place } of servers) {
    try {
      const client = await connect(address, options, settings, place)
      const session = new Session(client, place, { ...settings, answerTimeoutMs })
      await greet(session)
      return session
    } catch (thrown) {
      failure = redisError(thrown, role, place)
    }
  }
  throw failure ?? new AppError('options.invalid', 'redis: option endpoint names no server', retryNever)
}

/** One question to begin with: a server that still loads, or wants a password, says so. Users may lack the right to ask. */
async function greet(session: Session): Promise<void> {
  try {
    await session.send(['PING'], { expected: 'NOPERM' })
  } catch (thrown) {
    if (replyWord(thrown) === 'NOPERM') return
    await session.close()
    throw thrown
  }
}

async function connect(
  { host, port }: Address,
  options: RedisConnection,
  { role, context }: SessionSettings,
  place: string,
): Promise<Client> {
  const guard = addressGuard(context.allowPrivateTargets)
  guard.checkHost(host)
  const { createClient: create } = await import('redis')
  const { username, password, database, connectTimeoutMs, tls } = options
  const socket = {
    host,
    port,
    lookup: guard.lookup,
    connectTimeout: connectTimeoutMs,
    reconnectStrategy: false,
    ...(tls === undefined ? {} : { tls: true, ...tlsSettings(tls) }),
  } as NonNullable<RedisClientOptions['socket']>
  const client = create({
    socket,
    database,
    RESP: 2,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  }) as unknown as Client
  // Whoever listens too late would let the process die of the error.
  client.on('error', () => {})
  // The client's own limit ends when the socket is open; a server that never answers to the log-in needs another.
  let isLate = false
  const timer = context.clock.timer(connectTimeoutMs * 2, () => {
    isLate = true
    client.destroy()
  })
  try {
    await client.connect()
    return client
  } catch (thrown) {
    client.destroy()
    throw isLate ? lostConnection(role, place, 'does not answer') : thrown
  } finally {
    timer[Symbol.dispose]()
  }
}
