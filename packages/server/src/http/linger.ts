import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '@millrace/spi'

/**
 * Refusals that are sent while the body is still arriving. Closing at once would make the kernel reset the connection,
 * and many clients would then never see the answer; reading on without end would let a refused client keep us busy.
 * So the rest is read and thrown away for a bounded time, and then the connection is cut.
 */
export class Lingering {
  private readonly answered = new WeakSet<Socket>()
  private readonly clock: Clock
  private readonly limitMs: number

  constructor(clock: Clock, limitMs: number) {
    this.clock = clock
    this.limitMs = limitMs
  }

  /** Call when a refusal of this request has been handed over and its body is not complete. */
  begin(request: IncomingMessage): void {
    const { socket } = request
    this.answered.add(socket)
    const timer = this.clock.timer(this.limitMs, () => socket.destroy())
    const settle = (): void => {
      timer[Symbol.dispose]()
      this.answered.delete(socket)
    }
    request.once('end', settle)
    request.once('close', settle)
    request.resume()
  }

  /** Whether the request that is still arriving on this socket was answered already. */
  isAnswered(socket: Socket): boolean {
    return this.answered.has(socket)
  }
}
