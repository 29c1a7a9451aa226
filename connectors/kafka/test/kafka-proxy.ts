import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

const produceKey = 0

/**
 * A proxy that understands Kafka: brokers seem to be at its own address, so that clients stay with it; and requests to
 * write that hold one of its words are swallowed, so that their answers never come.
 */
export class KafkaProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #target: number
  /** Port that the brokers name, which is not the target's when another proxy stands in between. */
  readonly #advertised: number
  readonly #words: readonly string[]
  readonly #sockets = new Set<Socket>()
  readonly begun = new Set<string>()
  readonly givenUp = new Set<string>()

  private constructor(target: number, advertised: number, words: readonly string[]) {
    this.#target = target
    this.#advertised = advertised
    this.#words = words
    this.#server = createServer(client => this.#serve(client))
  }

  static async start(
    target: number,
    advertised = target,
    words: readonly string[] = [],
  ): Promise<KafkaProxy> {
    const proxy = new KafkaProxy(target, advertised, words)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed')
    return address.port
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (this.#server.listening) await new Promise(resolve => this.#server.close(resolve))
  }

  #serve(client: Socket): void {
    const broker = connect(this.#target, '127.0.0.1')
    const swallowed: string[] = []
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        other.destroy()
        this.#sockets.delete(socket)
        if (socket === client) for (const word of swallowed) this.givenUp.add(word)
      })
    }
    frames(client, frame => {
      const words =
        frame.readInt16BE(4) === produceKey ? this.#words.filter(word => frame.includes(word)) : []
      if (words.length === 0) return broker.write(frame)
      swallowed.push(...words)
      for (const word of words) this.begun.add(word)
      return true
    })
    frames(broker, frame => client.write(this.#readdressed(frame)))
  }

  #readdressed(frame: Buffer): Buffer {
    const from = place(this.#advertised)
    const to = place(this.port)
    for (let at = frame.indexOf(from); at >= 0; at = frame.indexOf(from, at + from.length)) to.copy(frame, at)
    return frame
  }
}

/** How a broker's address stands in answers: behind the host, the port in four bytes. */
function place(port: number): Buffer {
  const bytes = Buffer.from('127.0.0.1\0\0\0\0', 'latin1')
  bytes.writeInt32BE(port, bytes.length - 4)
  return bytes
}

function frames(socket: Socket, take: (frame: Buffer) => boolean): void {
  let rest = Buffer.alloc(0)
  socket.on('data', chunk => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0)
      take(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  })
}
