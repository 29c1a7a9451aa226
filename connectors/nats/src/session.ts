import { lookup as systemLookup } from 'node:dns'
import { isIP } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import type { ConnectionOptions, NatsConnection as Client } from '@nats-io/transport-node'
import { addressGuard, AppError, type ConnectorContext, retryNever, tlsSettings } from '@millrace/spi'
import { lostConnection, natsError, type Role } from './errors.ts'
import { type Address, type NatsConnection, parseEndpoint } from './options.ts'

type Library = typeof import('@nats-io/transport-node')

/** One connection. It ends once and for all; who still needs one opens another. */
export class Session {
  readonly client: Client
  /** Where it leads, for messages. */
  readonly place: string
  readonly library: Library
  readonly #role: Role
  readonly #onEnd = new Set<(reason: AppError) => void>()
  #ended: AppError | undefined

  constructor(client: Client, library: Library, place: string, role: Role) {
    this.client = client
    this.library = library
    this.place = place
    this.#role = role
    void client.closed().then(cause => {
      this.end(cause instanceof Error ? natsError(cause, role, place) : lostConnection(role, place))
    })
    void this.#watch()
  }

  /** Why it is over; `undefined` while it is not. */
  get ended(): AppError | undefined {
    return this.#ended
  }

  /** Calls the listener when the session is over, at once when it is already. Disposing takes it back. */
  onEnd(listener: (reason: AppError) => void): Disposable {
    if (this.#ended === undefined) this.#onEnd.add(listener)
    else listener(this.#ended)
    return { [Symbol.dispose]: () => this.#onEnd.delete(listener) }
  }

  /** Ends it at once: what waits for an answer fails. */
  end(reason: AppError): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    void this.client.close().catch(() => {})
    for (const listener of this.#onEnd) listener(reason)
    this.#onEnd.clear()
  }

  /** Ends it after what was published has gone out. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return
    this.#ended = lostConnection(this.#role, this.place, 'is no longer connected to')
    await this.client.close().catch(() => {})
  }

  /** What is not allowed is told by the way; a reader would wait for messages that never come. */
  async #watch(): Promise<void> {
    if (this.#role !== 'source') return
    for await (const status of this.client.status()) {
      if (status.type === 'error') this.end(natsError(status.error, this.#role, this.place))
    }
  }
}

/** Connects to the first server of the endpoint that answers. Rejects with an AppError of the role. */
export async function openSession(
  options: NatsConnection,
  context: ConnectorContext,
  role: Role,
): Promise<Session> {
  const library = await import('@nats-io/transport-node')
  let failure: AppError | undefined
  for (const address of parseEndpoint(options.endpoint)) {
    const place = `the NATS server ${address.host}:${address.port}`
    try {
      for (const ip of await resolve(address, context)) {
        try {
          const client = await library.connect(settings(ip, address, options, context, library))
          return new Session(client, library, place, role)
        } catch (thrown) {
          failure = natsError(thrown, role, place)
        }
      }
    } catch (thrown) {
      failure = natsError(thrown, role, place)
    }
  }
  throw failure ?? new AppError('options.invalid', 'nats: option endpoint names no server', retryNever)
}

/** The client resolves names by itself and asks nobody: so it is only ever given addresses that were looked at. */
async function resolve({ host }: Address, context: ConnectorContext): Promise<string[]> {
  const guard = addressGuard(context.allowPrivateTargets, systemLookup)
  guard.checkHost(host)
  if (isIP(host) !== 0) return [host]
  return await new Promise((found, fail) => {
    guard.lookup(host, { all: true }, (error, addresses) => {
      if (error !== null) fail(error)
      else if (Array.isArray(addresses)) found(addresses.map(({ address }) => address))
      else found([addresses])
    })
  })
}

function settings(
  ip: string,
  { host, port }: Address,
  options: NatsConnection,
  context: ConnectorContext,
  library: Library,
): ConnectionOptions {
  const { connectTimeoutMs, heartbeatSeconds, inboxPrefix, tls } = options
  return {
    servers: [isIP(ip) === 6 ? `[${ip}]:${port}` : `${ip}:${port}`],
    name: `millrace ${context.name}`,
    reconnect: false,
    resolve: false,
    // Other servers of a cluster are named by the endpoint, or not reached: nobody has looked at their addresses.
    ignoreClusterUpdates: true,
    timeout: connectTimeoutMs,
    pingInterval: heartbeatSeconds * 1_000,
    maxPingOut: 2,
    inboxPrefix,
    noAsyncTraces: true,
    ...credentialsOf(options, library),
    tls: tls === undefined ? null : tlsOf(host, tls),
  }
}

function tlsOf(host: string, tls: NonNullable<NatsConnection['tls']>): object {
  const expected = tls.serverName ?? host
  return {
    ...(isIP(expected) === 0 ? { servername: expected } : { servername: '' }),
    ...tlsSettings(tls),
    // The client connects to an address, and would have the certificate be for that.
    checkServerIdentity: (_: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
      checkServerIdentity(expected, certificate),
  }
}

function credentialsOf(options: NatsConnection, library: Library): ConnectionOptions {
  const { username, password, token, nkeySeed, credentials } = options
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  if (token !== undefined) return { token }
  if (nkeySeed !== undefined) return { authenticator: library.nkeyAuthenticator(bytes(nkeySeed)) }
  if (credentials !== undefined) return { authenticator: library.credsAuthenticator(bytes(credentials)) }
  if (username === undefined) return {}
  return { user: username, ...(password === undefined ? {} : { pass: password }) }
}
