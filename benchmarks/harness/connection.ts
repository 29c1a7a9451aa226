import { connect, type Socket } from 'node:net'
import { ResponseParser } from './response-parser.ts'

/** One keep-alive connection with at most one request under way. */
export class Connection implements Disposable {
  readonly #socket: Socket
  #waiting: ((status: number) => void) | undefined
  #failure: Error | undefined
  readonly #onFailure: (error: Error) => void

  /** `onFailure` is called once, when the connection breaks or the server closes it while it is in use. */
  constructor(socket: Socket, onFailure: (error: Error) => void) {
    this.#socket = socket
    this.#onFailure = onFailure
    const parser = new ResponseParser((status, closes) => {
      const waiting = this.#waiting
      this.#waiting = undefined
      if (closes) this.#fail(new Error('the server closes connections after a response'))
      waiting?.(status)
    })
    socket.on('data', (bytes: Buffer) => {
      try {
        parser.push(bytes)
      } catch (error) {
        this.#fail(error as Error)
      }
    })
    socket.on('error', error => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  get broken(): boolean {
    return this.#failure !== undefined
  }

  /** Sends a request; `onResponse` gets the status when its response is complete. The previous one must be. */
  send(request: Buffer, onResponse: (status: number) => void): void {
    if (this.#waiting !== undefined) throw new Error('the previous request is still under way')
    this.#waiting = onResponse
    this.#socket.write(request)
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#socket.destroy()
    this.#onFailure(error)
  }

  [Symbol.dispose](): void {
    this.#failure ??= new Error('closed')
    this.#socket.destroy()
  }
}

/** Opens a TCP connection without delay of small packets. Rejects when it cannot be made. */
export function openSocket(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
