import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SourceHost } from '@millrace/spi/conformance'

/** The address of a stream, as the server has one: what is sent there is handed to the door of the host. */
export async function doorstep(host: SourceHost): Promise<{ readonly url: string } & AsyncDisposable> {
  const listener = createServer((request, response) => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    void knock(host, request, gone.signal).then(({ status, headers, body }) => {
      // A connection that is kept would look like one of the source's own.
      response.writeHead(status, { ...headers, connection: 'close' }).end(body)
    })
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      listener.closeAllConnections()
      listener.close()
      await once(listener, 'close')
    },
  }
}

async function knock(host: SourceHost, request: IncomingMessage, gone: AbortSignal) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const headers = Object.entries(request.headersDistinct).map(([name, values = []]): [string, string] => [
    name,
    values.join(', '),
  ])
  const call = {
    method: request.method ?? '',
    target: request.url ?? '',
    headers: Object.fromEntries(headers),
    remoteAddress: '127.0.0.1',
    body: Buffer.concat(chunks),
  }
  return await host.knock(call, gone)
}
