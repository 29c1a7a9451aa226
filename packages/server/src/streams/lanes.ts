import type { SourceRecord } from '@millrace/spi'
import { Lane } from './lane.ts'
import { Group, Unit } from './unit.ts'
import { type BatchLimits, dueAtMs } from './window.ts'

/** A batch that may go now, or when one may: `Infinity` when there is nothing to be taken. */
export type Choice =
  | { readonly kind: 'batch'; readonly units: readonly Unit[] }
  | { readonly kind: 'later'; readonly dueAtMs: number }

export interface LanesOptions {
  /** Whether the source keeps order within partitions. */
  readonly isOrdered: boolean
  /** Whether a batch may hold several partitions: where one failure cannot be that of all. */
  readonly isMixed: boolean
  /** Called with records that may be committed; those of a partition in the order in which they were read. */
  readonly onDone: (record: SourceRecord) => void
}

/**
 * Which records go into the next batch, and which may be committed. Decisions only: no I/O, no clock.
 *
 * Where order is kept, a partition whose records are in a batch waits until all of these have ended, and records are
 * done in the order in which they were read: one that has not ended holds back those behind it. Elsewhere
 * there is one lane for all, which never waits.
 */
export class Lanes {
  readonly #options: LanesOptions
  readonly #lanes = new Map<string, Lane>()
  /** Lanes with records that may be taken, the longest available first. */
  readonly #available = new Set<Lane>()
  #count = 0
  #bytes = 0

  constructor(options: LanesOptions) {
    this.#options = options
  }

  /** Records that may be taken into a batch. */
  get available(): number {
    return this.#count
  }

  /** Takes a record in. An unwanted one is done at once, as far as those before it allow. */
  admit(record: SourceRecord, nowMs: number, isWanted: boolean): void {
    const lane = this.#laneOf(record)
    const unit = new Unit(record.event, record.id, record.event, nowMs, lane, record)
    const { isOrdered } = this.#options
    if (!isWanted) {
      unit.isDone = true
      if (!isOrdered) return this.#options.onDone(record)
      lane.held.push(unit)
      return this.#advance(lane)
    }
    if (isOrdered) lane.held.push(unit)
    const { length } = record.event
    lane.ready.push(unit)
    lane.readyBytes += length
    if (isOrdered && lane.underWay > 0) return
    this.#count++
    this.#bytes += length
    this.#available.add(lane)
  }

  choose(limits: BatchLimits, nowMs: number): Choice {
    if (this.#options.isMixed && this.#count > 0) {
      const due = dueAtMs(limits, this.#count, this.#bytes, () => this.#oldestAtMs())
      return due <= nowMs
        ? { kind: 'batch', units: this.#take(this.#available, limits) }
        : { kind: 'later', dueAtMs: due }
    }
    let earliest = Number.POSITIVE_INFINITY
    for (const lane of this.#available) {
      const due = dueAtMs(limits, lane.ready.length, lane.readyBytes, () => oldestOf(lane))
      if (due <= nowMs) return { kind: 'batch', units: this.#take([lane], limits) }
      earliest = Math.min(earliest, due)
    }
    return { kind: 'later', dueAtMs: earliest }
  }

  /** A unit of a batch has come to its end. What it held back goes on. */
  end(unit: Unit): void {
    if (unit.origin instanceof Group) {
      if (unit.origin.end()) for (const input of unit.origin.inputs) this.end(input)
      return
    }
    const { lane } = unit
    unit.isDone = true
    lane.underWay--
    if (!this.#options.isOrdered) return this.#options.onDone(unit.origin)
    if (lane.held.first() === unit) this.#advance(lane)
    if (lane.underWay > 0 || lane.ready.length === 0) return
    this.#count += lane.ready.length
    this.#bytes += lane.readyBytes
    this.#available.add(lane)
  }

  #laneOf({ partition }: SourceRecord): Lane {
    const name = this.#options.isOrdered ? partition : ''
    let lane = this.#lanes.get(name)
    if (lane === undefined) {
      lane = new Lane(name)
      this.#lanes.set(name, lane)
    }
    return lane
  }

  #advance(lane: Lane): void {
    for (let unit = lane.held.first(); unit?.isDone === true; unit = lane.held.first()) {
      lane.held.shift()
      this.#options.onDone(unit.origin as SourceRecord)
    }
    if (lane.isEmpty) this.#lanes.delete(lane.partition)
  }

  #take(lanes: Iterable<Lane>, { countMax, bytesMax }: BatchLimits): Unit[] {
    const units: Unit[] = []
    let bytes = 0
    for (const lane of lanes) {
      const before = units.length
      for (let unit = lane.ready.first(); unit !== undefined; unit = lane.ready.first()) {
        const { length } = unit.event
        if (units.length === countMax || (units.length > 0 && bytes + length > bytesMax)) break
        lane.ready.shift()
        lane.readyBytes -= length
        this.#count--
        this.#bytes -= length
        bytes += length
        units.push(unit)
      }
      lane.underWay += units.length - before
      if (units.length > before) this.#close(lane)
      if (lane.ready.length > 0) break
    }
    return units
  }

  /** What is left of a lane waits while a part of it is under way, where order is kept. */
  #close(lane: Lane): void {
    if (this.#options.isOrdered) {
      this.#count -= lane.ready.length
      this.#bytes -= lane.readyBytes
      this.#available.delete(lane)
    } else if (lane.ready.length === 0) this.#available.delete(lane)
  }

  #oldestAtMs(): number {
    let oldest = Number.POSITIVE_INFINITY
    for (const lane of this.#available) oldest = Math.min(oldest, oldestOf(lane))
    return oldest
  }
}

function oldestOf(lane: Lane): number {
  return lane.ready.first()?.readAtMs ?? Number.POSITIVE_INFINITY
}
