import type { Clock } from '@millrace/spi'
import { throttled } from '../errors.ts'

export interface WaitingLimits {
  /** Invocations of one function that wait for an instance. */
  readonly waitersMax: number
  /** Payload bytes that they hold together. */
  readonly waitingBytesMax: number
  readonly waitMsMax: number
}

export const defaultWaitingLimits: WaitingLimits = {
  waitersMax: 1_000,
  waitingBytesMax: 64 * 1_024 * 1_024,
  waitMsMax: 10_000,
}

/** When to come again, told to those who were turned away. */
const comeAgainMs = 1_000

interface Waiter<T> {
  readonly bytes: number
  readonly requestId: string
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
  readonly leave: () => void
}

/** First come, first served; bounded in number, bytes and time (`function.throttled`). */
export class WaitingLine<T> {
  readonly #name: string
  readonly #clock: Clock
  readonly #limits: WaitingLimits
  readonly #waiters = new Set<Waiter<T>>()
  #bytes = 0

  constructor(name: string, clock: Clock, limits: WaitingLimits) {
    this.#name = name
    this.#clock = clock
    this.#limits = limits
  }

  get length(): number {
    return this.#waiters.size
  }

  /** Request id of the first in line. */
  get firstRequestId(): string | undefined {
    for (const waiter of this.#waiters) return waiter.requestId
    return undefined
  }

  /** `startMsMax` is added to the limit of the wait for those who wait for an instance that starts. */
  join(requestId: string, bytes: number, startMsMax: number, signal: AbortSignal): Promise<T> {
    const { waitersMax, waitingBytesMax, waitMsMax } = this.#limits
    if (this.#waiters.size >= waitersMax) {
      return Promise.reject(
        throttled(this.#name, `${waitersMax} invocations are waiting already`, comeAgainMs),
      )
    }
    if (this.#waiters.size > 0 && this.#bytes + bytes > waitingBytesMax) {
      const reason = `the payloads that are waiting exceed ${waitingBytesMax} bytes`
      return Promise.reject(throttled(this.#name, reason, comeAgainMs))
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        waiter.leave()
        reject(signal.reason as Error)
      }
      const patienceMs = waitMsMax + startMsMax
      const timer = this.#clock.timer(patienceMs, () => {
        waiter.leave()
        reject(throttled(this.#name, `no instance was free for ${patienceMs} ms`, comeAgainMs))
      })
      const leave = (): void => {
        timer[Symbol.dispose]()
        signal.removeEventListener('abort', onAbort)
        if (this.#waiters.delete(waiter)) this.#bytes -= bytes
      }
      const waiter: Waiter<T> = { bytes, requestId, resolve, reject, leave }
      this.#waiters.add(waiter)
      this.#bytes += bytes
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Serves the first in line; false when nobody waits. */
  serve(value: T): boolean {
    for (const waiter of this.#waiters) {
      waiter.leave()
      waiter.resolve(value)
      return true
    }
    return false
  }

  /** Turns away the `count` that came last. */
  failLast(count: number, error: Error): void {
    if (count <= 0) return
    for (const waiter of [...this.#waiters].slice(-count)) {
      waiter.leave()
      waiter.reject(error)
    }
  }

  /** Turns away the first `count`. */
  fail(count: number, error: Error): void {
    for (const waiter of [...this.#waiters].slice(0, count)) {
      waiter.leave()
      waiter.reject(error)
    }
  }
}
