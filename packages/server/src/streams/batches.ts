import type { SourceRecord } from '@millrace/spi'
import { fly } from './flight.ts'
import type { FlightParts } from './flight-parts.ts'
import { Lanes } from './lanes.ts'
import type { Pauses } from './pauses.ts'
import { Place } from './place.ts'
import { Slots } from './slots.ts'
import type { Unit } from './unit.ts'

export interface BatchesParts {
  /** What its batches need. Asked for when the first one starts. */
  readonly flightParts: () => FlightParts
  readonly isOrdered: boolean
  readonly isMixed: boolean
  readonly concurrencyMax: number
  readonly pauses: Pauses
  /** A record may be committed. */
  readonly onDone: (record: SourceRecord) => void
  /** A batch ended with a bug. */
  readonly onBug: (thrown: unknown) => void
}

/** From records to batches under way: which records, when, and how many at once. */
export class Batches {
  readonly #parts: BatchesParts
  readonly #lanes: Lanes
  readonly #slots: Slots
  readonly #flights = new Set<Promise<void>>()
  #timer: { readonly dueAtMs: number; readonly handle: Disposable } | undefined
  #isStopped = false

  constructor(parts: BatchesParts) {
    this.#parts = parts
    this.#lanes = new Lanes(parts)
    this.#slots = new Slots(parts.concurrencyMax, () => this.pump())
  }

  /** Takes in what was read, and starts what may go. Wanted is what the pattern matches; what is faulty shows its fault later. */
  admit(records: readonly SourceRecord[]): void {
    const { clock, counts, equipment } = this.#parts.flightParts()
    const { matches } = equipment.plan
    const nowMs = clock.nowMs()
    let wanted = 0
    let faulty = 0
    for (const record of records) {
      const isFaulty = record.fault !== undefined
      const isWanted = isFaulty || matches === undefined || matches(record.event)
      if (isFaulty) faulty++
      if (isWanted) wanted++
      this.#lanes.admit(record, nowMs, isWanted)
    }
    counts.add('read', records.length)
    counts.add('faulty', faulty)
    counts.add('matched', wanted - faulty)
    counts.add('filtered', records.length - wanted)
    this.pump()
  }

  /** The end of a unit is certain. To be followed by `pump`. */
  end(unit: Unit): void {
    this.#lanes.end(unit)
  }

  /** Starts the batches that may go now, and looks again when the next one may. */
  pump(): void {
    while (!this.#isStopped && this.#slots.hasFree && this.#lanes.available > 0) {
      const { clock, rate, equipment } = this.#parts.flightParts()
      const nowMs = clock.nowMs()
      const rateAtMs = rate.nextAtMs(nowMs)
      if (rateAtMs > nowMs) return this.#lookAgainAt(rateAtMs)
      const choice = this.#lanes.choose(equipment.plan.batch, nowMs)
      if (choice.kind === 'later') return this.#lookAgainAt(choice.dueAtMs)
      this.#slots.tryTake()
      // Now, not when the write begins: the next batch is chosen before that.
      rate.take(choice.units.length)
      this.#start(choice.units)
    }
  }

  /** Starts no more. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.handle[Symbol.dispose]()
  }

  /** Resolves when the batches under way have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#flights)
  }

  #start(units: readonly Unit[]): void {
    const parts = this.#parts.flightParts()
    const place = new Place(this.#slots, parts.clock, this.#parts.pauses, parts.signal, true)
    const flight: Promise<void> = fly(parts, place, units)
      .catch((thrown: unknown) => {
        if (!this.#isStopped) this.#parts.onBug(thrown)
      })
      .finally(() => this.#flights.delete(flight))
    this.#flights.add(flight)
  }

  #lookAgainAt(dueAtMs: number): void {
    if (this.#timer !== undefined && this.#timer.dueAtMs <= dueAtMs) return
    this.#timer?.handle[Symbol.dispose]()
    const { clock } = this.#parts.flightParts()
    const handle = clock.timer(dueAtMs - clock.nowMs(), () => {
      this.#timer = undefined
      this.pump()
    })
    this.#timer = { dueAtMs, handle }
  }
}
