import { once } from 'node:events'
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SinkBehaviour } from '@millrace/spi/conformance'

/** Stands before a real server and passes objects on, but for those that hold the events of certain ids. */
export class MoodyProxy implements AsyncDisposable {
  /** Ids of the events whose objects the server took. */
  readonly accepted: string[] = []
  readonly #target: string
  readonly #behaviour: SinkBehaviour
  readonly #begun = new Map<string, PromiseWithResolvers<void>>()
  readonly #givenUp = new Map<string, PromiseWithResolvers<void>>()
  readonly #listener = createServer((request, response) => void this.#take(request, response))

  private constructor(target: string, behaviour: SinkBehaviour) {
    this.#target = target
    this.#behaviour = behaviour
    for (const id of behaviour.hanging ?? []) {
      this.#begun.set(id, Promise.withResolvers())
      this.#givenUp.set(id, Promise.withResolvers())
    }
  }

  static async start(target: string, behaviour: SinkBehaviour): Promise<MoodyProxy> {
    const proxy = new MoodyProxy(target, behaviour)
    proxy.#listener.listen(0, '127.0.0.1')
    await once(proxy.#listener, 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`
  }

  begun(id: string): Promise<void> {
    return this.#begun.get(id)!.promise
  }

  givenUp(id: string): Promise<void> {
    return this.#givenUp.get(id)!.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.closeAllConnections()
    this.#listener.close()
    await once(this.#listener, 'close')
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const lines = body.toString().trim().split('\n')
    const ids = lines.map(line => (JSON.parse(line) as { id: string }).id)
    const hangs = ids.find(id => this.#behaviour.hanging?.includes(id))
    if (hangs !== undefined) {
      response.once('close', () => this.#givenUp.get(hangs)?.resolve())
      this.#begun.get(hangs)?.resolve()
      return
    }
    if (ids.some(id => this.#behaviour.failing?.includes(id))) {
      response.writeHead(503).end('<Error><Code>SlowDown</Code><Message>hush-hush</Message></Error>')
      return
    }
    const { method, url: path, headers } = request
    const sent = httpRequest(`${this.#target}${path ?? ''}`, { method, headers, agent: false }, answer => {
      if (answer.statusCode === 200) this.accepted.push(...ids)
      response.writeHead(answer.statusCode ?? 500)
      answer.pipe(response)
    })
    sent.on('error', () => response.destroy())
    sent.end(body)
  }
}
