import { addressGuard, type ConnectorContext, tlsSettings } from '@millrace/spi'
import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib'
import { lostConnection, rabbitError, type Role } from './errors.ts'
import { type Address, parseEndpoint, type RabbitConnection } from './options.ts'

/** A closing connection that the server does not answer to is cut after so many milliseconds. */
const closeTimeoutMs = 3_000

/** One connection with one channel. It ends once and for all; who still needs one opens another. */
export class Session<Kind extends Channel = Channel> {
  readonly channel: Kind
  /** Where it leads, for messages. */
  readonly place: string
  readonly #model: ChannelModel
  readonly #context: ConnectorContext
  #ended: Error | undefined
  #closing: Promise<void> | undefined
  readonly #onEnd = new Set<(reason: Error) => void>()

  constructor(model: ChannelModel, channel: Kind, place: string, context: ConnectorContext, role: Role) {
    this.#model = model
    this.channel = channel
    this.place = place
    this.#context = context
    // The reason comes as an error; the close that follows has none.
    const end = (cause?: unknown): void =>
      this.end(cause === undefined ? lostConnection(role, place) : rabbitError(cause, role, place))
    for (const emitter of [model, channel]) {
      emitter.on('error', (error: unknown) => end(error))
      emitter.on('close', () => end())
    }
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

  /** A channel beside the session's own, for questions whose failure closes the channel. */
  sideChannel(): Promise<Channel> {
    return this.#model.createChannel()
  }

  /** Closes the connection: the server takes back what was not acknowledged. Calling it again is the same call. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const socket = socketOf(this.#model)
    await new Promise<void>(resolve => {
      const timer = this.#context.clock.timer(closeTimeoutMs, resolve)
      void this.#model
        .close()
        .catch(() => {})
        .then(() => {
          timer[Symbol.dispose]()
          resolve()
        })
    })
    socket?.destroy()
  }
}

/** Connects to the first server of the endpoint that answers. Rejects with an AppError of the role. */
export async function openSession(
  options: RabbitConnection,
  context: ConnectorContext,
  role: Role,
): Promise<Session<ConfirmChannel>> {
  let failure: unknown
  for (const address of parseEndpoint(options)) {
    const place = `the RabbitMQ server ${address.host}:${address.port}`
    try {
      const model = await connect(address, options, context)
      // Whoever listens too late would let the process die of the error.
      model.on('error', () => {})
      const channel = await model.createConfirmChannel()
      return new Session(model, channel, place, context, role)
    } catch (thrown) {
      failure = rabbitError(thrown, role, place)
    }
  }
  throw failure
}

async function connect(
  { host, port }: Address,
  options: RabbitConnection,
  context: ConnectorContext,
): Promise<ChannelModel> {
  const guard = addressGuard(context.allowPrivateTargets)
  guard.checkHost(host)
  const { connect: open } = await import('amqplib')
  const { tls, username, password, virtualHost, heartbeatSeconds, connectTimeoutMs } = options
  const protocol = tls === undefined ? 'amqp' : 'amqps'
  return await open(
    {
      protocol,
      hostname: host,
      port,
      username,
      password,
      // The client takes it for a part of a URL.
      vhost: encodeURIComponent(virtualHost),
      heartbeat: heartbeatSeconds,
    },
    {
      timeout: connectTimeoutMs,
      noDelay: true,
      lookup: guard.lookup,
      clientProperties: { connection_name: `millrace ${context.name}` },
      ...(tls === undefined ? {} : tlsSettings(tls)),
    },
  )
}

/** The socket of a connection, which the client's types keep to themselves. */
function socketOf(model: ChannelModel): { destroy(): void } | undefined {
  const stream: unknown = Reflect.get(model.connection, 'stream')
  if (typeof stream !== 'object' || stream === null || !('destroy' in stream)) return undefined
  return stream as { destroy(): void }
}
