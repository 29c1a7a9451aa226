import { serveParent } from '../child/index.ts'
import type { AcknowledgeCall, HideCall, ReceiveCall, SendCall, StartCall } from './calls.ts'
import { refusePrivateAddresses, useTls } from './connection.ts'
import type { StreamConsumer } from './consumer.ts'
import { toFault } from './faults.ts'
import type { StreamProducer } from './producer.ts'
import { type Cancelling, completeStub } from './stub.ts'

/**
 * The program of the child process. It holds one client of the library, which is made by the call `start`; everything else is
 * in the parent, so that a new child goes on where the last one was.
 */
class Client {
  #consumer: StreamConsumer | undefined
  #producer: StreamProducer | undefined
  #cancelling: Cancelling | undefined
  readonly #ceased = new AbortController()
  /** Set once the channel to the parent is there. */
  log: (text: string) => void = () => undefined

  async start({ access, subscription }: StartCall): Promise<void> {
    if (!access.allowPrivateTargets) await refusePrivateAddresses(access.endpoint)
    if (access.tls !== undefined) useTls(access.tls)
    this.#cancelling = completeStub(access.namespace)
    const log = (text: string): void => this.log(text)
    if (subscription === undefined) {
      const { StreamProducer } = await import('./producer.ts')
      this.#producer = new StreamProducer(access, log)
      await this.#producer.startup()
    } else {
      const { StreamConsumer } = await import('./consumer.ts')
      this.#consumer = new StreamConsumer(access, subscription, log)
      await this.#consumer.startup()
    }
  }

  async receive(call: ReceiveCall, signal: AbortSignal): Promise<unknown> {
    const consumer = made(this.#consumer)
    const either = AbortSignal.any([signal, this.#ceased.signal])
    return await made(this.#cancelling)(either, () => consumer.take(call))
  }

  /** Ends the calls that wait for messages; each is answered, perhaps with messages that came in between. */
  cease(): Promise<void> {
    this.#ceased.abort(new Error('nothing more is read'))
    return Promise.resolve()
  }

  async acknowledge({ receipts }: AcknowledgeCall, signal: AbortSignal): Promise<unknown> {
    const consumer = made(this.#consumer)
    return await made(this.#cancelling)(signal, () => consumer.acknowledge(receipts))
  }

  async hide({ receipts, invisibleMs }: HideCall, signal: AbortSignal): Promise<unknown> {
    const consumer = made(this.#consumer)
    return await made(this.#cancelling)(signal, () =>
      Promise.all(
        receipts.map(receipt =>
          consumer.hide(receipt, invisibleMs).then(
            handle => ({ handle }),
            (thrown: unknown) => ({ fault: toFault(thrown) }),
          ),
        ),
      ),
    )
  }

  async send({ messages }: SendCall, signal: AbortSignal): Promise<unknown> {
    const producer = made(this.#producer)
    return await made(this.#cancelling)(signal, () => producer.sendAll(messages))
  }

  async stop(): Promise<void> {
    await (this.#consumer ?? this.#producer)?.shutdown()
  }
}

function made<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the call `start` comes first')
  return part
}

const client = new Client()
client.log = serveParent({
  methods: {
    start: payload => client.start(payload as StartCall),
    receive: (payload, signal) => client.receive(payload as ReceiveCall, signal),
    cease: () => client.cease(),
    acknowledge: (payload, signal) => client.acknowledge(payload as AcknowledgeCall, signal),
    hide: (payload, signal) => client.hide(payload as HideCall, signal),
    send: (payload, signal) => client.send(payload as SendCall, signal),
  },
  stop: () => client.stop(),
  toFault,
})
