import { randomUUID } from 'node:crypto'
import { useService } from '@millrace/services'
import type { SourceContext } from '@millrace/spi'
import { SourceHost } from '@millrace/spi/conformance'
import { type IClientPublishOptions, type IPublishPacket, type MqttClient, connectAsync } from 'mqtt'

/** How a test reaches the server. */
export interface Reach {
  readonly endpoint: string
  readonly username: string
  readonly password: string
}

/** The shared server of a test run. */
export async function reachOf(): Promise<Reach> {
  const { address, user } = await useService('mosquitto')
  return { endpoint: address, username: user.name, password: user.password }
}

/** A connection of the test's own. */
export class Broker implements AsyncDisposable {
  readonly client: MqttClient

  private constructor(client: MqttClient) {
    this.client = client
  }

  static async open({ endpoint, username, password }: Reach): Promise<Broker> {
    const client = await connectAsync(`mqtt://${endpoint}`, {
      protocolVersion: 5,
      username,
      password,
      clientId: `test-${randomUUID()}`,
      reconnectPeriod: 0,
    })
    client.on('error', () => {})
    return new Broker(client)
  }

  async put(topic: string, body: string | Buffer, options: IClientPublishOptions = {}): Promise<void> {
    await this.client.publishAsync(topic, body, { qos: 1, ...options })
  }

  /** What is published from now on to the topics of a filter. */
  async watch(filter: string): Promise<IPublishPacket[]> {
    const seen: IPublishPacket[] = []
    this.client.on('message', (_topic, _payload, packet) => seen.push(packet))
    await this.client.subscribeAsync(filter, { qos: 1, rap: true })
    return seen
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.endAsync()
  }
}

/** What an earlier run of a stream with two tasks has left: its sessions, in which the server keeps messages. */
export async function leaveSessions(
  host: SourceHost,
  reach: Reach,
  { clientId, group, topic }: { readonly clientId: string; readonly group: string; readonly topic: string },
): Promise<void> {
  for (const number of [0, 1]) {
    const client = await connectAsync(`mqtt://${reach.endpoint}`, {
      protocolVersion: 5,
      username: reach.username,
      password: reach.password,
      clientId: `${clientId}-${number}`,
      clean: false,
      properties: { sessionExpiryInterval: 600 },
      reconnectPeriod: 0,
    })
    if (number === 0) await client.subscribeAsync(`$share/${group}/${topic}`, { qos: 1 })
    await client.endAsync()
    await host.checkpoints.save(`session-${number}`, '')
  }
}

/** Names that no other test uses, and options of a source with them. */
export function ownNames(): { clientId: string; group: string; topic: string } {
  const name = `t${randomUUID()}`
  return { clientId: name, group: name, topic: `${name}/#` }
}

/** A host whose sources share one source of ids, as those of a server do. */
export class OneHost extends SourceHost {
  override get context(): SourceContext {
    return { ...super.context, random: { next: () => 0.5, id: () => randomUUID() } }
  }
}
