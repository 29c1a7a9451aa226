import { Socket } from 'node:net'
import { addressGuard, type ConnectorContext, tlsSettings, untilAborted } from '@millrace/spi'
import type { Connection, ConnectionOptions } from 'mysql2'
import { isConnectionLost, lostConnection, mysqlError, type Role } from './errors.ts'
import type { MysqlConnection } from './options.ts'

/** A server that does not answer the goodbye is left after so many milliseconds. */
const closeTimeoutMs = 3_000
/** Statements that a connection keeps prepared; each takes memory in the server. */
const preparedStatementsMax = 64

/** One row of an answer, by name. */
export type ValueRow = Readonly<Record<string, unknown>>

/** One connection. It ends once and for all; who still needs one opens another. */
export class Session {
  readonly connection: Connection
  /** Where it leads, for messages. */
  readonly place: string
  readonly #context: ConnectorContext
  readonly #options: MysqlConnection
  readonly #role: Role
  readonly #asking = new Set<(reason: Error) => void>()
  #isEnded = false
  #closing: Promise<void> | undefined

  constructor(connection: Connection, options: MysqlConnection, context: ConnectorContext, role: Role) {
    this.connection = connection
    this.#options = options
    this.#context = context
    this.#role = role
    this.place = placeOf(options)
    connection.on('error', () => (this.#isEnded = true))
    connection.on('end', () => (this.#isEnded = true))
  }

  /** Whether the connection is gone, or was closed. */
  get isEnded(): boolean {
    return this.#isEnded || this.#closing !== undefined
  }

  /** Asks one statement by the text protocol, without parameters. Rejects with what the client throws. */
  query(sql: string): Promise<ValueRow[]> {
    return this.#ask(done => this.connection.query(sql, done))
  }

  /** Asks one prepared statement; the values never become part of its text. */
  execute(sql: string, values: readonly (string | null)[]): Promise<ValueRow[]> {
    return this.#ask(done => this.connection.execute(sql, [...values], done))
  }

  /** Cuts the connection and has the server give up what it does for it. Never rejects. */
  async abandon(): Promise<void> {
    this.cut()
    const late = new AbortController()
    using _timer = this.#context.clock.timer(closeTimeoutMs, () => late.abort(new Error('no answer')))
    try {
      await using other = await openSession(this.#options, this.#context, this.#role, late.signal)
      await untilAborted(other.query(`KILL ${this.connection.threadId}`), late.signal)
    } catch {
      // The server notices by itself, though later.
    }
  }

  /** Ends the connection without a goodbye. The client forgets whoever waits for an answer; they are told here. */
  cut(): void {
    this.#closing ??= Promise.resolve()
    this.connection.destroy()
    socketOf(this.connection).destroy()
    for (const reject of this.#asking) reject(lostConnection(this.#role, this.place))
    this.#asking.clear()
  }

  /** Says goodbye, then ends the connection. Calling it again is the same call. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    if (!this.#isEnded) {
      await new Promise<void>(resolve => {
        const timer = this.#context.clock.timer(closeTimeoutMs, resolve)
        this.connection.end(() => {
          timer[Symbol.dispose]()
          resolve()
        })
      })
    }
    this.cut()
  }

  #ask(send: (done: (error: unknown, rows: unknown) => void) => void): Promise<ValueRow[]> {
    return new Promise((resolve, reject) => {
      this.#asking.add(reject)
      send((error, rows) => {
        this.#asking.delete(reject)
        if (error === null) return resolve(Array.isArray(rows) ? (rows as ValueRow[]) : [])
        // The client tells whoever waits for an answer of a connection that broke, and then nobody else.
        if (isConnectionLost(error)) this.#isEnded = true
        reject(error)
      })
    })
  }
}

function socketOf(connection: Connection): Socket {
  return Reflect.get(connection, 'stream') as Socket
}

/** Connects. Rejects with an AppError of the role, or with the reason of the signal. */
export async function openSession(
  options: MysqlConnection,
  context: ConnectorContext,
  role: Role,
  signal?: AbortSignal,
): Promise<Session> {
  const settings = connectionSettings(options, context)
  const mysql = await import('mysql2')
  const session = new Session(mysql.default.createConnection(settings), options, context, role)
  try {
    const connected = new Promise<void>((resolve, reject) => {
      session.connection.connect(error => (error === null ? resolve() : reject(error)))
    }).then(() => session.query(sessionSettings))
    await (signal === undefined ? connected : untilAborted(connected, signal))
  } catch (thrown) {
    session.cut()
    if (signal?.aborted === true) throw thrown
    throw mysqlError(thrown, role, session.place)
  }
  return session
}

/** Values that do not fit are errors, times are in UTC, and a backslash in a text is what it is to the client. */
const sessionSettings =
  "SET sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', autocommit = 1"

export function placeOf({ host, port, database }: MysqlConnection): string {
  return `the MySQL server ${host}:${port}, database ${database},`
}

/**
 * Settings of the client. Its socket is ours: it connects to an address that was checked, and `host` is then only the name
 * that the certificate must be for.
 */
export function connectionSettings(options: MysqlConnection, context: ConnectorContext): ConnectionOptions {
  const guard = addressGuard(context.allowPrivateTargets)
  guard.checkHost(options.host)
  const { host, port, database, username, password, tls, connectTimeoutMs } = options
  return {
    host: tls?.serverName ?? host,
    port,
    database,
    user: username,
    password,
    charset: 'utf8mb4',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    connectTimeout: connectTimeoutMs,
    maxPreparedStatements: preparedStatementsMax,
    // Files of this machine are not the server's to ask for; one query is one statement; changed rows are counted as found.
    flags: ['-LOCAL_FILES', '-MULTI_STATEMENTS'],
    stream: () =>
      new Socket().setNoDelay(true).setKeepAlive(true, 30_000).connect({ host, port, lookup: guard.lookup }),
    ...(tls === undefined ? {} : { ssl: secureSettings(tls) }),
  }
}

function secureSettings(tls: NonNullable<MysqlConnection['tls']>): NonNullable<ConnectionOptions['ssl']> {
  const { rejectUnauthorized, ca, cert, key } = tlsSettings(tls)
  return {
    rejectUnauthorized,
    verifyIdentity: rejectUnauthorized,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}
