import type { Matcher } from '@millrace/pattern'

/** How fast a matcher went through the events, and what it found. */
export interface Measured {
  readonly eventsPerSecond: number
  /** For every rule that matched, how many events. */
  readonly counts: Readonly<Record<string, number>>
}

const roundSize = 3_000

/** The best round counts: on a machine that others use as well, it is the least disturbed one. */
export function measure(matcher: Matcher<string>, events: readonly Uint8Array[], seconds: number): Measured {
  const counts: Record<string, number> = {}
  for (const event of events) for (const id of matcher.match(event)) counts[id] = (counts[id] ?? 0) + 1
  const pace = new Pace(matcher, events)
  const end = performance.now() + seconds * 1_000
  while (performance.now() < end || pace.rounds < 2) pace.round()
  return { eventsPerSecond: 1e9 / pace.bestNanoseconds, counts }
}

/**
 * How the cost of an event with many rules stands to that with few. The two take turns, so that whatever else the machine
 * does falls on both.
 */
export function compareCosts(
  few: Matcher<string>,
  many: Matcher<string>,
  events: readonly Uint8Array[],
  seconds: number,
): { readonly few: number; readonly many: number } {
  const paces = [new Pace(few, events), new Pace(many, events)] as const
  const end = performance.now() + seconds * 1_000
  while (performance.now() < end || paces[1].rounds < 3) for (const pace of paces) pace.round()
  return { few: paces[0].bestNanoseconds, many: paces[1].bestNanoseconds }
}

class Pace {
  readonly #matcher: Matcher<string>
  readonly #events: readonly Uint8Array[]
  #next = 0
  /** What was found: read by nobody but the optimiser, which may not leave the work out. */
  matches = 0
  rounds = 0
  bestNanoseconds = Number.POSITIVE_INFINITY

  constructor(matcher: Matcher<string>, events: readonly Uint8Array[]) {
    this.#matcher = matcher
    this.#events = events
  }

  round(): void {
    const size = Math.min(roundSize, this.#events.length)
    const start = process.hrtime.bigint()
    for (let done = 0; done < size; done += 1) {
      const event = this.#events[this.#next]
      if (event !== undefined) this.matches += this.#matcher.match(event).length
      this.#next = this.#next + 1 === this.#events.length ? 0 : this.#next + 1
    }
    const each = Number(process.hrtime.bigint() - start) / size
    this.rounds += 1
    // The first round is warming up.
    if (this.rounds > 1 && each < this.bestNanoseconds) this.bestNanoseconds = each
  }
}
