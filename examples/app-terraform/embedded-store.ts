import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

interface Answer {
  readonly status: number
  readonly body?: string
}

/**
 * Where files and states are kept when no object storage is at hand: `GET` and `PUT` of objects, and below `/states/` the
 * protocol of Terraform's backend `http` with its locks. In memory, on loopback, for whoever asks.
 */
export class EmbeddedStore implements AsyncDisposable {
  readonly #contents = new Map<string, string>()
  readonly #locks = new Map<string, string>()
  readonly #server: Server = createServer((request, response) => {
    void this.#answer(request).then(({ status, body }) => response.writeHead(status).end(body))
  })

  static async start(): Promise<EmbeddedStore> {
    const store = new EmbeddedStore()
    store.#server.listen(0, '127.0.0.1')
    await once(store.#server, 'listening')
    return store
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  put(bucket: string, key: string, content: string): void {
    this.#contents.set(`/${bucket}/${key}`, content)
  }

  /** The state of a stack as Terraform wrote it last. */
  state(stack: string): string | undefined {
    return this.#contents.get(`/states/${stack}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url)
    const path = decodeURIComponent(pathname)
    const body = await text(request)
    const holder = this.#locks.get(path)
    switch (request.method) {
      case 'GET': {
        const content = this.#contents.get(path)
        return content === undefined ? { status: 404 } : { status: 200, body: content }
      }
      case 'POST':
        if (holder !== undefined && lockId(holder) !== searchParams.get('ID')) return { status: 409 }
        this.#contents.set(path, body)
        return { status: 200 }
      case 'LOCK':
        if (holder !== undefined) return { status: 423, body: holder }
        this.#locks.set(path, body)
        return { status: 200 }
      case 'UNLOCK':
        this.#locks.delete(path)
        return { status: 200 }
      default:
        return { status: 405 }
    }
  }
}

function lockId(lock: string): string {
  return (JSON.parse(lock) as { ID: string }).ID
}
