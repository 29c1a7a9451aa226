import {
  type AppError,
  bodyJson,
  type OutgoingRecord,
  type PluginLog,
  type Random,
  sourceEvent,
} from '@millrace/spi'
import { deadLetterRecord, type SinkHolder } from '../delivery/index.ts'
import { growingPauseMs } from './pause.ts'
import type { Pauses } from './pauses.ts'
import type { Exhausted } from './settle.ts'
import { Slots } from './slots.ts'
import type { Unit } from './unit.ts'
import { deadLettersAtOnceMax } from './limits.ts'
import type { Writes } from './writes.ts'

export interface DeadLettersParts {
  readonly holder: SinkHolder
  /** Records of one write at most. */
  readonly recordsMax: number
  readonly stream: string
  /** Where they were to go. */
  readonly sink: string
  readonly writes: Writes
  readonly pauses: Pauses
  readonly random: Random
  readonly log: PluginLog
  readonly pauseMsMax: number
  /** Aborts when the task stops. */
  readonly signal: AbortSignal
  readonly onError: (error: AppError) => void
}

/** More of one write would make a large body of what was many. */
const atOnceMax = 100

/**
 * Writes dead letters: the original events with the reason. One that cannot be written is tried again, with growing
 * pauses, as long as the task lives: it is never lost, and holds what it holds.
 */
export class DeadLetters {
  readonly #parts: DeadLettersParts
  readonly #slots = new Slots(deadLettersAtOnceMax, () => {})

  constructor(parts: DeadLettersParts) {
    this.#parts = parts
  }

  /** Resolves when all are written, telling of them as they are; rejects when the task stops. */
  async write(list: readonly Exhausted[], onWritten: (units: Unit[]) => void): Promise<void> {
    const size = Math.max(1, Math.min(atOnceMax, this.#parts.recordsMax))
    for (let from = 0; from < list.length; from += size) {
      await this.#writeSome(list.slice(from, from + size), onWritten)
    }
  }

  async #writeSome(some: readonly Exhausted[], onWritten: (units: Unit[]) => void): Promise<void> {
    const { pauses, random, pauseMsMax } = this.#parts
    let left = some
    for (let failures = 1; left.length > 0; failures++) {
      const failed = await this.#attempt(left, failures)
      const wanting = new Set(failed)
      onWritten(left.filter(each => !wanting.has(each)).map(({ unit }) => unit))
      left = failed
      if (left.length > 0) await pauses.wait(growingPauseMs(failures, pauseMsMax, random))
    }
  }

  /** Those that could not be written. */
  async #attempt(some: readonly Exhausted[], attempt: number): Promise<readonly Exhausted[]> {
    const { writes, holder, signal, stream, sink } = this.#parts
    await this.#slots.take()
    try {
      signal.throwIfAborted()
      const records = some.map(each => letterOf(each, stream, sink, attempt))
      const result = await writes.write(holder, records)
      if (result.kind === 'abandoned') throw signal.reason
      if (result.kind === 'unusable') return this.#failed(some, result.error)
      const failed = some.filter((_, index) => result.outcomes[index]?.status !== 'ok')
      const [outcome] = result.outcomes.filter(({ status }) => status === 'failed')
      return outcome?.status === 'failed' ? this.#failed(failed, outcome.error) : failed
    } finally {
      this.#slots.give()
    }
  }

  #failed(some: readonly Exhausted[], error: AppError): readonly Exhausted[] {
    this.#parts.onError(error)
    this.#parts.log.warn('dead letters could not be written; they will be tried again', {
      count: some.length,
      code: error.code,
    })
    return some
  }
}

/** The original event with the reason. What a source could not make an event of is put into one, as base64. */
function letterOf(
  { unit, error, detail }: Exhausted,
  stream: string,
  sink: string,
  attempt: number,
): OutgoingRecord {
  const attempts = unit.failures + unit.unheard
  const reason = { rule: stream, target: sink, code: error.code, detail, attempts }
  try {
    return deadLetterRecord(unit.original, reason, attempt)
  } catch {
    const { id, readAtMs, original } = unit
    const data = bodyJson(original, 'binary')
    const wrapped = sourceEvent({ id, source: stream, type: unreadableType, timeMs: readAtMs, data })
    return deadLetterRecord(wrapped, reason, attempt)
  }
}

/** Type of a dead letter whose record was no event. */
const unreadableType = 'millrace.stream.unreadable'
