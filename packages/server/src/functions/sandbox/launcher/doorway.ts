import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { greetingBytes, parseGreeting } from './protocol.ts'

/** Connections that have not said yet what they are, and are dropped when there are more. */
const strangersMax = 1_000

/** Where the streams of processes come in: one socket for all of them. */
export class Doorway {
  readonly #server: Server
  readonly #path: string

  private constructor(server: Server, path: string) {
    this.#server = server
    this.#path = path
  }

  /** `onStream` is called for each stream, in any order, whether or not anybody waits for it. */
  static async open(
    path: string,
    onStream: (id: number, descriptor: number, socket: Socket) => void,
  ): Promise<Doorway> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await rm(path, { force: true })
    let strangers = 0
    const server = createServer({ pauseOnConnect: true }, socket => {
      if (++strangers > strangersMax) socket.destroy()
      void greetingOf(socket).then(first => {
        strangers--
        if (first === undefined) return
        const { id, descriptor } = parseGreeting(first)
        onStream(id, descriptor, socket)
      })
    })
    server.listen(path)
    await once(server, 'listening')
    return new Doorway(server, path)
  }

  /** Takes no more; what has come in stays open. */
  async close(): Promise<void> {
    this.#server.close()
    await rm(this.#path, { force: true })
  }
}

/** What follows it stays unread in the socket. `undefined` when it ends before. */
function greetingOf(socket: Socket): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const release = (found: Buffer | undefined): void => {
      socket.off('readable', read)
      resolve(found)
    }
    const read = (): void => {
      const found = socket.read(greetingBytes) as Buffer | null
      if (found !== null) release(found)
    }
    socket.on('error', () => {})
    socket.once('close', () => release(undefined))
    socket.on('readable', read)
  })
}
