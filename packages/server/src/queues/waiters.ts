import type { Clock } from '@millrace/spi'
import type { ReceivedMessage } from './message.ts'

/** A receive that has not been answered. */
export interface Waiter {
  readonly count: number
  /** Whether it stays when there is nothing. */
  readonly isPatient: boolean
  answer(messages: readonly ReceivedMessage[]): void
  fail(thrown: unknown): void
}

/** Receives of all queues that wait; a number with a limit. */
export class WaiterCount {
  readonly #max: number
  #count = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Takes one place; false when there is none. */
  take(): boolean {
    if (this.#count >= this.#max) return false
    this.#count += 1
    return true
  }

  give(): void {
    this.#count -= 1
  }
}

/** The receives of one queue, first come, first served. */
export class Waiters {
  readonly #clock: Clock
  readonly #count: WaiterCount
  readonly #list = new Set<Waiter>()

  constructor(clock: Clock, count: WaiterCount) {
    this.#clock = clock
    this.#count = count
  }

  get size(): number {
    return this.#list.size
  }

  /** In the order in which they came. */
  all(): readonly Waiter[] {
    return [...this.#list]
  }

  /**
   * Resolves with messages, or with none when the time is over or nobody may wait any more. Rejects when the signal
   * aborts: what is handed out at that very moment comes back when its visibility is over.
   */
  add(count: number, waitMs: number, signal: AbortSignal): Promise<readonly ReceivedMessage[]> {
    signal.throwIfAborted()
    const isPatient = waitMs > 0 && this.#count.take()
    const { promise, resolve, reject } = Promise.withResolvers<readonly ReceivedMessage[]>()
    const end = (): void => {
      if (!this.#list.delete(waiter)) return
      if (isPatient) this.#count.give()
      timer?.[Symbol.dispose]()
      signal.removeEventListener('abort', onAbort)
    }
    const waiter: Waiter = {
      count,
      isPatient,
      answer: messages => {
        end()
        resolve(messages)
      },
      fail: thrown => {
        end()
        reject(thrown)
      },
    }
    const onAbort = (): void => waiter.fail(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    this.#list.add(waiter)
    const timer = isPatient ? this.#clock.timer(waitMs, () => waiter.answer([])) : undefined
    return promise
  }
}
