import type { OutgoingRecord } from '@millrace/spi'
import { type FlightParts, interrupted } from './flight-parts.ts'
import { throughFunctions } from './function-stage.ts'
import { expandOutcome } from './item-failures.ts'
import { prepare, type Prepared } from './outgoing.ts'
import type { Place } from './place.ts'
import { type Exhausted, settle, type Settlement } from './settle.ts'
import { startWriteSpan } from './span.ts'
import type { Unit } from './unit.ts'

/**
 * The course of one batch: functions, write, retries of what failed, until each record has ended. Rejects when the
 * task stops before that, or with a bug.
 */
export async function fly(parts: FlightParts, place: Place, units: readonly Unit[]): Promise<void> {
  try {
    if (parts.equipment.functions.length === 0) return await deliver(parts, place, units)
    const { good, faulty } = split(units, parts.ends.isBlocking)
    const made = await throughFunctions(parts, place, good)
    // Counted as many as were read, when the batch began.
    parts.rate.take(made.length - units.length)
    await deliverAll(parts, place, made)
    place.release()
    await parts.ends.exhausted(faulty)
  } finally {
    place.release()
  }
}

/** Faulty records never meet a function. A stream that is to stop before one goes no further. */
function split(units: readonly Unit[], isBlocking: boolean): { good: Unit[]; faulty: Exhausted[] } {
  const good: Unit[] = []
  const faulty: Exhausted[] = []
  for (const unit of units) {
    const { fault } = unit
    if (fault !== undefined) faulty.push({ unit, error: fault, detail: fault.message })
    else if (faulty.length === 0 || !isBlocking) good.push(unit)
  }
  return { good, faulty }
}

/** More than one write carries goes one after the other where order is kept, side by side elsewhere. */
async function deliverAll(parts: FlightParts, place: Place, units: readonly Unit[]): Promise<void> {
  const size = parts.equipment.plan.writeRecordsMax
  if (units.length <= size) return await deliver(parts, place, units)
  const lots: (readonly Unit[])[] = []
  for (let from = 0; from < units.length; from += size) lots.push(units.slice(from, from + size))
  if (parts.isOrdered) {
    for (const lot of lots) await deliver(parts, place, lot)
    return
  }
  place.release()
  const alone = async (lot: readonly Unit[]): Promise<void> => {
    const own = place.another()
    try {
      await deliver(parts, own, lot)
    } finally {
      own.release()
    }
  }
  await Promise.all(lots.map(alone))
}

/** Writes until every unit has ended. */
async function deliver(parts: FlightParts, place: Place, units: readonly Unit[]): Promise<void> {
  const { ends, counts, equipment, rate } = parts
  const endings: Promise<void>[] = []
  for (let left = units; left.length > 0; ) {
    await place.hold()
    const prepared = prepare(equipment.plan, left, ends.isBlocking)
    const settlement = await write(parts, prepared)
    ends.written(settlement.written)
    const over = [...prepared.refused, ...settlement.exhausted]
    // Beside the retries, for a dead letter may take long; but before whatever follows in its partition.
    if (over.length > 0) {
      const ending = ends.exhausted(over)
      // Seen below, unless the pause is cut short first.
      ending.catch(() => {})
      endings.push(ending)
    }
    left = settlement.again
    counts.add('retried', left.length)
    if (left.length === 0) break
    await place.pause(settlement.dueAtMs)
    rate.take(left.length)
  }
  place.release()
  await Promise.all(endings)
}

async function write(parts: FlightParts, { units, records }: Prepared): Promise<Settlement> {
  const { equipment, writes, counts, tracer, key, clock, random, onError } = parts
  const { plan } = equipment
  if (records.length === 0) return settle([], [], plan.spec.retry, 0, random)
  const span = startWriteSpan(tracer, key, records, units.length)
  const result = await writes.write(equipment.sink, records)
  if (result.kind !== 'outcomes') {
    span?.end(result.kind)
    throw interrupted(parts, result)
  }
  const [first] = result.outcomes
  const outcomes = plan.isList && first !== undefined ? expandOutcome(units, first) : result.outcomes
  const settlement = settle(units, outcomes, plan.spec.retry, clock.nowMs(), random)
  const { lastError } = settlement
  span?.end(lastError?.code)
  if (lastError !== undefined) onError(lastError)
  counts.batch(units.length, bytesOf(records), result.durationMs, lastError === undefined)
  return settlement
}

function bytesOf(records: readonly OutgoingRecord[]): number {
  let bytes = 0
  for (const { body } of records) bytes += body.length
  return bytes
}
