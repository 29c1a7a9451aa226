import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** Stands for the chat of those on duty: an incoming webhook, as Slack has them. It is away for the first message. */
export class Robot implements AsyncDisposable {
  /** What it was told, in the order of arrival. */
  readonly texts: string[] = []
  #isAway = true
  readonly #server: Server = createServer((request, response) => {
    json(request).then(
      body => {
        if (this.#isAway) response.writeHead(503).end()
        else {
          this.texts.push((body as { text: string }).text)
          response.end('ok')
        }
        this.#isAway = false
      },
      () => response.destroy(),
    )
  })

  static async start(): Promise<Robot> {
    const robot = new Robot()
    robot.#server.listen(0, '127.0.0.1')
    await once(robot.#server, 'listening')
    return robot
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/services/on-duty`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
