import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { Message } from './functions/messages.mts'

/**
 * Stands for the services that bring notifications to phones and mailboxes, one address for each market. That of `de` is well, that
 * of `fr` turns everything away the first time, that of `nz` is away for good. A notification that was sent is not sent again.
 */
export class Gateway implements AsyncDisposable {
  /** Notifications that went out. */
  readonly sent = new Set<string>()
  /** How often one that had gone out was asked for again. */
  repeats = 0
  /** Requests that were answered with an error. */
  turnedAway = 0
  /** First notifications of requests that were turned away. */
  readonly #turnedAway = new Set<string>()
  readonly #server: Server = createServer((request, response) => {
    this.#take(request).then(
      ([status, body]) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      () => response.destroy(),
    )
  })

  /** On a port of its own, unless told one. */
  static async start(port = 0): Promise<Gateway> {
    const gateway = new Gateway()
    gateway.#server.listen(port, '127.0.0.1')
    await once(gateway.#server, 'listening')
    return gateway
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #take(request: IncomingMessage): Promise<[status: number, body: object]> {
    const messages = (await json(request)) as Message[]
    const status = this.#statusFor(request.url ?? '', messages)
    if (status !== 200) {
      this.turnedAway++
      return [status, {}]
    }
    const refused = messages.filter(({ to }) => !to.includes('@'))
    for (const { id, to } of messages) {
      if (this.sent.has(id)) this.repeats++
      else if (to.includes('@')) this.sent.add(id)
    }
    return [200, { refused: refused.map(({ id }) => ({ id, reason: 'no such address' })) }]
  }

  #statusFor(path: string, [first]: readonly Message[]): number {
    if (path === '/nz') return 502
    if (path !== '/fr' || first === undefined || this.#turnedAway.has(first.id)) return 200
    this.#turnedAway.add(first.id)
    return 503
  }
}
