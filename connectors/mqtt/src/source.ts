import {
  AppError,
  retryBackoff,
  type Source,
  type SourceContext,
  type SourceReadLimits,
  type SourceRecord,
  takeRecords,
  untilAborted,
} from '@millrace/spi'
import type { IPublishPacket } from 'mqtt'
import { mqttError, reasonError } from './errors.ts'
import { Intake } from './intake.ts'
import { messageEvent } from './message-event.ts'
import type { MqttSourceOptions } from './options.ts'
import { openSession, type Session } from './session.ts'
import { SessionNumber } from './session-number.ts'

/** A message that was read, with what is needed to acknowledge it: its number means something in its session alone. */
class MqttRecord implements SourceRecord {
  readonly partition: string = ''
  readonly event: Uint8Array
  readonly id: string
  readonly fault?: AppError
  readonly intake: Intake
  readonly packet: IPublishPacket
  isAcknowledged = false

  constructor(intake: Intake, packet: IPublishPacket, made: ReturnType<typeof messageEvent>) {
    this.intake = intake
    this.packet = packet
    this.event = made.event
    this.id = made.id
    if (made.fault !== undefined) this.fault = made.fault
  }
}

/**
 * Reads one shared subscription in a session that outlives the connection. The server sends `prefetch` messages ahead and
 * no more until some are acknowledged. A lost connection gives everything back; the next read connects again.
 */
export class MqttSource implements Source {
  readonly #options: MqttSourceOptions
  readonly #context: SourceContext
  readonly #number: SessionNumber
  #intake: Promise<Intake> | undefined
  #waiting: MqttRecord[] = []
  #disposal: Promise<void> | undefined
  /** Told when there is something to read, or a reason why there is not. */
  #wake: (() => void) | undefined
  #failure: Error | undefined

  constructor(options: MqttSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
    this.#number = new SessionNumber(context.checkpoints, context.clock, context.random.id())
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    signal.throwIfAborted()
    for (;;) {
      if (this.#disposal !== undefined) throw closed()
      // Messages may come before the connection is ready for their acknowledgements.
      if (this.#waiting[0]?.intake.session !== undefined) return takeRecords(this.#waiting, limits)
      const failure = this.#failure
      this.#failure = undefined
      if (failure !== undefined && !(await untilAborted(this.#number.isTakenOver(), signal))) throw failure
      const woken = new Promise<void>(resolve => (this.#wake = resolve))
      this.#open().catch((thrown: unknown) =>
        this.#fail(thrown instanceof Error ? thrown : new Error(String(thrown))),
      )
      await untilAborted(woken, signal)
    }
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    const intakes = new Set<Intake>()
    let lost: Intake | undefined
    for (const record of records) {
      if (!(record instanceof MqttRecord) || record.isAcknowledged) continue
      const { intake, packet } = record
      if (intake.session !== undefined && intake.session.ended === undefined) {
        record.isAcknowledged = true
        intake.acknowledge(packet)
        intakes.add(intake)
      } else {
        lost = intake
      }
    }
    for (const intake of intakes) if (!(await intake.confirmed())) lost = intake
    if (lost !== undefined) throw lostRecords(lost.session)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    this.#waiting = []
    this.#wake?.()
    const intake = await this.#intake?.catch(() => undefined)
    await intake?.session?.close()
    await this.#number.giveBack()
  }

  #fail(reason: Error): void {
    this.#failure = reason
    this.#wake?.()
  }

  #open(): Promise<Intake> {
    this.#intake ??= this.#begin().catch((thrown: unknown) => {
      this.#intake = undefined
      this.#waiting = []
      throw thrown
    })
    return this.#intake
  }

  async #begin(): Promise<Intake> {
    const { sessionExpirySeconds, prefetch } = this.#options
    const { account, name } = this.#context
    const clientId = `${this.#options.clientId ?? `millrace-${account}-${name}`}-${await this.#number.take()}`
    const origin = { ...this.#options, context: this.#context, clientId }
    const intake: Intake = new Intake(prefetch, packet => {
      const made = messageEvent(packet, origin, this.#context.clock.nowMs())
      this.#waiting.push(new MqttRecord(intake, packet, made))
      this.#wake?.()
    })
    const { prepare } = intake
    const visit = { clientId, sessionExpirySeconds, receiveMaximum: prefetch, prepare }
    const session = await openSession(this.#options, visit, this.#context, 'source')
    intake.begin(session)
    await this.#subscribe(session)
    // From here on; an end before this is the failure of the opening.
    session.onEnd(reason => this.#lose(reason))
    if (this.#disposal !== undefined) await session.close()
    this.#wake?.()
    return intake
  }

  /** Again at each connection: the server may have forgotten the session. */
  async #subscribe(session: Session): Promise<void> {
    const { topic, group } = this.#options
    const { account, name } = this.#context
    const place = `subscription to ${topic}: ${session.place}`
    try {
      if (session.server.sharedSubscriptionAvailable === false) throw reasonError(158, 'source', place)
      const filter = `$share/${group ?? `millrace-${account}-${name}`}/${topic}`
      await session.client.subscribeAsync(filter, { qos: 1, rap: true, rh: 1 })
    } catch (thrown) {
      const reason = session.ended ?? subscriptionError(thrown, place)
      await session.close()
      throw reason
    }
  }

  #lose(reason: Error): void {
    this.#intake = undefined
    this.#waiting = []
    if (this.#disposal === undefined) this.#fail(reason)
  }
}

/** The client tells the server's reason in the packet alone. */
function subscriptionError(thrown: unknown, place: string): AppError {
  const packet: unknown = thrown instanceof Error ? Reflect.get(thrown, 'packet') : undefined
  const granted: unknown =
    typeof packet === 'object' && packet !== null ? Reflect.get(packet, 'granted') : undefined
  const code: unknown = Array.isArray(granted) ? granted[0] : undefined
  return typeof code === 'number' && code >= 128
    ? reasonError(code, 'source', place)
    : mqttError(thrown, 'source', place)
}

function closed(): AppError {
  return new AppError('source.closed', 'the source is closed; nothing is read', retryBackoff)
}

function lostRecords(session: Session | undefined): AppError {
  return new AppError(
    'source.lost',
    `the connection to ${session?.place ?? 'the MQTT server'} is over; its messages come again`,
    retryBackoff,
    { cause: session?.ended },
  )
}
