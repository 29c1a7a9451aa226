import { randomUUID } from 'node:crypto'
import { useService } from '@millrace/services'
import { type Channel, type ChannelModel, connect } from 'amqplib'

/** How a test reaches the server. */
export interface Reach {
  readonly endpoint: string
  readonly username: string
  readonly password: string
}

/** The shared server of a test run. */
export async function reachOf(): Promise<Reach> {
  const { address, user } = await useService('rabbitmq')
  return { endpoint: address, username: user.name, password: user.password }
}

/** A connection of the test's own, with names that no other test uses; what it made is removed with it. */
export class Broker implements AsyncDisposable {
  readonly channel: Channel
  readonly #model: ChannelModel
  readonly #queues: string[] = []
  readonly #exchanges: string[] = []

  private constructor(model: ChannelModel, channel: Channel) {
    this.#model = model
    this.channel = channel
  }

  static async open({ endpoint, username, password }: Reach): Promise<Broker> {
    const [hostname = '', port = ''] = endpoint.split(':')
    const model = await connect({ hostname, port: Number(port), username, password })
    model.on('error', () => {})
    const channel = await model.createChannel()
    channel.on('error', () => {})
    return new Broker(model, channel)
  }

  async queue(options: object = {}): Promise<string> {
    const { queue } = await this.channel.assertQueue(`test-${randomUUID()}`, { durable: true, ...options })
    this.#queues.push(queue)
    return queue
  }

  async exchange(type: string, options: object = {}): Promise<string> {
    const { exchange } = await this.channel.assertExchange(`test-${randomUUID()}`, type, options)
    this.#exchanges.push(exchange)
    return exchange
  }

  /** Takes all messages out of a queue. */
  async drain(queue: string): Promise<{ id: string; body: string; headers: Record<string, unknown> }[]> {
    const found = []
    for (;;) {
      const message = await this.channel.get(queue, { noAck: true })
      if (message === false) return found
      const { messageId, headers } = message.properties
      found.push({ id: String(messageId), body: message.content.toString(), headers: { ...headers } })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const queue of this.#queues) await this.channel.deleteQueue(queue).catch(() => {})
    for (const exchange of this.#exchanges) await this.channel.deleteExchange(exchange).catch(() => {})
    await this.#model.close().catch(() => {})
  }
}
