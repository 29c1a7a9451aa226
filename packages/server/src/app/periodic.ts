import type { Clock } from '@millrace/spi'

/**
 * Runs some work again and again, a pause apart, never twice at a time. A failure is told and the next turn comes all
 * the same. Disposing waits for a turn under way.
 */
export class Periodic implements AsyncDisposable {
  private readonly clock: Clock
  private readonly pauseMs: number
  private readonly work: () => Promise<void>
  private readonly onFailure: (thrown: unknown) => void
  private timer: Disposable | undefined
  private turn: Promise<void> = Promise.resolve()
  private isStopped = false

  constructor(
    clock: Clock,
    pauseMs: number,
    work: () => Promise<void>,
    onFailure: (thrown: unknown) => void,
  ) {
    this.clock = clock
    this.pauseMs = pauseMs
    this.work = work
    this.onFailure = onFailure
    this.schedule()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isStopped = true
    this.timer?.[Symbol.dispose]()
    await this.turn
  }

  private schedule(): void {
    if (this.isStopped) return
    this.timer = this.clock.timer(this.pauseMs, () => {
      this.turn = this.work().catch(this.onFailure)
      void this.turn.finally(() => this.schedule())
    })
  }
}
