import { Socket } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import {
  addressGuard,
  type ConnectorContext,
  type TlsOptions,
  tlsSettings,
  untilAborted,
} from '@millrace/spi'
import type { Client } from 'pg'
import { postgresError, type Role } from './errors.ts'
import type { PostgresConnection } from './options.ts'

/** A server that does not answer the goodbye is left after so many milliseconds. */
const closeTimeoutMs = 3_000

/** One row of an answer: the texts that the server sent, by name. */
export type TextRow = Readonly<Record<string, string | null>>

/** Rows as lists, with the names and types of their columns. */
export interface ListedRows {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[]
  readonly rows: readonly (readonly (string | null)[])[]
}

/** One connection. It ends once and for all; who still needs one opens another. */
export class Session {
  readonly client: Client
  /** Where it leads, for messages. */
  readonly place: string
  readonly #context: ConnectorContext
  readonly #options: PostgresConnection
  readonly #role: Role
  #ended: unknown
  #closing: Promise<void> | undefined
  #isStreaming = false
  /** Never rejects. */
  #lastAnswer: Promise<unknown> = Promise.resolve()

  constructor(client: Client, options: PostgresConnection, context: ConnectorContext, role: Role) {
    this.client = client
    this.#options = options
    this.#context = context
    this.#role = role
    this.place = placeOf(options)
    client.on('error', (error: unknown) => (this.#ended ??= error))
    client.on('end', () => (this.#ended ??= new Error('Connection terminated')))
  }

  /** Whether the connection is gone, or was closed. */
  get isEnded(): boolean {
    return this.#ended !== undefined || this.#closing !== undefined
  }

  /** Asks one statement; all values are texts, in both directions. Rejects with what the client throws. */
  async query(text: string, values: readonly unknown[] = []): Promise<TextRow[]> {
    const { rows } = await this.#inTurn(() => this.client.query<TextRow>(text, [...values]))
    return rows
  }

  /** Asks a statement that takes no parameters, by the simple protocol, which the commands of replication need. */
  async command(text: string): Promise<TextRow[]> {
    const { rows } = await this.#inTurn(() => this.client.query<TextRow>(text))
    return rows
  }

  /** Asks for rows whose columns only the server knows. */
  rows(text: string): Promise<ListedRows> {
    return this.#inTurn(() => this.client.query<(string | null)[]>({ text, rowMode: 'array' }))
  }

  /** One question after the other: the client does not want to be asked while it waits for an answer. */
  #inTurn<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const answer = this.#lastAnswer.then(ask)
    this.#lastAnswer = answer.catch(() => {})
    return answer
  }

  /** From now on the server sends by itself, and takes a goodbye at any time. */
  stream(): void {
    this.#isStreaming = true
  }

  /** Has the server give up what it does for this connection, then closes it. Never rejects. */
  async abandon(): Promise<void> {
    try {
      await using other = await openSession(this.#options, this.#context, this.#role)
      await other.query('SELECT pg_cancel_backend($1)', [Reflect.get(this.client, 'processID')])
    } catch {
      // The connection is cut in any case; the server notices by itself, though later.
    }
    await this.close()
  }

  /** Calling it again is the same call. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const connection = connectionOf(this.client)
    const socket = connection.stream
    await new Promise<void>(resolve => {
      const timer = this.#context.clock.timer(closeTimeoutMs, resolve)
      const done = (): void => {
        timer[Symbol.dispose]()
        resolve()
      }
      if (socket.destroyed) return done()
      socket.once('close', done)
      // The client cuts the connection while it waits for an answer, else it says goodbye first. After a goodbye the
      // socket is closed by the server, when the slot is free for the next reader.
      if (this.#isStreaming) connection.end()
      else this.client.end().catch(() => {})
      socket.resume()
    })
    socket.destroy()
  }
}

/** How a session differs from an ordinary one. */
export interface SessionSettings {
  /** Speaks the commands of replication, too. */
  readonly replication?: boolean
}

/** Connects. Rejects with an AppError of the role, or with the reason of the signal. */
export async function openSession(
  options: PostgresConnection,
  context: ConnectorContext,
  role: Role,
  settings: SessionSettings = {},
  signal?: AbortSignal,
): Promise<Session> {
  const guard = addressGuard(context.allowPrivateTargets)
  guard.checkHost(options.host)
  const { default: pg } = await import('pg')
  const { host, port, database, username, password, tls, connectTimeoutMs } = options
  const client = new pg.Client({
    host,
    port,
    database,
    user: username,
    // As a function: for an empty text the client would look into the environment and the home folder.
    password: () => password,
    ssl: tls === undefined ? false : secureSettings(tls),
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: `millrace ${context.name}`.slice(0, 63),
    client_encoding: 'UTF8',
    options: sessionOptions,
    types: { getTypeParser: asText },
    stream: () => guardedSocket(guard.lookup),
    ...(settings.replication === true ? { replication: 'database' } : {}),
  })
  const session = new Session(client, options, context, role)
  try {
    const connected = client.connect()
    await (signal === undefined ? connected : untilAborted(connected, signal))
  } catch (thrown) {
    await session.close()
    if (signal?.aborted === true) throw thrown
    throw postgresError(thrown, role, session.place)
  }
  return session
}

/** Texts as they are read and written here, whatever the role or database has for a default. */
const sessionOptions =
  '-c datestyle=ISO -c intervalstyle=iso_8601 -c timezone=UTC -c extra_float_digits=3 -c bytea_output=hex -c standard_conforming_strings=on'

export function placeOf({ host, port, database }: PostgresConnection): string {
  return `the PostgreSQL server ${host}:${port}, database ${database},`
}

type Lookup = ReturnType<typeof addressGuard>['lookup']

/** The client has no hook for the resolving of names: its socket gets one that connects to what was checked. */
function guardedSocket(lookup: Lookup): Socket {
  const socket = new Socket()
  const connect = socket.connect.bind(socket)
  socket.connect = ((port: number, host: string) => connect({ port, host, lookup })) as typeof socket.connect
  return socket
}

/** The client always asks for the certificate of `host`, whatever `serverName` says. */
function secureSettings(tls: TlsOptions): object {
  const { serverName } = tls
  if (serverName === undefined) return tlsSettings(tls)
  const check = (_host: string, certificate: PeerCertificate): Error | undefined =>
    checkServerIdentity(serverName, certificate)
  return { ...tlsSettings(tls), checkServerIdentity: check }
}

function asText(): (text: string) => string {
  return text => text
}

/** The connection below a client, which the client's types keep to themselves. */
export interface WireConnection {
  readonly stream: Socket
  on(event: 'copyData', listener: (message: { readonly chunk: Buffer }) => void): void
  once(event: 'replicationStart', listener: () => void): void
  sendCopyFromChunk(chunk: Buffer): void
  end(): void
}

export function connectionOf(client: Client): WireConnection {
  return client.connection as unknown as WireConnection
}
