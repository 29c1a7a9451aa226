import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'

/** The promises that are checked, by the names under which they are counted and reported. */
export const invariants = {
  durable: 'accepted means durable',
  positions: 'positions are never reused and have no gaps',
  dedup: 'an event sent twice within the window is stored once',
  refused: 'what was refused is not stored',
  routed: 'every accepted event is routed by the rules live at its position',
  'one ending': 'a delivery ends once',
  acceptance: 'an ending says what the sinks did',
  lost: 'nothing is lost',
  order: 'deliveries of one key keep their order',
  isolation: 'a bad target keeps no other from finishing',
  window: 'no more deliveries in flight than the target allows',
  rate: 'no more starts per second than the target allows',
  replay: 'a replay delivers its range, marked, and nothing else',
  attempts: 'a repeated attempt is not numbered 1',
  redundant: 'nothing is delivered again that is known to have arrived',
  retention: 'what is still to be delivered is not removed',
  rules: 'a rule that was answered survives a crash',
  'read-only': 'the built-in bus is not writable',
  stop: 'a stop ends in time and leaves nothing behind',
  resume: 'service resumes by itself when the trouble is over',
} as const

export type Invariant = keyof typeof invariants

export interface Finding {
  readonly invariant: Invariant
  readonly words: string
}

/** Where checks report to. The first finding ends a run; those that come in the same moment are told with it. */
export class Findings {
  readonly all: Finding[] = []
  readonly #tally: Tally
  readonly #trace: Trace

  constructor(tally: Tally, trace: Trace) {
    this.#tally = tally
    this.#trace = trace
  }

  /** Counts a check and reports what is wrong unless it holds. */
  expect(invariant: Invariant, holds: boolean, words: () => string): void {
    this.#tally.add('invariant', invariant)
    if (holds) return
    const finding = { invariant, words: words() }
    this.all.push(finding)
    this.#trace.note(`VIOLATED ${invariants[invariant]}: ${finding.words}`)
  }
}
