import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A server that speaks whatever it likes, on a bare socket. */
export interface BrokenTarget extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Connections that are open at this moment. */
  readonly open: number
}

/** `answer` is called once for each request, as soon as its headers have come. */
export async function startBrokenTarget(answer: (socket: Socket) => void): Promise<BrokenTarget> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      if (chunk.includes('\r\n\r\n')) answer(socket)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    get open() {
      return sockets.size
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
