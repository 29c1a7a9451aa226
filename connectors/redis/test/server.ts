import { randomUUID } from 'node:crypto'
import { useService } from '@millrace/services'
import { createClient } from 'redis'

/** How a test reaches the server. */
export interface Reach {
  readonly endpoint: string
  readonly username: string
  readonly password: string
}

/** The shared server of a test run. */
export async function reachOf(): Promise<Reach> {
  return reachTo(await useService('redis'))
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

/** A connection of the test's own, with keys that no other test uses; what they hold is removed with it. */
export class Keys implements AsyncDisposable {
  readonly client: ReturnType<typeof createClient>
  readonly #keys: string[] = []

  private constructor(client: ReturnType<typeof createClient>) {
    this.client = client
  }

  static async open({ endpoint, username, password }: Reach): Promise<Keys> {
    const client = createClient({ url: `redis://${username}:${password}@${endpoint}`, RESP: 2 })
    client.on('error', () => {})
    await client.connect()
    return new Keys(client as unknown as Keys['client'])
  }

  key(): string {
    const key = `test-${randomUUID()}`
    this.#keys.push(key)
    return key
  }

  /** A stream that is there, with nothing in it. */
  async stream(): Promise<string> {
    const key = this.key()
    await this.client.sendCommand(['XGROUP', 'CREATE', key, 'first', '0', 'MKSTREAM'])
    return key
  }

  async add(stream: string, bodies: readonly string[]): Promise<string[]> {
    return await Promise.all(bodies.map(body => this.client.xAdd(stream, '*', { body })))
  }

  /** Fields of all entries of a stream, in order. */
  async entries(stream: string): Promise<Record<string, string>[]> {
    const entries = (await this.client.xRange(stream, '-', '+')) ?? []
    return entries.map(({ message }) => ({ ...message }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#keys.length > 0) await this.client.del(this.#keys).catch(() => {})
    this.client.destroy()
  }
}
