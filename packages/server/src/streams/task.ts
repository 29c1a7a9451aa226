import {
  type AppError,
  type Clock,
  type PluginLog,
  type Random,
  type Source,
  toAppError,
} from '@millrace/spi'
import type { Tracer } from '../observability/index.ts'
import { Batches } from './batches.ts'
import { Committer } from './committer.ts'
import type { Counts } from './counts.ts'
import { DeadLetters } from './dead-letters.ts'
import { Ends } from './ends.ts'
import { type Equipment, sinkName } from './equipment.ts'
import type { FlightParts } from './flight-parts.ts'
import { Hold } from './hold.ts'
import { within } from './in-time.ts'
import type { StreamLimits } from './limits.ts'
import { Pauses } from './pauses.ts'
import { Reader } from './reader.ts'
import type { RecordRate } from './record-rate.ts'
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
  readonly #batches: Batches
  readonly #committer: Committer
  readonly #flightParts: FlightParts
  readonly #writes: Writes
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
      onRecords: records => {
        this.#lastReadAtMs = clock.nowMs()
        this.#hold.add(records)
        this.#batches.admit(records)
      },
    })
    this.#committer = new Committer({
      source,
      isOrdered,
      clock,
      random,
      pauseMsMax: limits.pauseMsMax,
      onError,
      onReleased: (records, isLost) => {
        if (isLost) counts.add('lost', records.length)
        this.#hold.remove(records)
      },
    })
    this.#batches = new Batches({
      flightParts: () => this.#flightParts,
      isOrdered,
      isMixed: plan.isMixed,
      concurrencyMax: plan.spec.concurrencyMax,
      pauses: this.#pauses,
      onDone: record => this.#committer.add(record),
      onBug: thrown => this.#failed(thrown),
    })
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
      await this.#batches.settled()
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
    this.#batches.stop()
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
      onError,
      onEnd: unit => this.#batches.end(unit),
      onProgress: () => this.#batches.pump(),
      onBlocked: error => {
        this.#halt()
        onBlocked(error)
      },
    })
  }
}
