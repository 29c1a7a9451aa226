import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Run } from './functions/terraform/index.mts'

/** What the desk is told of a file, or, when the function could do nothing, why. */
export type Report = Run | { readonly verdict: 'gave up'; readonly attempts: number; readonly reason: string }

/**
 * The external API: a desk that wants to know of each change. It lets nobody in without the token, and is away for the first
 * report, as such systems are now and then. A report that comes twice counts once, by the id of its event.
 */
export class ChangeDesk implements AsyncDisposable {
  readonly #token: string
  readonly #show: (report: Report) => void
  readonly #reports = new Map<string, Report>()
  readonly #server: Server = createServer((request, response) => {
    void this.#take(request).then(status => response.writeHead(status).end())
  })
  #refusals = 0

  private constructor(token: string, show: (report: Report) => void) {
    this.#token = token
    this.#show = show
  }

  /** `show` is called with each report that comes for the first time. */
  static async start(
    token: string,
    port = 0,
    show: (report: Report) => void = () => {},
  ): Promise<ChangeDesk> {
    const desk = new ChangeDesk(token, show)
    desk.#server.listen(port, '127.0.0.1')
    await once(desk.#server, 'listening')
    return desk
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/changes`
  }

  /** In the order of their arrival. */
  get reports(): readonly Report[] {
    return [...this.#reports.values()]
  }

  /** Requests that were answered with an error. */
  get refusals(): number {
    return this.#refusals
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #take(request: IncomingMessage): Promise<number> {
    const body = await text(request)
    const isKnown = request.headers.authorization === `Bearer ${this.#token}`
    if (!isKnown || this.#refusals === 0) {
      this.#refusals++
      return isKnown ? 503 : 401
    }
    const id = String(request.headers['millrace-event-id'])
    const report = JSON.parse(body) as Report
    if (!this.#reports.has(id)) this.#show(report)
    this.#reports.set(id, report)
    return 204
  }
}
