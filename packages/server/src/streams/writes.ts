import { AppError, type Clock, type OutgoingRecord, type Outcome } from '@millrace/spi'
import { type SinkHolder, stopping, writeInTime } from '../delivery/index.ts'

/** What came of one write. */
export type Written =
  | { readonly kind: 'outcomes'; readonly outcomes: readonly Outcome[]; readonly durationMs: number }
  /** The sink cannot be opened, and trying again cannot help. */
  | { readonly kind: 'unusable'; readonly error: AppError }
  /** Given up because the task stops: it says nothing about the records. */
  | { readonly kind: 'abandoned' }

/** All writes of one task, to any sink; what they have in common is that the task may end them. */
export class Writes {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #controllers = new Set<AbortController>()

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /** How many are under way. */
  get count(): number {
    return this.#controllers.size
  }

  /** Never rejects. A sink that cannot be opened now is a failed outcome for each record. */
  async write(holder: SinkHolder, records: readonly OutgoingRecord[]): Promise<Written> {
    const sink = holder.acquire()
    if (sink instanceof AppError) {
      if (sink.retry.kind === 'never') return { kind: 'unusable', error: sink }
      const outcomes = records.map((): Outcome => ({ status: 'failed', error: sink }))
      return { kind: 'outcomes', outcomes, durationMs: 0 }
    }
    const controller = new AbortController()
    this.#controllers.add(controller)
    const startedAtMs = this.#clock.nowMs()
    try {
      const result = await writeInTime(sink, records, this.#timeoutMs, this.#clock, controller)
      if (result === 'abandoned') return { kind: 'abandoned' }
      return { kind: 'outcomes', outcomes: result, durationMs: this.#clock.nowMs() - startedAtMs }
    } finally {
      this.#controllers.delete(controller)
      holder.release()
    }
  }

  /** Gives up every write under way. */
  abandon(): void {
    for (const controller of this.#controllers) controller.abort(stopping)
  }
}
