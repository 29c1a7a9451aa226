import {
  AppError,
  type ConnectorContext,
  failed,
  ok,
  OpenWrites,
  type Outcome,
  type OutgoingRecord,
  Places,
  retryNever,
  type Sink,
  sinkClosed,
  toAppError,
  untilAborted,
} from '@millrace/spi'
import { mqttError, reasonError } from './errors.ts'
import type { MqttSinkOptions } from './options.ts'
import { packetBytesMax, type Publication, publication } from './publication.ts'
import { openSession, type Session } from './session.ts'

/** A connection, and the room for messages that it has not confirmed yet: the server has a say in it. */
interface Outlet {
  readonly session: Session
  readonly places: Places
}

/** Publishes with confirmation (QoS 1): a record is written when the server has taken responsibility for it. */
export class MqttSink implements Sink {
  readonly #options: MqttSinkOptions
  readonly #context: ConnectorContext
  readonly #writes: OpenWrites
  #outlet: Promise<Outlet> | undefined

  constructor(options: MqttSinkOptions, context: ConnectorContext) {
    this.#options = options
    this.#context = context
    this.#writes = new OpenWrites(context.clock)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    return await this.#writes.run(records, signal, () =>
      untilAborted(Promise.all(records.map(record => this.#writeOne(record, signal))), signal),
    )
  }

  async #writeOne(record: OutgoingRecord, signal: AbortSignal): Promise<Outcome> {
    try {
      const message = publication(record, this.#options)
      const { session, places } = await this.#open()
      checkServer(session, message)
      if (!places.tryTake()) await places.take(signal)
      // A place is given back when its message is confirmed, and not when somebody stops waiting for that.
      return await publish(session, message).finally(() => places.give())
    } catch (thrown) {
      return failed(toAppError(thrown))
    }
  }

  #open(): Promise<Outlet> {
    this.#outlet ??= this.#begin().catch((thrown: unknown) => {
      this.#outlet = undefined
      throw thrown
    })
    return this.#outlet
  }

  async #begin(): Promise<Outlet> {
    // The server makes up an id for who has none.
    const session = await openSession(this.#options, { clientId: '' }, this.#context, 'sink')
    session.onEnd(() => (this.#outlet = undefined))
    const { unconfirmedMax } = this.#options
    return { session, places: new Places(Math.min(unconfirmedMax, session.server.receiveMaximum ?? 65_535)) }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#writes.close(async () => {
      const outlet = await this.#outlet?.catch(() => undefined)
      outlet?.session.end(sinkClosed())
      await outlet?.session.close()
    })
  }
}

function publish(session: Session, { topic, payload, retain, properties }: Publication): Promise<Outcome> {
  const { client, place, ended } = session
  if (ended !== undefined) return Promise.resolve(failed(toAppError(ended)))
  return new Promise(resolve => {
    // The client forgets those who wait when a connection breaks; whichever comes first counts.
    const ending = session.onEnd(reason => resolve(failed(toAppError(reason))))
    client.publish(topic, payload, { qos: 1, retain, properties }, error => {
      ending[Symbol.dispose]()
      // A success too when nobody has subscribed: the reason 16 is none.
      resolve(error === undefined || error === null ? ok : failed(mqttError(error, 'sink', place)))
    })
  })
}

/** A server closes the connection on what it has said it does not take, and with it fails all that is under way. */
function checkServer({ server, place }: Session, message: Publication): void {
  if (message.retain && server.retainAvailable === false) throw reasonError(154, 'sink', place)
  const limit = server.maximumPacketSize
  const seen = packetBytesMax(message)
  if (limit === undefined || seen <= limit) return
  throw new AppError(
    'sink.rejected',
    `the message has ${seen} bytes; ${place} takes ${limit} at most`,
    retryNever,
    { details: { limit, seen } },
  )
}
