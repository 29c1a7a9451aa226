import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Ledger } from './ledger.ts'

/** The HTTP target of all rules: the path is the rule. It writes every request into the ledger before it answers. */
export class Receiver implements AsyncDisposable {
  readonly url: string
  /** Pause before each answer; while the server drains, it keeps attempts under way. */
  answerAfterMs = 0
  private readonly server: Server

  private constructor(server: Server) {
    this.server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async start(ledger: Ledger): Promise<Receiver> {
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        const rule = (request.url ?? '/').slice(1)
        if (rule !== 'broken') ledger.arrive(rule, String(request.headers['millrace-event-id']))
        response.statusCode = rule === 'broken' ? 500 : 200
        if (receiver.answerAfterMs === 0) response.end()
        else setTimeout(() => response.end(), receiver.answerAfterMs)
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const receiver = new Receiver(server)
    return receiver
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise(resolve => this.server.close(resolve))
    this.server.closeAllConnections()
    await closed
  }
}
