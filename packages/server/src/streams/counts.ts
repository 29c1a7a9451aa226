import type { Clock } from '@millrace/spi'
import type { StreamObserver, StreamOutcome } from '../observability/index.ts'

/** What happened to records since the stream was started in this process. */
export type StreamCounts = Readonly<Record<StreamOutcome, number>>

/** The seconds over which a rate is told. */
const rateSeconds = 10

/** Counts of one stream, all tasks together. */
export class Counts {
  readonly #key: string
  readonly #clock: Clock
  readonly #observer: StreamObserver
  readonly #totals: Record<StreamOutcome, number> = {
    read: 0,
    matched: 0,
    filtered: 0,
    made: 0,
    written: 0,
    retried: 0,
    'dead-lettered': 0,
    dropped: 0,
    faulty: 0,
    lost: 0,
  }
  /** Records written, by second; the place of a second is taken by the one ten seconds later. */
  readonly #written = Array.from({ length: rateSeconds + 1 }, () => 0)
  #second = 0

  constructor(key: string, clock: Clock, observer: StreamObserver) {
    this.#key = key
    this.#clock = clock
    this.#observer = observer
  }

  add(outcome: StreamOutcome, records: number): void {
    if (records === 0) return
    this.#totals[outcome] += records
    this.#observer.records(this.#key, outcome, records)
    if (outcome !== 'written') return
    const second = this.#move()
    const place = second % this.#written.length
    this.#written[place] = (this.#written[place] ?? 0) + records
  }

  batch(records: number, bytes: number, durationMs: number, isOk: boolean): void {
    this.#observer.batch(this.#key, records, bytes, durationMs, isOk)
  }

  get totals(): StreamCounts {
    return { ...this.#totals }
  }

  /** Records written per second, over the last ten whole seconds. */
  perSecond(): number {
    const second = this.#move()
    const sum = this.#written.reduce((total, count) => total + count, 0)
    return (sum - (this.#written[second % this.#written.length] ?? 0)) / rateSeconds
  }

  /** Empties the places of the seconds that have passed since the last look. */
  #move(): number {
    const second = Math.floor(this.#clock.nowMs() / 1_000)
    const from = Math.max(this.#second + 1, second - rateSeconds)
    for (let passed = from; passed <= second; passed++) this.#written[passed % this.#written.length] = 0
    this.#second = Math.max(this.#second, second)
    return this.#second
  }
}
