import { randomUUID } from 'node:crypto'
import { type Services, useService } from '@millrace/services'

type Server = Services['versitygw']

/** Options that lead to a server. */
export function reachOf({ url, region, user }: Pick<Server, 'url' | 'region' | 'user'>) {
  return { endpoint: url, region, accessKeyId: user.name, accessKeySecret: user.password }
}

/** A bucket of the test's own on a server, seen by a client that is not the connector's. */
export class Bucket {
  readonly name: string
  readonly #server: Server

  private constructor(server: Server, name: string) {
    this.#server = server
    this.name = name
  }

  static async make(server?: Server): Promise<Bucket> {
    const bucket = new Bucket(server ?? (await useService('versitygw')), `test-${randomUUID()}`)
    await bucket.#server.createBucket(bucket.name)
    return bucket
  }

  /** Options that lead to it. */
  get reach() {
    return { ...reachOf(this.#server), bucket: this.name }
  }

  get server(): Server {
    return this.#server
  }

  async put(key: string, body: string | Uint8Array): Promise<void> {
    const { status } = await this.#server.request({ method: 'PUT', path: this.#path(key), body })
    if (status !== 200) throw new Error(`${key} was not stored: ${status}`)
  }

  async get(key: string): Promise<Buffer> {
    const { status, bytes } = await this.#server.request({ method: 'GET', path: this.#path(key) })
    if (status !== 200) throw new Error(`${key} was not read: ${status}`)
    return bytes
  }

  async delete(key: string): Promise<void> {
    await this.#server.request({ method: 'DELETE', path: this.#path(key) })
  }

  /** In their order; a thousand at most. */
  async keys(): Promise<string[]> {
    const query = { 'list-type': '2' }
    const { body } = await this.#server.request({ method: 'GET', path: `/${this.name}`, query })
    return [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key)
  }

  #path(key: string): string {
    return `/${this.name}/${key.split('/').map(encodeURIComponent).join('/')}`
  }
}
