import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A request as the target has seen it. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A real HTTP server on loopback. */
export interface Target extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Requests that were received to their end, in that order. */
  readonly seen: readonly Seen[]
  /** Connections accepted so far. */
  readonly connections: number
}

export interface TargetOptions {
  readonly tls?: {
    readonly key: string
    readonly cert: string
    readonly ca?: string
    readonly requestCert?: boolean
  }
}

/** Starts a target; `answer` is called for each request when its body is there. */
export async function startTarget(
  answer: (seen: Seen, response: ServerResponse, request: IncomingMessage) => void,
  options: TargetOptions = {},
): Promise<Target> {
  const seen: Seen[] = []
  let connections = 0
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { method, url, headers, body: Buffer.concat(chunks) }
      seen.push(one)
      answer(one, response, request)
    })
  }
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener)
  server.on('connection', () => void connections++)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/`,
    port,
    seen,
    get connections() {
      return connections
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
