import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** An HTTP target that answers at once and remembers when each event first arrived, by the number in its id. */
export class LatencyReceiver implements AsyncDisposable {
  readonly url: string
  deliveries = 0
  private readonly server: Server
  private readonly arrivals = new Map<number, number>()

  private constructor(server: Server) {
    this.server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    server.on('request', (incoming, response) => {
      const arrivedAt = performance.now()
      const sequence = Number(incoming.headers['millrace-event-id'])
      this.deliveries++
      if (!this.arrivals.has(sequence)) this.arrivals.set(sequence, arrivedAt)
      incoming.resume()
      incoming.on('end', () => response.writeHead(204).end())
    })
  }

  /** Listens on a free port unless told which. */
  static async open(port = 0): Promise<LatencyReceiver> {
    const server = createServer().listen(port, '127.0.0.1')
    await once(server, 'listening')
    return new LatencyReceiver(server)
  }

  get distinct(): number {
    return this.arrivals.size
  }

  arrivedAt(sequence: number): number {
    return this.arrivals.get(sequence) ?? Number.NaN
  }

  /** Resolves when so many different events have arrived; rejects when nothing more comes for half a minute. */
  async received(count: number, signal: AbortSignal): Promise<void> {
    let seen = this.distinct
    let sinceAt = performance.now()
    while (this.distinct < count) {
      await pause(20, undefined, { signal })
      if (this.distinct > seen) {
        seen = this.distinct
        sinceAt = performance.now()
      } else if (performance.now() - sinceAt > 30_000) {
        throw new Error(`${count - seen} of ${count} events have not arrived`)
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close()
    this.server.closeAllConnections()
    await once(this.server, 'close')
  }
}
