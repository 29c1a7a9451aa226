import type { Clock } from '@millrace/spi'
import type { FunctionLogs } from './function-logs.ts'

/** What `FC … Start` and `FC … End` can stand around. */
export type PlatformStep = 'Invoke' | 'Initialize' | 'PreStop' | 'PreFreeze'

/**
 * The lines that the server writes into the log of a function about one instance, in the words of the compatible
 * protocol (function-compute section 10.1). They are put down after what the code has written before.
 */
export class PlatformLines {
  readonly #logs: FunctionLogs
  readonly #key: string
  readonly #instanceId: string
  readonly #clock: Clock

  constructor(logs: FunctionLogs, key: string, instanceId: string, clock: Clock) {
    this.#logs = logs
    this.#key = key
    this.#instanceId = instanceId
    this.#clock = clock
  }

  began(step: PlatformStep, requestId: string): void {
    this.#write(`FC ${step} Start RequestId: ${requestId}`, requestId)
  }

  ended(step: PlatformStep, requestId: string, reason?: string): void {
    const why = reason === undefined ? '' : `, Error: ${reason}`
    this.#write(`FC ${step} End RequestId: ${requestId}${why}`, requestId)
  }

  #write(text: string, requestId: string): void {
    const instanceId = this.#instanceId
    this.#logs.appendSoon(this.#key, {
      atMs: this.#clock.nowMs(),
      requestId,
      instanceId,
      stream: 'platform',
      text,
    })
  }
}
