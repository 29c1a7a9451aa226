import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** What one request brought. */
export interface Arrival {
  readonly path: string
  readonly eventId: string
  readonly attempt: number
}

/**
 * An HTTP target whose behaviour a test decides.
 *
 * - *present*: answers 200.
 * - *holding*: takes requests and answers none until `release`.
 * - *away*: cuts every connection without an answer, as a dead host behind a router does.
 */
export class Receiver {
  readonly url: string
  /** Requests that were answered or are held, in the order in which they came. */
  readonly arrivals: Arrival[] = []
  behaviour: 'present' | 'holding' | 'away' = 'present'
  private readonly held: ServerResponse[] = []

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(): Promise<Receiver> {
    const server = createServer((request, response) => receiver.take(request, response))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const receiver = new Receiver((server.address() as AddressInfo).port)
    onTestFinished(async () => {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    })
    return receiver
  }

  /** Answers what is held, and what comes from now on. */
  release(): void {
    this.behaviour = 'present'
    for (const response of this.held.splice(0)) response.writeHead(200).end()
  }

  /** Event ids that arrived at a path, each as often as it arrived, sorted. */
  idsAt(path: string): string[] {
    return this.arrivals
      .filter(arrival => arrival.path === path)
      .map(({ eventId }) => eventId)
      .sort()
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    if (this.behaviour === 'away') {
      request.socket.destroy()
      return
    }
    request.resume().on('end', () => {
      this.arrivals.push({
        path: request.url ?? '/',
        eventId: String(request.headers['millrace-event-id']),
        attempt: Number(request.headers['millrace-attempt']),
      })
      if (this.behaviour === 'holding') this.held.push(response)
      else response.writeHead(200).end()
    })
  }
}
