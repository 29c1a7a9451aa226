import {
  type AppError,
  type Clock,
  type PluginLog,
  type Random,
  type Source,
  type SourceRecord,
  toAppError,
} from '@millrace/spi'
import type { Tracer } from '../observability/index.ts'
import { Committer } from './committer.ts'
import type { Counts } from './counts.ts'
import { DeadLetters } from './dead-letters.ts'
import { Ends } from './ends.ts'
import { type Equipment, sinkName } from './equipment.ts'
import { fly } from './flight.ts'
import type { FlightParts } from './flight-parts.ts'
import { Hold } from './hold.ts'
import { within } from './in-time.ts'
import { Lanes } from './lanes.ts'
import type { StreamLimits } from './limits.ts'
import { Pauses } from './pauses.ts'
import { Place } from './place.ts'
import { Reader } from './reader.ts'
import type { RecordRate } from './record-rate.ts'
import { Slots } from './slots.ts'
import type { Unit } from './unit.ts'
import { Writes } from './writes.ts'

export interface TaskParts {
  /** `account/name` of the stream. */
  readonly key: string
  readonly name: string
  readonly source: Source
  readonly equipment: Equipment
  readonly isOrdered: boolean
  /** Of the stream, all its tasks here together. */
  readonly rate: RecordRate
  readonly counts: Counts
  readonly limits: StreamLimits
  readonly clock: Clock
  readonly random: Random
  readonly log: PluginLog
  readonly tracer: Tracer | undefined
  readonly onError: (error: AppError) => void
  readonly onBlocked: (error: AppError) => void
  readonly onUnusable: (error: AppError) => void
}

/** How a task stands. */
export interface TaskFigures {
  /** Batches that are being written. */
  readonly inFlight: number
  readonly heldRecords: number
  readonly heldBytes: number
  readonly lastReadAtMs: number | undefined
}

/** How long a sink or source may take to end what was given up. Then the task ends all the same. */
const abandonMsMax = 1_000

/**
 * One reader with all that comes behind it: read, filter, batches, commit. Reading, writing and committing go on beside each
 * other; what is read and not committed is bounded.
 *
 * A task lives from `run` to `stop`; it begins no batch after that.
 */
export class Task {
  readonly #parts: TaskParts
  readonly #end = new AbortController()
  readonly #pauses: Pauses
  readonly #hold: Hold
  readonly #reader: Reader
  readonly #lanes: Lanes
  readonly #slots: Slots
  readonly #committer: Committer
  readonly #flightParts: FlightParts
  readonly #writes: Writes
  readonly #flights = new Set<Promise<void>>()
  #timer: { readonly dueAtMs: number; readonly handle: Disposable } | undefined
  #lastReadAtMs: number | undefined

