import { rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { encodeFrame, type Frame, FrameReader, type FrameType } from '@millrace/spi'

/** The framed connection to one instance. */
export class Connection {
  readonly #socket: Socket
  readonly #reader = new FrameReader()
  #corked = false

  /** `onClose` is called once, after the last frame; `broken` says that the other side broke the protocol. */
  constructor(socket: Socket, onFrame: (frame: Frame) => void, onClose: (broken: boolean) => void) {
    this.#socket = socket
    let broken = false
    socket.on('data', (chunk: Buffer) => {
      if (broken) return
      try {
        for (const frame of this.#reader.push(chunk)) onFrame(frame)
      } catch {
        broken = true
        socket.destroy()
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => onClose(broken))
  }

  send(type: FrameType, channel: number, header?: object, payload?: Uint8Array): void {
    const socket = this.#socket
    if (socket.destroyed) return
    if (!this.#corked) {
      // Frames of the same turn of the event loop go out in one system call, at its end: under load that is one for many.
      this.#corked = true
      socket.cork()
      setImmediate(() => {
        this.#corked = false
        socket.uncork()
      })
    }
    for (const chunk of encodeFrame(type, channel, header, payload)) socket.write(chunk)
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

/** Waits for the one connection of an instance; afterwards the door is closed and its name is gone. */
export class Door {
  readonly #server: Server
  readonly #path: string
  /** Never resolves when nobody comes: the caller gives up by closing the door. */
  readonly visitor: Promise<Socket>

  private constructor(server: Server, path: string) {
    this.#server = server
    this.#path = path
    this.visitor = new Promise(resolve => {
      server.once('connection', socket => {
        resolve(socket)
        void this.close()
      })
    })
  }

  static async open(path: string): Promise<Door> {
    const server = createServer({ noDelay: false })
    const door = new Door(server, path)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
    return door
  }

  async close(): Promise<void> {
    this.#server.close()
    await rm(this.#path, { force: true })
  }
}
