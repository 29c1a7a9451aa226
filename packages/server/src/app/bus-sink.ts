import {
  CloudEventError,
  type EventText,
  readAttributes,
  replaceAttributes,
  scanStructured,
} from '@millrace/cloudevents'
import {
  AppError,
  type Outcome,
  type OutgoingRecord,
  retryBackoff,
  retryNever,
  type Sink,
} from '@millrace/spi'
import { engineAttributePrefix, type Ingest } from '../ingest/index.ts'
import type { BusView } from '../resources/index.ts'

/** Extension attribute that counts the buses an event was passed on by. */
export const hopsAttribute = 'forwardhops'

/** Buses may feed each other in a circle; an event that was passed on so often is refused instead of going round for ever. */
export const hopsMax = 8

/**
 * Passes events on to a bus. A record's body must be a structured CloudEvent: the event as it is, or what a transform
 * made of it. `findBus` is asked at each write, so the bus may be changed or made anew meanwhile.
 */
export class BusSink implements Sink {
  private readonly ingest: Pick<Ingest, 'accept'>
  private readonly findBus: () => BusView | undefined

  constructor(ingest: Pick<Ingest, 'accept'>, findBus: () => BusView | undefined) {
    this.ingest = ingest
    this.findBus = findBus
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    signal.throwIfAborted()
    const bus = this.findBus()
    if (bus === undefined)
      return records.map(() => failed('sink.unavailable', 'the bus is not there', retryBackoff))
    const prepared = records.map(record => prepare(record, bus.spec.eventBytesMax))
    const events = prepared.filter(item => 'bytes' in item)
    const accepted = await this.ingest.accept(bus, events)
    let next = 0
    return prepared.map(item => {
      if (!('bytes' in item)) return item
      const outcome = accepted[next++]
      if (outcome === undefined) return failed('sink.failed', 'the bus gave no answer', retryBackoff)
      if (outcome.status === 'refused') return { status: 'failed', error: outcome.error }
      return { status: 'ok', detail: `position ${outcome.position}` }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function prepare(record: OutgoingRecord, eventBytesMax: number): EventText | Outcome {
  try {
    const hops = Number(readAttributes(record.event)[hopsAttribute] ?? 0) + 1
    if (hops > hopsMax) {
      return failed(
        'sink.rejected',
        `the event was passed on by ${hopsMax} buses already; do they feed each other?`,
        retryNever,
      )
    }
    const bytes = replaceAttributes(record.body, { [hopsAttribute]: hops })
    return scanStructured(bytes, { eventBytesMax, watchPrefix: engineAttributePrefix })
  } catch (thrown) {
    const reason =
      thrown instanceof CloudEventError ? thrown.message : 'the transform did not make a CloudEvent'
    return failed('sink.rejected', `not accepted by the bus: ${reason}`, retryNever)
  }
}

function failed(code: string, message: string, retry: AppError['retry']): Outcome {
  return { status: 'failed', error: new AppError(code, message, retry) }
}
