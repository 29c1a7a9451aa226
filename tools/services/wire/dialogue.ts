import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** One TCP connection on which requests and answers alternate: as much of a client as the readiness checks need. */
export class Dialogue implements Disposable {
  readonly #socket: Socket
  readonly #signal: AbortSignal
  #received = Buffer.alloc(0)
  #end: Error | undefined
  #wake: () => void = () => undefined

  private constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket
    this.#signal = signal
    socket.on('data', chunk => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    const end = (error?: Error) => {
      this.#end = error ?? new Error('the server closed the connection')
      this.#wake()
    }
    socket.on('error', end)
    socket.on('close', () => end(this.#end))
    signal.addEventListener('abort', this.#abort)
  }

  /** Connects to a port of 127.0.0.1; `signal` bounds the whole conversation. */
  static async open(port: number, signal: AbortSignal): Promise<Dialogue> {
    const socket = connect({ port, host: '127.0.0.1' })
    try {
      await once(socket, 'connect', { signal })
    } catch (error) {
      socket.destroy()
      throw error
    }
    return new Dialogue(socket, signal)
  }

  send(bytes: Buffer | string): void {
    this.#socket.write(bytes)
  }

  /** Exactly so many bytes. */
  async read(count: number): Promise<Buffer> {
    while (this.#received.length < count) await this.#more()
    const bytes = this.#received.subarray(0, count)
    this.#received = this.#received.subarray(count)
    return bytes
  }

  /** Up to and with the next line feed, without the line's end. */
  async readLine(): Promise<string> {
    let end = this.#received.indexOf('\n')
    while (end < 0) {
      await this.#more()
      end = this.#received.indexOf('\n')
    }
    return (await this.read(end + 1)).toString().trimEnd()
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#abort)
    this.#socket.destroy()
  }

  async #more(): Promise<void> {
    this.#signal.throwIfAborted()
    if (this.#end !== undefined) throw this.#end
    await new Promise<void>(resolve => {
      this.#wake = resolve
    })
  }

  #abort = () => this.#socket.destroy(this.#signal.reason as Error)
}
