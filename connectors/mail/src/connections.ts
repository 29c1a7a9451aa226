import { connect, type Socket } from 'node:net'
import {
  addressGuard,
  AppError,
  type ConnectorContext,
  Places,
  retryBackoff,
  tlsSettings,
  untilAborted,
} from '@millrace/spi'
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { MailSinkOptions } from './options.ts'

/** A connection that is not in use, and what closes it in time. */
interface Idle {
  readonly connection: SMTPConnection
  readonly timer: Disposable
}

/** The connections of one sink: at most so many, kept for the next message for a while. */
export class Connections {
  readonly #options: MailSinkOptions
  readonly #context: ConnectorContext
  readonly #places: Places
  readonly #idle: Idle[] = []
  readonly #open = new Set<SMTPConnection>()
  readonly #end = new AbortController()

  constructor(options: MailSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#context = context
    this.#places = new Places(options.connectionsMax)
  }

  /**
   * Works with a connection of its own, logged in. It is closed when the work fails or its signal aborts. Rejects as the work
   * does, and with what the client throws while it connects.
   */
  async use<Value>(
    work: (connection: SMTPConnection) => Promise<Value>,
    outerSignal: AbortSignal,
  ): Promise<Value> {
    const signal = AbortSignal.any([outerSignal, this.#end.signal])
    await this.#places.take(signal)
    let connection: SMTPConnection | undefined
    try {
      connection = this.#takeIdle() ?? (await this.#connect(signal))
      const value = await untilAborted(work(connection), signal)
      this.#keep(connection)
      return value
    } catch (thrown) {
      if (connection !== undefined) this.#close(connection)
      throw thrown
    } finally {
      this.#places.give()
    }
  }

  /** Cuts off what is under way, and closes all. */
  destroy(): void {
    this.#end.abort(
      new AppError('sink.unavailable', 'the sink is closed; the message was cut off', retryBackoff),
    )
    for (const { timer } of this.#idle.splice(0)) timer[Symbol.dispose]()
    for (const connection of this.#open) this.#close(connection)
  }

  #takeIdle(): SMTPConnection | undefined {
    const idle = this.#idle.pop()
    idle?.timer[Symbol.dispose]()
    return idle?.connection
  }

  #keep(connection: SMTPConnection): void {
    if (this.#end.signal.aborted || !this.#open.has(connection)) return
    const timer = this.#context.clock.timer(this.#options.idleTimeoutMs, () => {
      this.#forget(connection)
      connection.quit()
    })
    this.#idle.push({ connection, timer })
  }

  #close(connection: SMTPConnection): void {
    this.#forget(connection)
    connection.close()
    // Closing is polite to a server that answers; one that hangs keeps the socket otherwise.
    if (connection._socket) connection._socket.destroy()
  }

  /** A server may close a connection that is not in use; it is not offered again then. */
  #forget(connection: SMTPConnection): void {
    this.#open.delete(connection)
    const index = this.#idle.findIndex(idle => idle.connection === connection)
    for (const { timer } of index < 0 ? [] : this.#idle.splice(index, 1)) timer[Symbol.dispose]()
  }

  async #connect(signal: AbortSignal): Promise<SMTPConnection> {
    const socket = await this.#openSocket(signal)
    const { default: Connection } = await import('nodemailer/lib/smtp-connection')
    const connection = new Connection({ ...clientOptions(this.#options), connection: socket })
    this.#open.add(connection)
    try {
      const ready = new Promise<void>((resolve, reject) => {
        connection.on('error', reject)
        connection.on('end', () => this.#forget(connection))
        connection.connect(error => (error === undefined || error === null ? resolve() : reject(error)))
      })
      await untilAborted(ready, signal)
      await untilAborted(this.#logIn(connection), signal)
      return connection
    } catch (thrown) {
      this.#close(connection)
      throw thrown
    }
  }

  async #logIn(connection: SMTPConnection): Promise<void> {
    const { username, password = '' } = this.#options
    if (username === undefined) return
    await new Promise<void>((resolve, reject) =>
      connection.login(
        { user: username, pass: password, credentials: { user: username, pass: password } },
        error => (error === null || error === undefined ? resolve() : reject(error)),
      ),
    )
  }

  /** Ours instead of the client's, whose look-up of names cannot be guarded. */
  async #openSocket(signal: AbortSignal): Promise<Socket> {
    const { host, connectTimeoutMs } = this.#options
    const guard = addressGuard(this.#context.allowPrivateTargets)
    guard.checkHost(host)
    const socket = connect({ host, port: portOf(this.#options), lookup: guard.lookup })
    try {
      const connected = new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve)
        socket.once('error', reject)
        socket.setTimeout(connectTimeoutMs, () =>
          reject(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' })),
        )
      })
      await untilAborted(connected, signal)
      socket.setTimeout(0)
      return socket
    } catch (thrown) {
      socket.destroy()
      throw thrown
    }
  }
}

/** The port that is meant when none is given. */
export function portOf({ port, implicitTls }: Pick<MailSinkOptions, 'port' | 'implicitTls'>): number {
  return port ?? (implicitTls ? 465 : 587)
}

function clientOptions(options: MailSinkOptions): SMTPConnection.Options {
  const { host, implicitTls, starttls, tls, connectTimeoutMs } = options
  return {
    host,
    port: portOf(options),
    secure: implicitTls,
    requireTLS: starttls === 'required',
    ignoreTLS: starttls === 'none',
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: connectTimeoutMs,
    logger: false,
    ...(tls === undefined ? {} : { tls: tlsSettings(tls) }),
  }
}
