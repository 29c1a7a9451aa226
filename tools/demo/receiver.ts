import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ReceiptBook, Receipts } from './receipts.ts'
import type { Behaviour } from './rules.ts'

/**
 * Receiving ends of rules: one HTTP server, a path per rule. It counts what it answered 200 to, by the event id in the
 * delivery's headers, and how long after publishing each arrived.
 */
export class Receiver {
  private readonly book: ReceiptBook
  private readonly behaviours = new Map<string, Behaviour>()
  private readonly publishedAtMs: ReadonlyMap<string, number>
  private server: Server | undefined
  private port = 0
  private turn = 0

  constructor(book: ReceiptBook, publishedAtMs: ReadonlyMap<string, number>) {
    this.book = book
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

  private answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume()
    request.on('end', () => {
      const rule = (request.url ?? '/').slice(1)
      const status = this.statusFor(this.behaviours.get(rule) ?? 'steady')
      const receipts = this.book.of(rule)
      if (status === 200) this.count(receipts, arrivalKey(request))
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

/** Dead letters of different rules may carry the same event; the rule's name keeps them apart. */
function arrivalKey(request: IncomingMessage): string {
  const id = String(request.headers['millrace-event-id'])
  const rule = request.headers['x-dead-letter-rule']
  return rule === undefined ? id : `${String(rule)}/${id}`
}
