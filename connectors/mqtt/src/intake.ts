import type { IPublishPacket, MqttClient } from 'mqtt'
import type { Session } from './session.ts'

/** Told to the client instead of success, it keeps it from acknowledging; it goes no further. */
const notYet = new Error('it is acknowledged when it is done with')

/**
 * What comes in on one connection, held until it is acknowledged, in whatever order. The client of this protocol acknowledges
 * by itself when its handler is done, and handles nothing else meanwhile; so the handler ends at once, with an error that
 * makes it send nothing, and the four bytes of the acknowledgement are written from here.
 *
 * Servers do not all keep to the number of messages that may be under way. When there is one too many the connection is
 * not read on until some are acknowledged.
 */
export class Intake {
  readonly #heldMax: number
  readonly #receive: (packet: IPublishPacket) => void
  #session: Session | undefined
  #held = 0
  /** Lets the client read on; `undefined` while it does. */
  #readOn: (() => void) | undefined
  /** Who waits for the answer to the next question, and to each one that was asked. */
  #waiters: ((isKnown: boolean) => void)[] = []
  readonly #asked: ((isKnown: boolean) => void)[][] = []

  constructor(heldMax: number, receive: (packet: IPublishPacket) => void) {
    this.#heldMax = heldMax
    this.#receive = receive
  }

  /** Takes over what a client receives; before it has connected, for it acknowledges by itself otherwise. */
  readonly prepare = (client: MqttClient): void => {
    client.handleMessage = (packet, done) => {
      this.#held++
      this.#receive(packet)
      if (this.#held <= this.#heldMax) done(notYet)
      else this.#pause(() => done(notYet))
    }
    client.on('packetsend', ({ cmd }) => {
      if (cmd !== 'pingreq') return
      this.#asked.push(this.#waiters)
      this.#waiters = []
      // The answer stands behind what is not read: that the server is there cannot be seen now.
      if (this.#readOn !== undefined) client.reschedulePing(true)
    })
    client.on('packetreceive', ({ cmd }) => {
      if (cmd === 'pingresp') settle(this.#asked.shift(), true)
    })
  }

  /** Is given the session once it is open. */
  begin(session: Session): void {
    this.#session = session
    session.onEnd(() => this.#settleAll(false))
  }

  /** `undefined` while it is being opened, in which time nothing is read from here. */
  get session(): Session | undefined {
    return this.#session
  }

  /** Tells the server that a message is done with. Resolves nothing: ask with `confirmed`. */
  acknowledge({ qos, messageId = 0 }: IPublishPacket): void {
    // PUBACK without a reason code is success (MQTT 5.0, section 3.4.2.1). A message without a number needs none.
    if (qos > 0) this.#session?.client.stream.write(Buffer.from([0x40, 2, messageId >> 8, messageId & 0xff]))
    this.#held--
    const readOn = this.#readOn
    if (readOn === undefined || this.#held > this.#heldMax) return
    this.#readOn = undefined
    readOn()
  }

  /**
   * Resolves with true when the server has seen all acknowledgements: they have no answer, so it is asked for a sign of life,
   * which it gives after them. Where the answer would stand behind messages that are not read, being sent must do. False
   * when the connection ends before.
   */
  confirmed(): Promise<boolean> {
    const session = this.#session
    if (session === undefined || session.ended !== undefined) return Promise.resolve(false)
    if (this.#readOn !== undefined) return Promise.resolve(true)
    return new Promise(resolve => {
      this.#waiters.push(resolve)
      session.client.sendPing()
    })
  }

  #pause(readOn: () => void): void {
    this.#readOn = readOn
    this.#settleAll(true)
  }

  #settleAll(isKnown: boolean): void {
    for (const waiters of this.#asked) settle(waiters, isKnown)
    // The questions stay, for their answers will come; nobody waits for them any more.
    for (const waiters of this.#asked) waiters.length = 0
    settle(this.#waiters, isKnown)
    this.#waiters = []
  }
}

function settle(waiters: readonly ((isKnown: boolean) => void)[] | undefined, isKnown: boolean): void {
  for (const resolve of waiters ?? []) resolve(isKnown)
}
