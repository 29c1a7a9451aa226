import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** How finely `slow` divides time, in milliseconds. */
const sliceMs = 20

/** Longest piece that is passed on at once, in bytes; keeps `stall` and `cut` prompt within a large write. */
const pieceBytesMax = 16_384

export interface FaultProxyOptions {
  /** Host and port that connections are passed on to, `127.0.0.1:9092`. */
  readonly target: string
  /** Port of 127.0.0.1 to listen on; a free one is taken when it is missing. */
  readonly port?: number
}

export interface FaultProxyCounts {
  /** Connections that were passed on since the start. */
  readonly accepted: number
  /** Connections that were turned away by `refuse`. */
  readonly refused: number
  /** Connections open now. */
  readonly open: number
  /** Bytes that the clients sent and the target was given. */
  readonly bytesToTarget: number
  /** Bytes that the target sent and the clients were given. */
  readonly bytesToClient: number
}

/** A TCP proxy on 127.0.0.1 with the faults of a network, each switched on and off by a call. */
export class FaultProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #target: { readonly host: string; readonly port: number }
  readonly #links = new Set<Link>()
  readonly #conditions: Conditions = { stalled: undefined, bytesPerSecond: undefined }
  #refusing = false
  #accepted = 0
  #refused = 0
  readonly #bytes = { toTarget: 0, toClient: 0 }

  /** Made by `faultProxy`. */
  constructor(target: string) {
    this.#target = parseTarget(target)
    this.#server = createServer({ allowHalfOpen: true }, socket => this.#onConnection(socket))
  }

  /** Listens; resolves when connections are taken. */
  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed')
    return address.port
  }

  /** What clients connect to. */
  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  get counts(): FaultProxyCounts {
    return {
      accepted: this.#accepted,
      refused: this.#refused,
      open: this.#links.size,
      bytesToTarget: this.#bytes.toTarget,
      bytesToClient: this.#bytes.toClient,
    }
  }

  /** Ends every open connection, on both sides, as an orderly close does. New ones are passed on. */
  cut(): void {
    for (const link of this.#links) link.end()
  }

  /** Ends every open connection, on both sides, with a reset. New ones are passed on. */
  resetAll(): void {
    for (const link of this.#links) link.reset()
  }

  /** Passes nothing on until `resume`: connections stay open and silent, new ones too. */
  stall(): void {
    this.#conditions.stalled ??= Promise.withResolvers<void>()
  }

  /** Ends `stall` and `slow`; what was held up arrives in order. */
  resume(): void {
    this.#conditions.bytesPerSecond = undefined
    this.#conditions.stalled?.resolve()
    this.#conditions.stalled = undefined
  }

  /** Passes on at most so many bytes a second in each direction of each connection, until `resume`. */
  slow(bytesPerSecond: number): void {
    if (!(bytesPerSecond > 0)) throw new Error(`bytesPerSecond must be above 0, not ${bytesPerSecond}`)
    this.#conditions.bytesPerSecond = bytesPerSecond
  }

  /** Turns new connections away with a reset until `accept`; open ones go on. */
  refuse(): void {
    this.#refusing = true
  }

  /** Ends `refuse`. */
  accept(): void {
    this.#refusing = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume()
    this.resetAll()
    if (!this.#server.listening) return
    await new Promise(resolve => this.#server.close(resolve))
  }

  #onConnection(client: Socket): void {
    if (this.#refusing) {
      this.#refused++
      client.on('error', ignore)
      client.resetAndDestroy()
      return
    }
    this.#accepted++
    const target = connect({ ...this.#target, allowHalfOpen: true })
    const link = new Link(client, target)
    this.#links.add(link)
    void link.run(this.#conditions, this.#bytes).finally(() => this.#links.delete(link))
  }
}

/** Starts a proxy; dispose of it when the test is done. */
export async function faultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new FaultProxy(options.target)
  await proxy.listen(options.port ?? 0)
  return proxy
}

interface Conditions {
  stalled: PromiseWithResolvers<void> | undefined
  bytesPerSecond: number | undefined
}

/** A client's connection and the one to the target that belongs to it. */
class Link {
  readonly #client: Socket
  readonly #target: Socket

  constructor(client: Socket, target: Socket) {
    this.#client = client
    this.#target = target
    for (const socket of [client, target]) {
      socket.setNoDelay(true)
      // What breaks on one side breaks on the other.
      socket.on('error', () => this.reset())
    }
  }

  async run(conditions: Conditions, bytes: { toTarget: number; toClient: number }): Promise<void> {
    const [client, target] = [this.#client, this.#target]
    await Promise.all([
      passOn(client, target, conditions, count => (bytes.toTarget += count)),
      passOn(target, client, conditions, count => (bytes.toClient += count)),
    ])
  }

  end(): void {
    this.#client.destroySoon()
    this.#target.destroySoon()
  }

  reset(): void {
    for (const socket of [this.#client, this.#target]) {
      if (socket.connecting) socket.destroy()
      else socket.resetAndDestroy()
    }
  }
}

/** Hands on what arrives, then the end; resolves when nothing more will. */
async function passOn(
  from: Socket,
  to: Socket,
  conditions: Conditions,
  count: (bytes: number) => void,
): Promise<void> {
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      let position = 0
      while (position < chunk.length) {
        while (conditions.stalled !== undefined) await conditions.stalled.promise
        const { bytesPerSecond } = conditions
        const size =
          bytesPerSecond === undefined
            ? pieceBytesMax
            : Math.max(1, Math.min(pieceBytesMax, Math.floor((bytesPerSecond * sliceMs) / 1_000)))
        const piece = chunk.subarray(position, position + size)
        await written(to, piece)
        count(piece.length)
        position += piece.length
        if (bytesPerSecond !== undefined) await pause((piece.length / bytesPerSecond) * 1_000)
      }
    }
    while (conditions.stalled !== undefined) await conditions.stalled.promise
    to.end()
  } catch {
    // The link's listeners for errors have ended both sides.
    to.destroy()
  }
}

async function written(to: Socket, piece: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    to.write(piece, error => (error === null || error === undefined ? resolve() : reject(error)))
  })
}

function parseTarget(target: string): { host: string; port: number } {
  const colon = target.lastIndexOf(':')
  const port = Number(target.slice(colon + 1))
  if (colon <= 0 || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`target must be host:port, not ${target}`)
  return { host: target.slice(0, colon), port }
}

function ignore(): void {
  // A connection that is turned away has no one to tell.
}
