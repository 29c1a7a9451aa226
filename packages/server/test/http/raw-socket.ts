import { connect, type Socket } from 'node:net'
import type { Listener } from '../../src/http/index.ts'

/** A connection by hand, for what no client library would send. */
export interface RawConnection extends AsyncDisposable {
  readonly socket: Socket
  write(bytes: string | Uint8Array): void
  /** Everything received until the server closed the connection, or until a whole answer has come. */
  answer(): Promise<RawAnswer>
  /** Resolves when the server has closed. */
  readonly closed: Promise<void>
  received(): string
}

export interface RawAnswer {
  readonly status: number
  readonly text: string
  readonly json: Record<string, unknown> | undefined
}

export async function connectTo(listener: Listener): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port: listener.port, allowHalfOpen: true })
  let received = ''
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const waiter of waiting) waiter()
  }
  socket.on('data', chunk => {
    received += chunk.toString('latin1')
    wake()
  })
  socket.on('error', wake)
  const closed = new Promise<void>(resolve => {
    socket.once('close', () => resolve())
    socket.once('end', () => {
      socket.end()
      resolve()
    })
  })
  void closed.then(wake)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })

  async function answer(): Promise<RawAnswer> {
    for (;;) {
      const whole = firstAnswer(received)
      if (whole !== undefined) {
        received = received.slice(whole.length)
        return whole
      }
      if (socket.readableEnded || socket.destroyed)
        throw new Error(`closed after ${JSON.stringify(received)}`)
      await new Promise<void>(resolve => {
        const waiter = (): void => {
          waiting.delete(waiter)
          resolve()
        }
        waiting.add(waiter)
      })
    }
  }

  return {
    socket,
    write: bytes => void socket.write(bytes),
    answer,
    closed,
    received: () => received,
    async [Symbol.asyncDispose]() {
      socket.destroy()
      await closed
    },
  }
}

function firstAnswer(text: string): (RawAnswer & { length: number }) | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = text.slice(0, headEnd)
  const bytes = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
  const length = headEnd + 4 + bytes
  if (text.length < length) return undefined
  const body = text.slice(headEnd + 4, length)
  const isJson = /content-type: application\/[\w+]*json/i.test(head)
  return {
    status: Number(head.slice(9, 12)),
    text: body,
    json: isJson ? (JSON.parse(body) as Record<string, unknown>) : undefined,
    length,
  }
}
