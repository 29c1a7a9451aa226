import { randomUUID } from 'node:crypto'
import { useService } from '@millrace/services'
import { jetstream, type JetStreamClient, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'

/** How a test reaches the server. */
export interface Reach {
  readonly endpoint: string
  readonly username: string
  readonly password: string
}

/** The shared server of a test run. */
export async function reachOf(): Promise<Reach> {
  return reachTo(await useService('nats'))
}

/** A server of the test's own. */
export function reachTo({
  address,
  user,
}: {
  address: string
  user: { name: string; password: string }
}): Reach {
  return { endpoint: address, username: user.name, password: user.password }
}

/** A connection of the test's own, with streams that no other test uses; they are removed with it. */
export class Streams implements AsyncDisposable {
  readonly client: NatsConnection
  readonly publisher: JetStreamClient
  readonly manager: JetStreamManager
  readonly #streams: string[] = []

  private constructor(client: NatsConnection, manager: JetStreamManager) {
    this.client = client
    this.publisher = jetstream(client)
    this.manager = manager
  }

  static async open({ endpoint, username, password }: Reach): Promise<Streams> {
    const client = await connect({ servers: endpoint, user: username, pass: password, tls: null })
    return new Streams(client, await jetstreamManager(client))
  }

  /** A name for a stream, and for its subjects to begin with. */
  name(): string {
    const name = `test-${randomUUID()}`
    this.#streams.push(name)
    return name
  }

  /** A stream for `<name>.>` with nothing in it. */
  async stream(settings: object = {}): Promise<string> {
    const name = this.name()
    await this.manager.streams.add({ name, subjects: [`${name}.>`], ...settings })
    return name
  }

  async put(
    stream: string,
    bodies: readonly (string | Uint8Array)[],
    { word = 'a', headers: named = {} }: { word?: string; headers?: Record<string, string> } = {},
  ): Promise<void> {
    for (const body of bodies) {
      const own = headers()
      for (const [name, value] of Object.entries(named)) own.append(name, value)
      await this.publisher.publish(`${stream}.${word}`, body, { headers: own })
    }
  }

  /** All messages of a stream, in order. */
  async messages(
    stream: string,
  ): Promise<{ subject: string; body: string; headers: Record<string, string> }[]> {
    const { state } = await this.manager.streams.info(stream)
    const found = []
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
      const message = await this.manager.streams.getMessage(stream, { seq })
      if (message === null) continue
      const named = [...(message.header ?? [])].map(([name, values]) => [name, values.join(', ')])
      found.push({
        subject: message.subject,
        body: message.string(),
        headers: Object.fromEntries(named) as Record<string, string>,
      })
    }
    return found
  }

  async pending(stream: string, consumer = 'millrace'): Promise<number> {
    return (await this.manager.consumers.info(stream, consumer)).num_ack_pending
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#streams) await this.manager.streams.delete(name).catch(() => {})
    await this.client.close()
  }
}