  constructor(parts: TaskParts) {
    const { clock, random, equipment, isOrdered, limits, source, onError, counts } = parts
    const { plan } = equipment
    this.#pauses = new Pauses(clock)
    this.#parts = parts
    this.#hold = new Hold(limits, plan.batch)
    this.#reader = new Reader({
      source,
      pauses: this.#pauses,
      random,
      limits,
      onError,
      room: () => this.#hold.room(),
      onRecords: records => this.#admit(records),
    })
    this.#committer = new Committer({
      source,
      clock,
      random,
      pauseMsMax: limits.pauseMsMax,
      onError,
      onReleased: (records, isLost) => {
        if (isLost) counts.add('lost', records.length)
        this.#hold.remove(records)
      },
    })
    this.#lanes = new Lanes({
      isOrdered,
      isMixed: plan.isMixed,
      onDone: record => this.#committer.add(record),
    })
    this.#slots = new Slots(plan.spec.concurrencyMax, () => this.#pump())
    this.#writes = new Writes(clock, plan.spec.timeoutMs)
    this.#flightParts = {
      ...parts,
      writes: this.#writes,
      ends: this.#openEnds(),
      signal: this.#end.signal,
      onUnusable: error => {
        this.#halt()
        parts.onUnusable(error)
      },
    }
  }

  /** Why nothing can be read until something is changed. */
  get problem(): AppError | undefined {
    return this.#reader.problem
  }

  get figures(): TaskFigures {
    return {
      inFlight: this.#writes.count,
      heldRecords: this.#hold.records,
      heldBytes: this.#hold.bytes,
      lastReadAtMs: this.#lastReadAtMs,
    }
  }

  /** Nothing is under way, and nothing can begin without time or news from outside. */
  get isIdle(): boolean {
    const isReading = this.#hold.hasRoom && !this.#reader.isResting
    return this.#writes.count === 0 && this.#committer.isIdle && !isReading
  }

  /** Reads until the task is stopped or its source is closed. Never rejects. */
  async run(): Promise<void> {
    await this.#reader.run().catch((thrown: unknown) => this.#failed(thrown))
  }

  /** What waits for its retry goes on at once. */
  hurry(): void {
    this.#pauses.wake()
  }

  /**
   * Reads no more, lets writes under way end, and commits what is done; what takes longer than the limit is given
   * up. Then closes the source, which gives back what was not committed. `isHurried` gives up at once.
   */
  async stop(isHurried = false): Promise<void> {
    const { clock, limits, source } = this.#parts
    this.#halt()
    const drained = (async () => {
      await Promise.all(this.#flights)
      await this.#committer.flush()
    })()
    const limitMs = isHurried ? 0 : limits.drainMsMax
    if (!(await within(clock, limitMs, drained))) {
      this.#writes.abandon()
      this.#committer.giveUp()
      // A sink that hears nothing is left alone.
      await within(clock, abandonMsMax, drained)
    }
    await within(clock, limits.drainMsMax, Promise.resolve(source[Symbol.asyncDispose]()))
  }

  /** Begins nothing more. */
  #halt(): void {
    this.#timer?.handle[Symbol.dispose]()
    const reason = new Error('the task stops')
    this.#end.abort(reason)
    this.#pauses.end(reason)
    this.#reader.stop()
    this.#hold.open()
  }

  /** A bug. What it left behind is read again. */
  #failed(thrown: unknown): void {
    if (this.#end.signal.aborted) return
    const { log, key, onUnusable } = this.#parts
    log.error('a stream ended with a bug; it will be started again', { stream: key, error: thrown })
    this.#halt()
    onUnusable(toAppError(thrown))
  }

  #openEnds(): Ends {
    const { equipment, counts, log, onBlocked, name, random, limits, onError } = this.#parts
    const { plan, deadLetter: holder, deadLetterRecordsMax: recordsMax } = equipment
    const { signal } = this.#end
    const shared = {
      writes: this.#writes,
      pauses: this.#pauses,
      random,
      log,
      pauseMsMax: limits.pauseMsMax,
      signal,
      onError,
    }
    return new Ends({
      isBlocking: plan.spec.onExhausted === 'block',
      deadLetters:
        holder === undefined
          ? undefined
          : new DeadLetters({ ...shared, holder, recordsMax, stream: name, sink: sinkName(plan.spec) }),
      counts,
      log,
      onEnd: unit => this.#lanes.end(unit),
      onProgress: () => this.#pump(),
      onBlocked: error => {
        this.#halt()
        onBlocked(error)
      },
    })
  }

  #admit(records: readonly SourceRecord[]): void {
    const { clock, counts, equipment } = this.#parts
    const { matches } = equipment.plan
    const nowMs = clock.nowMs()
    this.#lastReadAtMs = nowMs
    this.#hold.add(records)
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
    this.#pump()
  }

  /** Starts the batches that may go now, and looks again when the next one may. */
  #pump(): void {
    const { clock, rate, equipment } = this.#parts
    while (this.#slots.hasFree && !this.#end.signal.aborted && this.#lanes.available > 0) {
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

  #start(units: readonly Unit[]): void {
    const place = new Place(this.#slots, this.#parts.clock, this.#pauses, this.#end.signal, true)
    const flight: Promise<void> = fly(this.#flightParts, place, units)
      .catch((thrown: unknown) => this.#failed(thrown))
      .finally(() => this.#flights.delete(flight))
    this.#flights.add(flight)
  }

  #lookAgainAt(dueAtMs: number): void {
    if (this.#timer !== undefined && this.#timer.dueAtMs <= dueAtMs) return
    this.#timer?.handle[Symbol.dispose]()
    const { clock } = this.#parts
    const handle = clock.timer(dueAtMs - clock.nowMs(), () => {
      this.#timer = undefined
      this.#pump()
    })
    this.#timer = { dueAtMs, handle }
  }
}
