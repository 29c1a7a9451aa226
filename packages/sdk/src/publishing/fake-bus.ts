import type { FakeClock } from '@millrace/spi/fake-clock'
import { MillraceError } from '../error.ts'
import type { EventInput, PublishOutcome, PublishResult } from '../events.ts'

/** What a bus does with one request. */
export type BusMood =
  | { readonly kind: 'well'; readonly afterMs: number }
  /** Stores it; the answer does not arrive. */
  | { readonly kind: 'answer-lost'; readonly afterMs: number }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'overloaded'; readonly retryAfterMs: number }
  | { readonly kind: 'failing' }
  /** Takes none of the events, and says so of each. */
  | { readonly kind: 'full' }

/**
 * A bus in memory, for tests: it knows events by id for ever, refuses those with `data: 'poison'`, and does with each
 * request what the test says.
 */
export class FakeBus {
  readonly #clock: FakeClock
  readonly #moods: BusMood[]
  readonly #requestEventsMax: number
  readonly stored: EventInput[] = []
  readonly requests: number[] = []
  underWay = 0
  underWayMost = 0

  constructor(clock: FakeClock, moods: readonly BusMood[] = [], requestEventsMax = 1_000) {
    this.#clock = clock
    this.#moods = [...moods]
    this.#requestEventsMax = requestEventsMax
  }

  get storedIds(): string[] {
    return this.stored.map(({ id }) => id ?? '')
  }

  /** Answers one request; a bus without further moods is well. */
  post = async (body: string, signal: AbortSignal): Promise<PublishResult> => {
    const events = JSON.parse(body) as EventInput[]
    this.requests.push(events.length)
    this.underWay++
    this.underWayMost = Math.max(this.underWayMost, this.underWay)
    try {
      return await this.#answer(events, this.#moods.shift() ?? { kind: 'well', afterMs: 0 }, signal)
    } finally {
      this.underWay--
    }
  }

  async #answer(events: readonly EventInput[], mood: BusMood, signal: AbortSignal): Promise<PublishResult> {
    if (events.length > this.#requestEventsMax)
      throw new MillraceError('cloudevents.too-many-events', 'too many events', 413)
    if (mood.kind === 'unreachable') throw new MillraceError('client.unreachable', 'no answer', 0)
    if (mood.kind === 'failing') throw new MillraceError('internal.unexpected', 'failed', 500)
    if (mood.kind === 'overloaded') {
      const { retryAfterMs } = mood
      throw new MillraceError('http.overloaded', 'overloaded', 503, {}, { retryAfterMs })
    }
    if (mood.kind === 'full') {
      const error = { code: 'bus.log-full', detail: 'full', retryable: true }
      const outcomes = events.map(({ id = '' }) => ({ id, error }))
      throw new MillraceError('bus.log-full', 'full', 429, { outcomes }, { retryAfterMs: 1_000 })
    }
    const outcomes = events.map(event => this.#store(event))
    await this.#wait(mood.afterMs, signal)
    if (mood.kind === 'answer-lost') throw new MillraceError('client.unreachable', 'cut off', 0)
    const failed = outcomes.filter(outcome => 'error' in outcome).length
    return { accepted: outcomes.length - failed, failed, outcomes }
  }

  #store(event: EventInput): PublishOutcome {
    const id = event.id ?? ''
    if (event['data'] === 'poison')
      return { id, error: { code: 'event.too-large', detail: 'poison', retryable: false } }
    const at = this.storedIds.indexOf(id)
    if (at >= 0) return { id, position: at, duplicate: true }
    return { id, position: this.stored.push(event) - 1, duplicate: false }
  }

  #wait(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.timer(delayMs, resolve)
      signal.addEventListener('abort', () => {
        timer[Symbol.dispose]()
        reject(signal.reason as Error)
      })
    })
  }
}
