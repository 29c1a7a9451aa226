import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as the service has seen it. */
export interface Seen {
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

/** A real HTTP server on loopback that stands for a chat service. */
export interface Target extends AsyncDisposable {
  readonly origin: string
  readonly seen: readonly Seen[]
}

export async function startTarget(answer: (seen: Seen, response: ServerResponse) => void): Promise<Target> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const url = new URL(request.url ?? '', 'http://target')
      const one = { url, headers: request.headers, text, body: JSON.parse(text) as Record<string, unknown> }
      seen.push(one)
      answer(one, response)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
