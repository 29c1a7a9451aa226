import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Behaviour } from './rules.ts'

/** What one rule's receiving end saw. */
export interface Receipts {
  /** Attempts that were answered with a failure. */
  refused: number
  /** Accepted deliveries, event id → how often. */
  readonly arrivals: Map<string, number>
  readonly latenciesMs: number[]
}

/**
 * The receiving ends of all rules: one HTTP server, a path per rule. It counts what it answered 200 to, by the event id
 * in the delivery's headers, and remembers when each arrived.
 */
export class Receiver {
  private readonly receipts = new Map<string, Receipts>()
  private readonly behaviours = new Map<string, Behaviour>()
  private readonly publishedAtMs: ReadonlyMap<string, number>
  private server: Server | undefined
  private port = 0
  private turn = 0

  constructor(publishedAtMs: ReadonlyMap<string, number>) {
    this.publishedAtMs = publishedAtMs
  }

  /** Listens; a second time on the same port as before. */
  async open(): Promise<void> {
    const server = createServer((request, response) => this.answer(request, response))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.port, '127.0.0.1', resolve)
    })
    this.port = (server.address() as AddressInfo).port
    this.server = server
  }

  /** Goes away at once, with every connection. */
  async close(): Promise<void> {
    const { server } = this
    if (server === undefined) return
    this.server = undefined
    await new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }

  /** Address of one rule's receiving end. */
  urlFor(rule: string, behaviour: Behaviour): string {
    this.behaviours.set(rule, behaviour)
    return `http://127.0.0.1:${this.port}/${rule}`
  }

  receiptsOf(rule: string): Receipts {
    let found = this.receipts.get(rule)
    if (found === undefined) {
      found = { refused: 0, arrivals: new Map(), latenciesMs: [] }
      this.receipts.set(rule, found)
    }
    return found
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume()
    request.on('end', () => {
      const rule = (request.url ?? '/').slice(1)
      const status = this.statusFor(this.behaviours.get(rule) ?? 'steady')
      const receipts = this.receiptsOf(rule)
      if (status === 200) this.count(receipts, String(request.headers['millrace-event-id']))
      else receipts.refused++
      response.writeHead(status).end()
    })
  }

  private count(receipts: Receipts, id: string): void {
    receipts.arrivals.set(id, (receipts.arrivals.get(id) ?? 0) + 1)
    const publishedAtMs = this.publishedAtMs.get(id)
    if (publishedAtMs !== undefined) receipts.latenciesMs.push(performance.now() - publishedAtMs)
  }

  private statusFor(behaviour: Behaviour): number {
    if (behaviour === 'broken') return 500
    if (behaviour === 'flaky') return this.turn++ % 5 === 0 ? 503 : 200
    return 200
  }
}
