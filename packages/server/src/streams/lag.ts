import type { Clock, SourceLag } from '@millrace/spi'
import type { StreamLimits } from './limits.ts'

/** Asks a source how far it is behind: on demand, not more often than every few seconds, and for a limited time. */
export class LagKeeper {
  readonly #clock: Clock
  readonly #limits: Pick<StreamLimits, 'lagAgeMsMax' | 'lagTimeoutMs'>
  #known: SourceLag | undefined
  #askedAtMs = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | undefined

  constructor(clock: Clock, limits: Pick<StreamLimits, 'lagAgeMsMax' | 'lagTimeoutMs'>) {
    this.#clock = clock
    this.#limits = limits
  }

  /** The lag, or what was last known of it; `undefined` where it was never told. Never rejects. */
  async get(ask: (signal: AbortSignal) => Promise<SourceLag | undefined>): Promise<SourceLag | undefined> {
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#askedAtMs >= this.#limits.lagAgeMsMax) {
      this.#askedAtMs = nowMs
      this.#asking = this.#ask(ask)
    }
    await this.#asking
    return this.#known
  }

  async #ask(ask: (signal: AbortSignal) => Promise<SourceLag | undefined>): Promise<void> {
    const controller = new AbortController()
    const late = Promise.withResolvers<undefined>()
    using _timer = this.#clock.timer(this.#limits.lagTimeoutMs, () => {
      controller.abort(new Error('the source took too long to tell its lag'))
      late.resolve(undefined)
    })
    // What a source cannot tell now is told by its reads, which fail for the same reason.
    const told = ask(controller.signal).catch(() => undefined)
    this.#known = (await Promise.race([told, late.promise])) ?? this.#known
  }
}
