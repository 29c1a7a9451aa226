import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Knows the connections on which no request has come yet. The framework takes them for busy when the server closes, and would wait
 * for them until its time is over: clients that keep a connection in reserve would hold up every stop.
 */
export class SilentConnections {
  readonly #sockets = new Set<Socket>()

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** Closes those that have sent nothing; a request that has begun is served or timed out like any other. */
  close(): void {
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
  }
}
