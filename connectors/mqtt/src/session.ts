import { connect as connectInTheClear, type Socket } from 'node:net'
import { connect as connectWithTls } from 'node:tls'
import { addressGuard, type ConnectorContext, tlsSettings } from '@millrace/spi'
import type { IClientOptions, IConnackPacket, MqttClient } from 'mqtt'
import { lostConnection, mqttError, reasonError, type Role } from './errors.ts'
import { type Address, type MqttConnection, parseEndpoint } from './options.ts'

/** A closing connection that the server does not answer to is cut after so many milliseconds. */
const closeTimeoutMs = 3_000

/** Who comes to the server, and what it is to keep for them. */
export interface Visit {
  readonly clientId: string
  /** What an earlier connection of this client has left is taken up, and kept for so many seconds afterwards. */
  readonly sessionExpirySeconds?: number
  /** Messages that may be under way to us, unconfirmed. */
  readonly receiveMaximum?: number
  /** Is given the client before it has heard anything: messages may stand right behind the server's first answer. */
  readonly prepare?: (client: MqttClient) => void
}

/** One connection. It ends once and for all; who still needs one opens another. */
export class Session {
  readonly client: MqttClient
  /** Where it leads, for messages. */
  readonly place: string
  /** What the server has said of itself. */
  readonly server: NonNullable<IConnackPacket['properties']>
  readonly #context: ConnectorContext
  #ended: Error | undefined
  #closing: Promise<void> | undefined
  readonly #onEnd = new Set<(reason: Error) => void>()

  constructor(
    client: MqttClient,
    answer: IConnackPacket,
    place: string,
    context: ConnectorContext,
    role: Role,
  ) {
    this.client = client
    this.server = answer.properties ?? {}
    this.place = place
    this.#context = context
    client.on('error', error => this.end(mqttError(error, role, place)))
    // The reason comes before the close that follows, where there is one.
    client.on('disconnect', ({ reasonCode }) => this.end(lostConnection(role, place, reasonCode)))
    client.on('close', () => this.end(lostConnection(role, place)))
    if (client.stream.destroyed) this.end(lostConnection(role, place))
  }

  /** Why it is over; `undefined` while it is not. */
  get ended(): Error | undefined {
    return this.#ended
  }

  /** Calls the listener when the session is over, at once when it is already. Disposing takes it back. */
  onEnd(listener: (reason: Error) => void): Disposable {
    if (this.#ended === undefined) this.#onEnd.add(listener)
    else listener(this.#ended)
    return { [Symbol.dispose]: () => this.#onEnd.delete(listener) }
  }

  end(reason: Error): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    for (const listener of this.#onEnd) listener(reason)
    this.#onEnd.clear()
    void this.close()
  }

  /** Takes leave of the server and closes the connection. Calling it again is the same call. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { client } = this
    const { stream } = client
    if (stream.destroyed) return
    await new Promise<void>(resolve => {
      const timer = this.#context.clock.timer(closeTimeoutMs, () => stream.destroy())
      stream.once('close', () => {
        timer[Symbol.dispose]()
        resolve()
      })
      // Unforced, the client waits for all that is under way; what is given up here is over with the connection.
      if (Object.keys(client['outgoing']).length > 0) client.end(true)
      else client.end()
    })
  }
}

/** Connects to the first server of the endpoint that answers. Rejects with an AppError of the role. */
export async function openSession(
  options: MqttConnection,
  visit: Visit,
  context: ConnectorContext,
  role: Role,
): Promise<Session> {
  let failure: unknown
  for (const address of parseEndpoint(options)) {
    const place = `the MQTT server ${address.host}:${address.port}`
    try {
      const { client, answer } = await connect(address, options, visit, context)
      const session = new Session(client, answer, place, context, role)
      if (session.server.maximumQoS !== 0) return session
      await session.close()
      throw reasonError(155, role, place)
    } catch (thrown) {
      failure = mqttError(thrown, role, place)
    }
  }
  throw failure
}

async function connect(
  address: Address,
  options: MqttConnection,
  visit: Visit,
  context: ConnectorContext,
): Promise<{ readonly client: MqttClient; readonly answer: IConnackPacket }> {
  const guard = addressGuard(context.allowPrivateTargets)
  guard.checkHost(address.host)
  const { MqttClient } = await import('mqtt')
  const { tls } = options
  const target = { ...address, lookup: guard.lookup }
  const open = (): Socket =>
    tls === undefined
      ? connectInTheClear(target)
      : connectWithTls({ servername: address.host, ...target, ...tlsSettings(tls) })
  const client = new MqttClient(open, clientOptions(options, visit))
  // Whoever listens too late would let the process die of the error.
  client.on('error', () => {})
  visit.prepare?.(client)
  const answer = await new Promise<IConnackPacket>((resolve, reject) => {
    client.once('connect', resolve)
    client.once('error', reject)
    client.once('close', () => reject(new Error('closed')))
  }).catch((thrown: unknown) => {
    client.stream.destroy()
    client.end(true)
    throw thrown
  })
  return { client, answer }
}

function clientOptions(
  { username, password, connectTimeoutMs, keepAliveSeconds }: MqttConnection,
  { clientId, sessionExpirySeconds, receiveMaximum }: Visit,
): IClientOptions {
  return {
    protocolId: 'MQTT',
    protocolVersion: 5,
    clientId,
    clean: sessionExpirySeconds === undefined,
    keepalive: keepAliveSeconds,
    connectTimeout: connectTimeoutMs,
    // A connection is never mended: its end is told, and another one made.
    reconnectPeriod: 0,
    resubscribe: false,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    properties: {
      ...(sessionExpirySeconds === undefined ? {} : { sessionExpiryInterval: sessionExpirySeconds }),
      ...(receiveMaximum === undefined ? {} : { receiveMaximum }),
    },
  }
}
